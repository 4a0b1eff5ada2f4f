// SPDX-License-Identifier: Apache-2.0
/** Three ways in, never counted twice; clocks are put right; environments never mix; each change is told once. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SpanKind, SpanStatusCode } from '../../src/model/span.js';
import { HealthStatus } from '../../src/model/status.js';
import type { Verdict } from '../../src/model/verdict.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, freshSpanId, observationSpanOf, resourceOf, spanOf } from '../support/spans.js';

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

describe('raw client spans of any SDK', () => {
  it('make the verdict that the guest would have made', () => {
    engine.accept(batchOf({ resource: CLIENT, spans: [spanOf({ endMs: clock.nowMs(), ...FAILED })] }));
    const raw = verdictOn('10.0.0.2:9000');
    const other = new Engine({ judge: new MajorityJudge(), clock });
    const content = {
      subject: '10.0.0.2:9000',
      resolution: 'address',
      operation: 'POST',
      status: HealthStatus.UNHEALTHY,
      reason: 'reset',
    } as const;
    other.accept(batchOf({ resource: CLIENT, spans: [observationSpanOf(content, clock.nowMs())] }));
    expect(raw).toMatchObject({ status: HealthStatus.UNHEALTHY, observersAgainst: ['client/c1'] });
    expect({ ...raw, evidence: [], observersAgainst: [], operations: [] }).toEqual({
      ...other.verdicts()[0],
      evidence: [],
      observersAgainst: [],
      operations: [],
    });
  });

  it('that a guest has accounted for are never counted again', () => {
    const accounted = spanOf({ ...FAILED, attributes: { ...FAILED.attributes, 'panorama.observed': true } });
    engine.accept(batchOf({ resource: CLIENT, spans: [accounted] }));
    expect(engine.verdicts()).toEqual([]);
    expect(engine.counts()).toMatchObject({ accounted: 1, calls: 0 });
  });

  it('are counted by what they say of whom they called', () => {
    const good = spanOf({ endMs: clock.nowMs(), attributes: { ...ADDRESS, 'http.response.status_code': 200 } });
    const spans = [good, { ...good, spanId: freshSpanId() }, spanOf({ endMs: clock.nowMs(), ...FAILED })];
    engine.accept(batchOf({ resource: CLIENT, spans }));
    expect([...engine.callsByStatus()]).toEqual([
      [HealthStatus.HEALTHY, 2],
      [HealthStatus.UNHEALTHY, 1],
    ]);
  });

  it('without any hint of a peer make no observation and are counted as unidentified', () => {
    engine.accept(batchOf({ resource: CLIENT, spans: [spanOf()] }));
    expect(engine.verdicts()).toEqual([]);
    expect(engine.counts().unidentified).toBe(1);
  });

  it('of internal kind are nobody’s call', () => {
    engine.accept(batchOf({ resource: CLIENT, spans: [spanOf({ kind: SpanKind.INTERNAL, attributes: ADDRESS })] }));
    expect(engine.verdicts()).toEqual([]);
  });
});

describe('a batch delivered twice', () => {
  it('changes nothing', () => {
    const batch = batchOf({
      resource: CLIENT,
      spans: [observationSpanOf({ status: HealthStatus.UNHEALTHY, reason: 'timeout' }, clock.nowMs())],
    });
    engine.accept(batch);
    const once = { verdicts: engine.verdicts(), transitions: engine.transitions(0, 10) };
    engine.accept(batch);
    expect({ verdicts: engine.verdicts(), transitions: engine.transitions(0, 10) }).toEqual(once);
    expect(engine.counts().duplicates).toBe(1);
  });
});

describe('an observation span that cannot be read', () => {
  it('is refused with a reason and leaves its neighbours alone', () => {
    const good = observationSpanOf({}, clock.nowMs());
    const bad = { ...good, spanId: freshSpanId(), attributes: { ...good.attributes, 'panorama.status': 'splendid' } };
    const result = engine.accept(batchOf({ resource: CLIENT, spans: [bad, good] }));
    expect(result.rejected).toBe(1);
    expect(result.message).toContain('panorama.status');
    expect(subjects()).toEqual(['datanode/dn2']);
  });
});

describe('the machine’s clock', () => {
  it('set back an hour freezes nothing', () => {
    engine.accept(batchOf({ resource: CLIENT, spans: [observationSpanOf({}, clock.nowMs())] }));
    clock.jump(-3_600_000);
    for (let second = 0; second < 3; second++) {
      clock.advance(1000);
      const content = { status: HealthStatus.UNHEALTHY, reason: 'timeout' } as const;
      engine.accept(batchOf({ resource: CLIENT, spans: [observationSpanOf(content, clock.nowMs() + 3_600_000)] }));
    }
    expect(verdictOn('datanode/dn2')?.status).toBe(HealthStatus.UNHEALTHY);
  });
});

describe('environments', () => {
  it('never mix: the same name in two of them is two subjects', () => {
    const content = { status: HealthStatus.UNHEALTHY } as const;
    engine.accept(
      batchOf(
        { resource: resourceOf('client', 'c1', 'prod'), spans: [observationSpanOf({}, clock.nowMs())] },
        { resource: resourceOf('client', 'c1', 'test'), spans: [observationSpanOf(content, clock.nowMs())] },
      ),
    );
    expect(engine.verdicts().map(({ environment, status }) => [environment, status])).toEqual([
      ['prod', HealthStatus.HEALTHY],
      ['test', HealthStatus.UNHEALTHY],
    ]);
  });
});

describe('an observer whose clock is a day off', () => {
  it.each([-86_400_000, 86_400_000])('keeps its vote (%i ms)', (skewMs) => {
    for (let delivery = 0; delivery < 3; delivery++) {
      clock.advance(5000);
      const content = { status: HealthStatus.UNHEALTHY, reason: 'timeout' } as const;
      engine.accept(batchOf({ resource: CLIENT, spans: [observationSpanOf(content, clock.nowMs() + skewMs)] }));
    }
    expect(verdictOn('datanode/dn2')?.status).toBe(HealthStatus.UNHEALTHY);
    clock.advance(1000);
    const well = observationSpanOf({ count: 5 }, clock.nowMs() + skewMs);
    engine.accept(batchOf({ resource: CLIENT, spans: [well] }));
    expect(verdictOn('datanode/dn2')?.status).toBe(HealthStatus.HEALTHY);
  });

  it('in one span only freezes nothing', () => {
    const odd = observationSpanOf({ status: HealthStatus.UNHEALTHY }, clock.nowMs() + 86_400_000);
    engine.accept(batchOf({ resource: CLIENT, spans: [odd] }));
    for (let second = 0; second < 5; second++) {
      clock.advance(1000);
      engine.accept(batchOf({ resource: CLIENT, spans: [observationSpanOf({}, clock.nowMs())] }));
    }
    expect(verdictOn('datanode/dn2')?.status).toBe(HealthStatus.HEALTHY);
  });
});

describe('transitions', () => {
  it('are numbered, each verdict change once, and say what tipped it', () => {
    const bad = observationSpanOf({ status: HealthStatus.UNHEALTHY, reason: 'timeout' }, clock.nowMs());
    engine.accept(batchOf({ resource: CLIENT, spans: [observationSpanOf({}, clock.nowMs())] }));
    engine.accept(batchOf({ resource: CLIENT, spans: [bad] }));
    const { transitions, next, truncated } = engine.transitions(0, 10);
    const [first, second] = transitions;
    expect(transitions.map(({ from, verdict }) => [from.status, verdict.status])).toEqual([
      [HealthStatus.NA, HealthStatus.HEALTHY],
      [HealthStatus.HEALTHY, HealthStatus.UNHEALTHY],
    ]);
    expect(second?.seq).toBe((first?.seq ?? 0) + 1);
    expect(second?.cause).toBe(bad.traceId + bad.spanId);
    expect({ next, truncated }).toEqual({ next: second?.seq, truncated: false });
    expect(engine.transitions(first?.seq ?? 0, 10).transitions).toHaveLength(1);
  });

  it('tell of an address that becomes an instance: the one goes, the other comes with its failure', () => {
    engine.accept(batchOf({ resource: CLIENT, spans: [spanOf({ endMs: clock.nowMs(), ...FAILED })] }));
    const { client, server } = call('dn2');
    engine.accept(batchOf(client, server));
    const told = engine.transitions(0, 3).transitions.map(({ verdict: { subject, status } }) => [subject, status]);
    expect(told).toEqual([
      ['10.0.0.2:9000', HealthStatus.UNHEALTHY],
      ['10.0.0.2:9000', HealthStatus.NA],
      ['datanode/dn2', HealthStatus.UNHEALTHY],
    ]);
  });

  it('of a subject that everybody calls are found by the tick when they come thick and fast', () => {
    engine.start();
    const spans = Array.from({ length: 1000 }, (_, index) =>
      observationSpanOf({ observer: `c/${index}` }, clock.nowMs()),
    );
    engine.accept(batchOf({ resource: CLIENT, spans }));
    const failing = spans.map((_, index) =>
      observationSpanOf({ observer: `c/${index}`, status: HealthStatus.UNHEALTHY }, clock.nowMs() + 1),
    );
    engine.accept(batchOf({ resource: CLIENT, spans: failing }));
    expect(verdictOn('datanode/dn2')?.status).toBe(HealthStatus.HEALTHY);
    clock.advance(125);
    expect(verdictOn('datanode/dn2')?.status).toBe(HealthStatus.UNHEALTHY);
    engine.stop();
  });

  it('happen by time alone when all evidence has expired, and the subject is forgotten after the longest lifetime', () => {
    engine.start();
    engine.accept(batchOf({ resource: CLIENT, spans: [observationSpanOf({}, clock.nowMs())] }));
    clock.advance(61_000);
    expect(verdictOn('datanode/dn2')?.status).toBe(HealthStatus.NA);
    expect(engine.transitions(0, 10).transitions.at(-1)?.cause).toBeUndefined();
    clock.advance(3_600_000);
    expect(engine.verdicts()).toEqual([]);
    engine.stop();
    expect(clock.timerCount).toBe(0);
  });
});
