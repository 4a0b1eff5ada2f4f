// SPDX-License-Identifier: Apache-2.0
/** Whom a failure is pinned on: addresses become instances, and what is not theirs is not pinned on them. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SpanKind, SpanStatusCode } from '../../src/model/span.js';
import { HealthStatus } from '../../src/model/status.js';
import type { Verdict } from '../../src/model/verdict.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, observationSpanOf, resourceOf, spanOf } from '../support/spans.js';

const CLIENT = resourceOf('client', 'c1');
const ADDRESS = { 'server.address': '10.0.0.2', 'server.port': 9000, 'http.request.method': 'POST' };
const FAILED = { statusCode: SpanStatusCode.ERROR, attributes: { ...ADDRESS, 'error.type': 'ECONNRESET' } };

let clock: FakeClock;
let engine: Engine;

beforeEach(() => {
  clock = new FakeClock();
  engine = new Engine({ judge: new MajorityJudge(), clock });
});

const subjects = () => engine.verdicts().map(({ subject }) => subject);
const verdictOn = (subject: string): Verdict | undefined => engine.verdicts().find((each) => each.subject === subject);

/** A client span of `c1` and the server span of `service/instance` beneath it. */
function call(instance: string, service = 'datanode') {
  const client = spanOf({ endMs: clock.nowMs(), attributes: { ...ADDRESS, 'http.response.status_code': 200 } });
  const server = spanOf({
    endMs: clock.nowMs(),
    kind: SpanKind.SERVER,
    parentSpanId: client.spanId,
    attributes: { 'http.response.status_code': 200 },
  });
  return {
    client: { resource: CLIENT, spans: [client] },
    server: { resource: resourceOf(service, instance), spans: [server] },
  };
}

describe('an address', () => {
  it('becomes an instance when the server span beneath a client span names it, whichever comes first', () => {
    const { client, server } = call('dn2');
    engine.accept(batchOf(server));
    engine.accept(batchOf(client));
    expect(verdictOn('datanode/dn2')).toMatchObject({ resolution: 'instance', status: HealthStatus.HEALTHY });
    expect(subjects()).not.toContain('10.0.0.2:9000');
  });

  it('hands what was recorded under it to the instance, with the beginning of its failure', () => {
    const startMs = clock.nowMs();
    engine.accept(batchOf({ resource: CLIENT, spans: [spanOf({ endMs: startMs, ...FAILED })] }));
    expect(verdictOn('10.0.0.2:9000')?.status).toBe(HealthStatus.UNHEALTHY);
    clock.advance(5000);
    const { client, server } = call('dn2');
    engine.accept(batchOf(client, server));
    expect(subjects()).toEqual(['datanode/dn2']);
    expect(verdictOn('datanode/dn2')).toMatchObject({ status: HealthStatus.UNHEALTHY, sinceMs: startMs });
  });

  it('that a guest names is looked up too', () => {
    const { client, server } = call('dn2');
    engine.accept(batchOf(client, server));
    const content = { subject: '10.0.0.2:9000', resolution: 'address', status: HealthStatus.UNHEALTHY } as const;
    engine.accept(batchOf({ resource: CLIENT, spans: [observationSpanOf(content, clock.nowMs())] }));
    expect(subjects()).toEqual(['datanode/dn2']);
  });

  it('that several instances answer at, as behind a load balancer, accuses the service and none of them', () => {
    for (const instance of ['dn1', 'dn2', 'dn1', 'dn2', 'dn1']) {
      const { client, server } = call(instance);
      engine.accept(batchOf(client, server));
    }
    engine.accept(batchOf({ resource: CLIENT, spans: [spanOf({ endMs: clock.nowMs(), ...FAILED })] }));
    expect(verdictOn('datanode')).toMatchObject({ resolution: 'service', observersAgainst: ['client/c1'] });
  });

  it('that changes hands accuses the new instance only', () => {
    const first = call('dn2');
    engine.accept(batchOf(first.client, first.server));
    const second = call('dn2-restarted');
    engine.accept(batchOf(second.client, second.server));
    engine.accept(batchOf({ resource: CLIENT, spans: [spanOf({ endMs: clock.nowMs(), ...FAILED })] }));
    expect(verdictOn('datanode/dn2-restarted')?.status).toBe(HealthStatus.UNHEALTHY);
    expect(verdictOn('datanode/dn2')?.status).toBe(HealthStatus.HEALTHY);
  });
});

describe('a producer and a consumer', () => {
  it('teach nobody’s address: a broker that is down accuses the destination, not who reads from it', () => {
    const attributes = {
      'server.address': 'kafka',
      'server.port': 9092,
      'messaging.system': 'kafka',
      'messaging.destination.name': 'orders',
    };
    const sent = spanOf({ endMs: clock.nowMs(), kind: SpanKind.PRODUCER, attributes });
    const read = spanOf({ endMs: clock.nowMs(), kind: SpanKind.CONSUMER, parentSpanId: sent.spanId });
    engine.accept(
      batchOf({ resource: CLIENT, spans: [sent] }, { resource: resourceOf('billing', 'b1'), spans: [read] }),
    );
    const failed = { statusCode: SpanStatusCode.ERROR, attributes: { ...attributes, 'error.type': 'ECONNREFUSED' } };
    engine.accept(
      batchOf({ resource: CLIENT, spans: [spanOf({ kind: SpanKind.PRODUCER, endMs: clock.nowMs(), ...failed })] }),
    );
    expect(verdictOn('kafka/orders')?.status).toBe(HealthStatus.UNHEALTHY);
    expect(verdictOn('billing/b1')?.status).toBe(HealthStatus.NA);
  });
});

describe('a loopback address', () => {
  const onHost = (host: string) => ({ ...CLIENT, 'host.name': host });
  const attributes = { ...ADDRESS, 'server.address': '127.0.0.1' };

  it('on one machine never accuses who lives at it on another', () => {
    const failed = { statusCode: SpanStatusCode.ERROR, attributes: { ...attributes, 'error.type': 'ECONNREFUSED' } };
    engine.accept(batchOf({ resource: onHost('h1'), spans: [spanOf({ endMs: clock.nowMs(), ...failed })] }));
    const { client, server } = call('dn2');
    const [span] = client.spans;
    if (span) engine.accept(batchOf({ resource: onHost('h2'), spans: [{ ...span, attributes }] }, server));
    expect(verdictOn('127.0.0.1:9000@h1')?.status).toBe(HealthStatus.UNHEALTHY);
    expect(verdictOn('datanode/dn2')).toMatchObject({ observersAgainst: [] });
  });
});

describe('a proxy', () => {
  it('that serves everybody at one socket accuses nobody of another’s failure', () => {
    const through = { 'network.peer.address': '10.0.0.9', 'network.peer.port': 3128, 'http.request.method': 'GET' };
    const { client, server } = call('dn2');
    const [span] = client.spans;
    const named = (host: string) => ({ ...through, 'server.address': host, 'server.port': 443 });
    if (span) engine.accept(batchOf({ ...client, spans: [{ ...span, attributes: named('cart.local') }] }, server));
    const failed = { ...named('api.example.com'), 'http.response.status_code': 503 };
    engine.accept(batchOf({ resource: CLIENT, spans: [spanOf({ endMs: clock.nowMs(), attributes: failed })] }));
    expect(verdictOn('api.example.com:443')?.status).toBe(HealthStatus.UNHEALTHY);
    expect(verdictOn('datanode/dn2')?.status).not.toBe(HealthStatus.UNHEALTHY);
  });
});
