// SPDX-License-Identifier: Apache-2.0
/** Who is ill, and of whom it is known that it was convicted and has become well. */
import { describe, expect, it } from 'vitest';
import { IllSubjects } from '../../src/engine/ill-subjects.js';
import type { SubjectRecord } from '../../src/engine/store/records.js';
import { HealthStatus } from '../../src/model/status.js';
import { verdictOf } from '../support/verdicts.js';

const { HEALTHY, MAYBE_UNHEALTHY, UNHEALTHY } = HealthStatus;

/** Records are told apart by what they are, not by what is in them. */
const recordOf = () => ({}) as SubjectRecord;

function judgedAs(...course: readonly [status: HealthStatus, judgedMs: number][]) {
  const ill = new IllSubjects();
  const db = recordOf();
  for (const [status, judgedMs] of course) {
    ill.note(db, verdictOf({ status, failure: status === HEALTHY ? 'none' : 'gray', judgedMs }));
  }
  return { ill, db };
}

describe('a subject that was convicted', () => {
  it('has recovered when it is well again', () => {
    const { ill, db } = judgedAs([HEALTHY, 0], [UNHEALTHY, 1000], [MAYBE_UNHEALTHY, 2000], [HEALTHY, 3000]);
    expect([ill.has(db), ill.recoveredMs(db)]).toEqual([false, 3000]);
  });

  it('has still recovered then when it was doubted once more, and later when it was convicted once more', () => {
    const course = [
      [HEALTHY, 0],
      [UNHEALTHY, 1000],
      [HEALTHY, 2000],
    ] as const;
    const doubted = judgedAs(
      ...course.map(([status, atMs]) => [status, atMs] as [HealthStatus, number]),
      [MAYBE_UNHEALTHY, 3000],
      [HEALTHY, 4000],
    );
    expect(doubted.ill.recoveredMs(doubted.db)).toBe(2000);
    const convicted = judgedAs(
      ...course.map(([status, atMs]) => [status, atMs] as [HealthStatus, number]),
      [UNHEALTHY, 3000],
      [HEALTHY, 4000],
    );
    expect(convicted.ill.recoveredMs(convicted.db)).toBe(4000);
  });

  it('has not recovered where nothing is known of it any more', () => {
    const { ill, db } = judgedAs([UNHEALTHY, 1000], [HEALTHY, 2000]);
    ill.note(db, undefined);
    expect(ill.recoveredMs(db)).toBeUndefined();
  });

  it('is forgotten five minutes later, when somebody else recovers', () => {
    const { ill, db } = judgedAs([UNHEALTHY, 1000], [HEALTHY, 2000]);
    const other = recordOf();
    for (const [status, judgedMs] of [
      [UNHEALTHY, 301_000],
      [HEALTHY, 302_000],
    ] as const) {
      ill.note(other, verdictOf({ status, failure: status === HEALTHY ? 'none' : 'gray', judgedMs }));
    }
    expect([ill.recoveredMs(db), ill.recoveredMs(other)]).toEqual([undefined, 302_000]);
  });
});

it('a subject that was only doubted has not recovered from anything', () => {
  const { ill, db } = judgedAs([MAYBE_UNHEALTHY, 1000], [HEALTHY, 2000]);
  expect(ill.recoveredMs(db)).toBeUndefined();
});
