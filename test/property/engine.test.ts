// SPDX-License-Identifier: Apache-2.0
/** What must hold of the engine whatever is delivered, in whatever order, however often. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { MemoryStore } from '../../src/engine/store/memory-store.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import type { SpanRecord } from '../../src/model/span.js';
import { HealthStatus } from '../../src/model/status.js';
import type { Verdict } from '../../src/model/verdict.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, observationSpanOf, resourceOf } from '../support/spans.js';

const NOW = new FakeClock().nowMs();

/** A guest's observation by one of three observers of one of two subjects within the last minute. */
const observation = fc
  .record({
    observer: fc.constantFrom('a/1', 'b/1', 'c/1'),
    subject: fc.constantFrom('db', 'web'),
    operation: fc.constantFrom('read', 'write'),
    status: fc.constantFrom(
      HealthStatus.HEALTHY,
      HealthStatus.UNHEALTHY,
      HealthStatus.MAYBE_UNHEALTHY,
      HealthStatus.PENDING,
    ),
    source: fc.constantFrom('caller', 'probe', 'self'),
    count: fc.integer({ min: 1, max: 50 }),
    ageMs: fc.integer({ min: 0, max: 60_000 }),
  })
  .map(({ ageMs, ...content }) => observationSpanOf({ ...content, resolution: 'service' } as never, NOW - ageMs));

const observations = fc.array(observation, { minLength: 1, maxLength: 40 });

function verdictsAfter(...deliveries: readonly (readonly SpanRecord[])[]): readonly Verdict[] {
  const engine = new Engine({ store: new MemoryStore(), judge: new MajorityJudge(), clock: new FakeClock() });
  for (const spans of deliveries) engine.accept(batchOf({ resource: resourceOf('guest', '1'), spans: [...spans] }));
  return engine.verdicts();
}

describe('a delivered batch', () => {
  it('gives the same verdicts in any order', () => {
    fc.assert(
      fc.property(
        observations.chain((spans) =>
          fc.tuple(fc.constant(spans), fc.shuffledSubarray(spans, { minLength: spans.length })),
        ),
        ([spans, shuffled]) => {
          expect(verdictsAfter(shuffled)).toEqual(verdictsAfter(spans));
        },
      ),
    );
  });

  it('gives the same verdicts when it is delivered twice', () => {
    fc.assert(
      fc.property(observations, (spans) => {
        expect(verdictsAfter(spans, spans)).toEqual(verdictsAfter(spans));
      }),
    );
  });
});

describe('a subject', () => {
  it('never becomes healthier when a healthy call of its callers is taken away', () => {
    const isHealthyCall = (span: SpanRecord) =>
      span.attributes['panorama.status'] === 'healthy' && span.attributes['panorama.source'] === 'caller';
    fc.assert(
      fc.property(observations, fc.nat(), (spans, pick) => {
        const healthy = spans.filter(isHealthyCall);
        fc.pre(healthy.length > 0);
        const removed = healthy[pick % healthy.length] as SpanRecord;
        const after = verdictsAfter(spans.filter((span) => span !== removed));
        for (const { subject, status } of verdictsAfter(spans)) {
          const now = after.find((each) => each.subject === subject)?.status ?? HealthStatus.NA;
          if (status === HealthStatus.UNHEALTHY) expect(now, subject).not.toBe(HealthStatus.HEALTHY);
        }
      }),
    );
  });
});

describe('judging', () => {
  it('changes nothing it is given', () => {
    fc.assert(
      fc.property(observations, (spans) => {
        const store = new MemoryStore();
        const engine = new Engine({ store, judge: new MajorityJudge(), clock: new FakeClock() });
        engine.accept(batchOf({ resource: resourceOf('guest', '1'), spans: [...spans] }));
        for (const panorama of store.subjects()) {
          const views = [...panorama.views];
          const before = structuredClone(views);
          new MajorityJudge().judge({ ...panorama, views }, NOW, undefined);
          expect(views).toEqual(before);
        }
      }),
    );
  });
});

describe('memory', () => {
  it('stays within the bound on views, whoever floods', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(20)), { maxLength: 300 }), (pairs) => {
        const store = new MemoryStore({ viewCountMax: 50 });
        const engine = new Engine({ store, judge: new MajorityJudge(), clock: new FakeClock() });
        const spans = pairs.map(([subject, observer]) =>
          observationSpanOf({ subject: `s${subject}`, observer: `o${observer}` }, NOW),
        );
        for (const span of spans) {
          engine.accept(batchOf({ resource: resourceOf('guest', '1'), spans: [span] }));
          expect(store.counts().views).toBeLessThanOrEqual(50);
          expect(engine.verdicts().length).toBeLessThanOrEqual(50);
        }
      }),
    );
  });
});
