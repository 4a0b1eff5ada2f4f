// SPDX-License-Identifier: Apache-2.0
/** A span of a form that is known is judged as if it were the first of its kind. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../../src/engine/engine.js';
import { ExportIntake } from '../../../src/engine/export-intake.js';
import { MajorityJudge } from '../../../src/engine/verdict/majority.js';
import { SequentialJudge } from '../../../src/engine/verdict/sequential.js';
import { SpanKind, type SpanRecord } from '../../../src/model/span.js';
import { HealthStatus } from '../../../src/model/status.js';
import { FakeClock } from '../../support/fake-clock.js';
import { batchOf, freshSpanId, freshTraceId, resourceOf, spanOf } from '../../support/spans.js';
import { type Bytes, field, requestOfSpans, spanBytes, tag, wireSpan } from '../wire/otlp-writer.js';

const CLIENT = resourceOf('client', 'c1');
const ADDRESS = { 'server.address': '10.0.0.2', 'server.port': 9000, 'http.request.method': 'POST' };
const WELL = { ...ADDRESS, 'http.response.status_code': 200 };

let clock: FakeClock;
let engine: Engine;

beforeEach(() => {
  clock = new FakeClock();
  engine = new Engine({ judge: new SequentialJudge(), clock });
});

const statusOf = (subject: string) => engine.report({ environment: '', subject })?.verdict.status;
const subjects = () => engine.verdicts().map(({ subject }) => subject);
const send = (resource: ReturnType<typeof resourceOf>, ...spans: readonly SpanRecord[]) =>
  engine.accept(batchOf({ resource, spans }));

/** A call of `client/c1` to an address at which `service/instance` answers. */
function answered(service: string, instance: string): void {
  const client = spanOf({ traceId: freshTraceId(), endMs: clock.nowMs(), attributes: WELL });
  const server = spanOf({
    ...{ traceId: client.traceId, parentSpanId: client.spanId, kind: SpanKind.SERVER, endMs: clock.nowMs() },
    attributes: { 'http.response.status_code': 200 },
  });
  engine.accept(
    batchOf({ resource: CLIENT, spans: [client] }, { resource: resourceOf(service, instance), spans: [server] }),
  );
}

describe('what is usual', () => {
  it('is learned from calls that went well, also of a loopback address whose machine is known', () => {
    const resource = { ...CLIENT, 'host.name': 'h1' };
    const local = { ...WELL, 'server.address': '127.0.0.1' };
    for (let call = 0; call < 20; call++) {
      clock.advance(1000);
      send(resource, spanOf({ endMs: clock.nowMs(), durationMs: 3000, attributes: local }));
    }
    // Of undici: a request that its caller took back, without a word. It had waited for no longer than usual.
    const { 'http.response.status_code': _, ...without } = local;
    send(resource, spanOf({ endMs: clock.nowMs(), durationMs: 2000, attributes: without }));
    expect(engine.counts().abandoned).toBe(1);
  });
});

describe('a server span', () => {
  it('is its component’s word of itself, whatever a guest has noted on it', () => {
    send(CLIENT, spanOf({ kind: SpanKind.SERVER, endMs: clock.nowMs(), attributes: { 'panorama.observed': true } }));
    expect(engine.report({ environment: '', subject: 'client/c1' })?.views).toHaveLength(1);
    expect(engine.counts()).toMatchObject({ served: 1, accounted: 0 });
  });
});

describe('an address', () => {
  it('that was several services’ and is one’s again hands over what was recorded under it', () => {
    for (const service of ['a', 'b', 'a', 'b', 'a']) answered(service, '1');
    expect(subjects()).toContain('10.0.0.2:9000');
    for (let call = 0; call < 100; call++) answered('a', '1');
    expect(subjects()).not.toContain('10.0.0.2:9000');
    expect(statusOf('a/1')).toBe(HealthStatus.HEALTHY);
  });
});

describe('a view that is well', () => {
  it('expires when its caller, who called seldom and then often, falls silent', () => {
    engine.start();
    const call = () => send(CLIENT, spanOf({ endMs: clock.nowMs(), attributes: WELL }));
    for (let seldom = 0; seldom < 4; seldom++) {
      call();
      clock.advance(300_000);
    }
    for (let often = 0; often < 200; often++) {
      call();
      clock.advance(1000);
    }
    expect(engine.verdicts()[0]?.status).toBe(HealthStatus.HEALTHY);
    clock.advance(61_000);
    engine.stop();
    expect(engine.verdicts().filter(({ status }) => status !== HealthStatus.NA)).toEqual([]);
  });
});

