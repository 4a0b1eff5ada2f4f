// SPDX-License-Identifier: Apache-2.0
/** Whoever asks the court changes none of its numbers: every row is the same byte for byte, however often and whenever one asks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Judging } from '../../src/engine/judging.js';
import { numbersOf } from '../../src/engine/store/view-table.js';
import type { Observation } from '../../src/model/observation.js';
import { HealthStatus } from '../../src/model/status.js';
import { observationOf } from '../engine/store/observations.js';
import { JUDGES, NOW_MS } from './deliveries.js';

const SUBJECTS = ['db', 'shop/s1', 'shop/s2', 'shop/s3', 'nobody', 'shop'];

const observations: fc.Arbitrary<readonly Observation[]> = fc.array(
  fc
    .record({
      observer: fc.constantFrom('c1', 'c2', 'c3'),
      subject: fc.constantFrom(...SUBJECTS.slice(0, 4)),
      status: fc.constantFrom(
        HealthStatus.HEALTHY,
        HealthStatus.UNHEALTHY,
        HealthStatus.MAYBE_UNHEALTHY,
        HealthStatus.PENDING,
      ),
      reason: fc.constantFrom('timeout', 'refused', 'hung' as const),
      source: fc.constantFrom('caller', 'self', 'probe' as const),
      count: fc.integer({ min: 1, max: 100 }),
      latencyMs: fc.integer({ min: 1, max: 5000 }),
      ageMs: fc.integer({ min: 0, max: 100_000 }),
    })
    .map(({ latencyMs, ageMs, ...given }) =>
      observationOf({
        ...given,
        resolution: given.subject.includes('/') ? 'instance' : 'service',
        latency: { meanSeconds: latencyMs / 1000, maxSeconds: latencyMs / 1000 },
        observedMs: NOW_MS - ageMs,
      }),
    ),
  { minLength: 1, maxLength: 60 },
);

/** Every row that there is, with those of all callers of an operation together. */
function rowsOf({ panoramas }: Judging): readonly Buffer[] {
  const crowds = [...panoramas.subjects()].flatMap(({ operations }) =>
    [...operations.values()].flatMap(({ crowd }) => crowd ?? []),
  );
  return [...panoramas.views(), ...crowds].map((row) =>
    Buffer.from(numbersOf(row, panoramas.cellCount).slice().buffer),
  );
}

describe.each(JUDGES)('asking the court of the $name judge', (judge) => {
  it('changes no number of it', () => {
    fc.assert(
      fc.property(observations, fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 5 }), (seen, asked) => {
        const judging = new Judging({ judge, onVerdict: () => undefined });
        const inOrder = seen.toSorted((a, b) => a.observedMs - b.observedMs);
        for (const observation of inOrder) judging.observe(observation, observation.observedMs, observation.observedMs);
        const before = rowsOf(judging);
        for (const afterMs of asked) {
          judging.judgeWaiting(NOW_MS + afterMs);
          judging.verdicts(NOW_MS + afterMs);
          for (const subject of SUBJECTS) judging.report({ environment: '', subject }, NOW_MS + afterMs);
        }
        expect(rowsOf(judging)).toEqual(before);
      }),
    );
  });
});
