// SPDX-License-Identifier: Apache-2.0
/**
 * What spans and resources say, as today's stable instrumentations have it: ten to sixteen attributes a span, of which
 * ports, ids in URLs and byte counts differ from span to span.
 *
 * Source: OpenTelemetry semantic conventions 1.4x, HTTP, RPC, database and resource; the Java agent's thread attributes.
 */
import type { Attributes, Scope, SpanParts } from './otlp-message.js';
import { instanceOf, SERVICES, type Service } from './world.js';

type Said = Pick<SpanParts, 'name' | 'attributes' | 'status'>;

export interface Socket {
  readonly address: string;
  readonly port: number;
}

/** A port of a client, whose varint has three bytes, as those of all clients. */
const CLIENT_PORT = { value: 40_000, spot: 'number' } as const;
/** Some kilobytes: a varint of three bytes too. */
const BYTE_COUNT = { value: 20_000, spot: 'number' } as const;
const HTTP_STATUS = { value: 200, spot: 'httpStatus' } as const;
const GRPC_STATUS = { value: 0, spot: 'grpcStatus' } as const;

export const INSTRUMENTATION_VERSION = '2.21.0-alpha';

/** The thread that made a span: one of some dozens. */
export function threadOf(number: number): Attributes {
  const thread = 1 + (number % 64);
  return { 'thread.id': 30 + thread, 'thread.name': `http-nio-8080-exec-${thread}` };
}

/** A request served. */
export function served(service: Service, own: Socket, caller: string): Said {
  const sockets = {
    'server.address': own.address,
    'server.port': own.port,
    'client.address': caller,
    'network.peer.address': caller,
    'network.peer.port': CLIENT_PORT,
  };
  if (service.protocol === 'grpc') {
    const attributes = { ...rpcOf(service), ...sockets, 'network.type': 'ipv4' };
    return { name: service.route, attributes, status: 'asTrace' };
  }
  const attributes = {
    'http.request.method': 'GET',
    'http.response.status_code': HTTP_STATUS,
    'http.response.body.size': BYTE_COUNT,
    'http.route': service.route,
    'url.scheme': 'http',
    'url.path': pathOf(service),
    'url.query': 'expand=items&trace={text}',
    ...sockets,
    'network.protocol.version': '1.1',
    'user_agent.original': 'okhttp/4.12.0',
  };
  return { name: `GET ${service.route}`, attributes, status: 'asTrace' };
}

/** A request sent. */
export function called(callee: Service, { address, port }: Socket): Said {
  const sockets = {
    'server.address': address,
    'server.port': port,
    'network.peer.address': address,
    'network.peer.port': port,
  };
  if (callee.protocol === 'grpc') {
    const attributes = { ...rpcOf(callee), ...sockets, 'network.type': 'ipv4' };
    return { name: callee.route, attributes, status: 'asTrace' };
  }
  const attributes = {
    'http.request.method': 'GET',
    'http.response.status_code': HTTP_STATUS,
    'http.response.body.size': BYTE_COUNT,
    'url.full': `http://${address}:${port}${pathOf(callee)}?expand=items&trace={text}`,
    ...sockets,
    'network.protocol.version': '1.1',
  };
  return { name: 'GET', attributes, status: 'asTrace' };
}

/** A statement sent to the service's own database. */
export function databaseCalled({ name, table }: Service): Said {
  const attributes = {
    'db.system.name': 'postgresql',
    'db.namespace': name,
    'db.operation.name': 'SELECT',
    'db.collection.name': table,
    'db.query.summary': `SELECT ${table}`,
    'db.query.text': `SELECT id, name, price, updated_at FROM ${table} WHERE id = ? ORDER BY updated_at LIMIT ?`,
    'server.address': `${name}-db.internal`,
    'server.port': 5432,
    'db.response.returned_rows': 12,
  };
  return { name: `SELECT ${table}`, attributes, status: 'unset' };
}

/** Work within a process. */
export function insideOf({ name, route }: Service): Said {
  const attributes = {
    'code.function.name': `com.shop.${name}.web.${name}Controller.get`,
    'code.file.path': `com/shop/${name}/web/Controller.java`,
    'code.line.number': 142,
    'http.route': route,
    'app.tenant.id': '{text}',
    'app.customer.tier': 'standard',
    'app.feature.flags': 'new-pricing,fast-path',
    'app.items.count': BYTE_COUNT,
  };
  return { name: `${name}Controller.get`, attributes, status: 'unset' };
}

/** The instrumentation that makes the calls of a protocol. */
export function scopeOfClient(protocol: Service['protocol']): Omit<Scope, 'spans'> {
  const name = { http: 'io.opentelemetry.netty-4.1', grpc: 'io.opentelemetry.grpc-1.6' }[protocol];
  return { name, version: INSTRUMENTATION_VERSION };
}

/** A process, as its SDK and an agent's detectors describe it. */
export function resourceOf(service: number, node: number): Attributes {
  const { name } = SERVICES[service] as Service;
  const instance = instanceOf(service, node);
  return {
    'service.name': name,
    'service.namespace': 'shop',
    'service.instance.id': instance,
    'service.version': '4.17.2',
    'deployment.environment.name': 'production',
    'host.name': `node-${node}.cluster.internal`,
    'host.id': `0c9e7f2ab4d14${String(node).padStart(19, '0')}`,
    'host.arch': 'amd64',
    'os.type': 'linux',
    'process.pid': 1,
    'process.runtime.name': 'OpenJDK Runtime Environment',
    'process.runtime.version': '21.0.9+10-LTS',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.language': 'java',
    'telemetry.sdk.version': '1.55.0',
    'telemetry.distro.name': 'opentelemetry-java-instrumentation',
    'k8s.namespace.name': 'shop',
    'k8s.deployment.name': name,
    'k8s.pod.name': instance,
    'k8s.node.name': `node-${node}`,
  };
}

function rpcOf({ route }: Service): Attributes {
  const [service = '', method = ''] = route.split('/');
  return { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method, 'rpc.grpc.status_code': GRPC_STATUS };
}

function pathOf({ route }: Service): string {
  return route.replace('{id}', '{text}');
}
