// SPDX-License-Identifier: Apache-2.0
/**
 * Every attribute name that is read or written anywhere, once. The semantic-convention names are copied, stable and
 * deprecated ones side by side, because the unstable entry points of the conventions package may change in a minor
 * version and a guest must not drag them into its host.
 *
 * Source: OpenTelemetry semantic conventions 1.4x; the `panorama.*` names are ours.
 */

/** A span or resource attribute's value, as far as anything here reads it. 64-bit integers past 2^53 arrive as text. */
export type AttributeValue = string | number | boolean | readonly (string | number | boolean | null | undefined)[];

/** Attributes by name. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** Name of the spans that carry observations. */
export const OBSERVATION_SPAN_NAME = 'panorama.observation';

/** Name of the log records that tell of a verdict. */
export const VERDICT_EVENT_NAME = 'panorama.verdict.changed';

/** Our own attributes, and the keys of the baggage entries (the first three). */
export const PANORAMA = {
  OBSERVER: 'panorama.observer',
  ORIGIN: 'panorama.origin',
  SUBJECT: 'panorama.subject',
  /** `service`, `instance` or `address`: how much the subject's text says. */
  SUBJECT_RESOLUTION: 'panorama.subject.resolution',
  /** On a client span: the guest has accounted for it, so it is never counted again. */
  OBSERVED: 'panorama.observed',
  OPERATION: 'panorama.operation',
  STATUS: 'panorama.status',
  /** Why the status is what it is: a word of the outcome table (`timeout`, `refused`, …). */
  REASON: 'panorama.reason',
  /** Who speaks: `caller`, `probe`, `self` or `report`. */
  SOURCE: 'panorama.source',
  COUNT: 'panorama.count',
  /** How unlikely it is that a call which is out is only slow: φ = −log10 P(T > t). */
  SUSPICION: 'panorama.suspicion',
  /** Of an observation of calls that are out: all of them were told of before. */
  AGAIN: 'panorama.again',
  LATENCY_MEAN: 'panorama.latency.mean',
  LATENCY_MAX: 'panorama.latency.max',
  OBSERVER_LAG: 'panorama.observer.lag',
  ERROR_MESSAGE: 'panorama.error.message',
  /** On a client span: how much of the caller's own deadline was left when the call began, in seconds. */
  DEADLINE_REMAINING: 'panorama.deadline.remaining',
  /** On a client span: whose failure the callee met, as its response told. Identity texts. */
  BLAME: 'panorama.blame',
} as const;

/** Semantic-convention attributes, current names first, then the deprecated ones that running systems still send. */
export const SEMCONV = {
  SERVICE_NAME: 'service.name',
  SERVICE_NAMESPACE: 'service.namespace',
  SERVICE_INSTANCE_ID: 'service.instance.id',
  HOST_ID: 'host.id',
  HOST_NAME: 'host.name',
  DEPLOYMENT_ENVIRONMENT_NAME: 'deployment.environment.name',
  DEPLOYMENT_ENVIRONMENT: 'deployment.environment',
  SERVICE_PEER_NAME: 'service.peer.name',
  SERVICE_PEER_NAMESPACE: 'service.peer.namespace',
  PEER_SERVICE: 'peer.service',
  NETWORK_PEER_ADDRESS: 'network.peer.address',
  NETWORK_PEER_PORT: 'network.peer.port',
  SERVER_ADDRESS: 'server.address',
  SERVER_PORT: 'server.port',
  NET_PEER_NAME: 'net.peer.name',
  NET_PEER_PORT: 'net.peer.port',
  NET_PEER_IP: 'net.peer.ip',
  NET_SOCK_PEER_ADDR: 'net.sock.peer.addr',
  NET_SOCK_PEER_PORT: 'net.sock.peer.port',
  DB_SYSTEM_NAME: 'db.system.name',
  DB_SYSTEM: 'db.system',
  DB_OPERATION_NAME: 'db.operation.name',
  DB_OPERATION: 'db.operation',
  DB_COLLECTION_NAME: 'db.collection.name',
  DB_SQL_TABLE: 'db.sql.table',
  DB_RESPONSE_STATUS_CODE: 'db.response.status_code',
  MESSAGING_SYSTEM: 'messaging.system',
  MESSAGING_DESTINATION_NAME: 'messaging.destination.name',
  MESSAGING_DESTINATION: 'messaging.destination',
  MESSAGING_OPERATION_NAME: 'messaging.operation.name',
  MESSAGING_OPERATION_TYPE: 'messaging.operation.type',
  MESSAGING_OPERATION: 'messaging.operation',
  RPC_SYSTEM_NAME: 'rpc.system.name',
  RPC_SYSTEM: 'rpc.system',
  RPC_SERVICE: 'rpc.service',
  RPC_METHOD: 'rpc.method',
  RPC_RESPONSE_STATUS_CODE: 'rpc.response.status_code',
  RPC_GRPC_STATUS_CODE: 'rpc.grpc.status_code',
  GRPC_ERROR_MESSAGE: 'grpc.error_message',
  HTTP_REQUEST_METHOD: 'http.request.method',
  HTTP_METHOD: 'http.method',
  HTTP_RESPONSE_STATUS_CODE: 'http.response.status_code',
  HTTP_STATUS_CODE: 'http.status_code',
  HTTP_ROUTE: 'http.route',
  URL_TEMPLATE: 'url.template',
  URL_PATH: 'url.path',
  URL_FULL: 'url.full',
  HTTP_TARGET: 'http.target',
  HTTP_URL: 'http.url',
  ERROR_TYPE: 'error.type',
  EXCEPTION_TYPE: 'exception.type',
  EXCEPTION_MESSAGE: 'exception.message',
} as const;

/** Every name above: what the wire decoder keeps of a span or a resource; all else is skipped unread. */
export const READ_ATTRIBUTES: ReadonlySet<string> = new Set([...Object.values(PANORAMA), ...Object.values(SEMCONV)]);

type Value = AttributeValue | undefined;

/**
 * The first of the values that is a non-empty text (finite numbers are turned into text). It takes values and not names,
 * because these are read for every call of the host: `attributes[NAME]` with one name at one place is a few nanoseconds, a
 * loop over names ten times that.
 */
export function textOf(first: Value, second?: Value, third?: Value): string | undefined {
  return asText(first) ?? asText(second) ?? asText(third);
}

/** The first of the values that is a finite number (numeric text is accepted: exporters differ). */
export function numberOf(first: Value, second?: Value): number | undefined {
  return asNumber(first) ?? asNumber(second);
}

function asText(value: Value): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

function asNumber(value: Value): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