describe('calls past the bound of operations', () => {
  it('are counted each, also when somebody was learned to live elsewhere in between', () => {
    const named = (name: string) => spanOf({ name, endMs: clock.nowMs(), attributes: { 'server.address': 'db' } });
    for (let operation = 0; operation < 200; operation++) send(CLIENT, named(`op ${operation}`));
    for (let call = 0; call < 3; call++) {
      send(CLIENT, named('one more'));
      answered('web', `${call}`);
    }
    expect(engine.counts().folded).toBe(3);
  });
});

describe('a span that is broken where nobody has looked', () => {
  it('is refused alone, and what came beside it is told once', () => {
    const intake = new ExportIntake(engine);
    const at = { start: BigInt(clock.nowMs()) * 1_000_000n, end: BigInt(clock.nowMs()) * 1_000_000n };
    const good = () =>
      spanBytes(
        wireSpan({
          ...{ ...at, traceId: freshTraceId(), spanId: freshSpanId() },
          attributes: [{ key: 'server.address', value: { string: 'db' } }],
        }),
      );
    const nobody = wireSpan({ ...at, traceId: freshTraceId(), spanId: freshSpanId() });
    const brokenEvent = field(11, [tag(2, 2), 100]);
    const take = (...spans: readonly Bytes[]) =>
      intake.take({ signal: 'traces', encoding: 'protobuf', body: requestOfSpans(...spans) });
    expect(() => take(good(), good(), [spanBytes(nobody), brokenEvent])).not.toThrow();
    expect(() => take(good())).not.toThrow();
    expect(engine.counts()).toMatchObject({ calls: 4, unidentified: 1 });
  });
});

describe('good calls', () => {
  it('that were made before a failure and told after it take nothing of it back', () => {
    const at = (endMs: number, changes: Partial<SpanRecord> = {}) => spanOf({ endMs, attributes: WELL, ...changes });
    const failed = { attributes: { ...ADDRESS, 'http.response.status_code': 503 } };
    const hear = (changes: Partial<SpanRecord> = {}) => {
      clock.advance(1000);
      send(CLIENT, at(clock.nowMs(), changes));
    };
    for (let call = 0; call < 10; call++) hear();
    for (let call = 0; call < 4; call++) hear(failed);
    const failedMs = clock.nowMs();
    expect(statusOf('10.0.0.2:9000')).toBe(HealthStatus.UNHEALTHY);
    clock.advance(1500);
    const before = Array.from({ length: 100 }, (_, call) => at(failedMs - 10_000 + 90 * call));
    send(CLIENT, ...before, at(clock.nowMs()));
    expect(statusOf('10.0.0.2:9000')).toBe(HealthStatus.UNHEALTHY);
    for (let call = 0; call < 3; call++) hear();
    expect(statusOf('10.0.0.2:9000')).toBe(HealthStatus.HEALTHY);
  });
});

describe('two forms', () => {
  const path = (attributes: SpanRecord['attributes']) =>
    spanOf({ endMs: clock.nowMs(), attributes: { 'server.address': 'web', 'http.method': 'GET', ...attributes } });
  const sources = (spans: readonly SpanRecord[]) => {
    const fresh = new Engine({ judge: new MajorityJudge(), clock });
    for (const span of spans) fresh.accept(batchOf({ resource: CLIENT, spans: [span] }));
    return fresh.report({ environment: '', subject: 'web' })?.views.map(({ source }) => source);
  };

  it('whose URLs are health checks by another attribute each are two', () => {
    const ok = { 'http.status_code': 200 };
    const none = path({ ...ok, 'url.path': '', 'http.target': '/health' });
    const number = path({ ...ok, 'url.path': '/42', 'http.target': '/health' });
    const asked = path({ ...ok, 'url.path': '?a', 'http.target': '/health' });
    for (const others of [number, asked]) {
      expect(sources([others])).toEqual(['caller']);
      expect(sources([none, others])?.toSorted()).toEqual(['caller', 'probe']);
      expect(sources([others, none])?.toSorted()).toEqual(['caller', 'probe']);
    }
  });
});
