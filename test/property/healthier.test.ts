// SPDX-License-Identifier: Apache-2.0
/**
 * Taking a good call away never makes anybody healthier. It is stated over what is true:
 *
 * The paper's judge knows no doubts. With doubts among the calls (throttled), the one that takes the place of the good call at
 * the edge of the look-back may make a conviction a doubt, but never health.
 *
 * The sequential judge learns with every call how often a view is heard and how often its calls usually fail. So: calls at an
 * even pace, few enough failures to stay within the usual share, and one illness, since relapses are judged by their number.
 *
 * Of a subject with many views: reasons that lie with the subject, since whose word counts is learned from good calls, too.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Judge } from '../../src/engine/verdict/judge.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { ILLNESSES } from '../../src/engine/verdict/sequential-cells.js';
import { HealthStatus } from '../../src/model/status.js';
import { type Chance, JudgedRow } from '../contract/judge-row.js';
import { observationSpanOf } from '../support/spans.js';
import { JUDGES, NOW_MS, type Sent, verdictsAfter } from './deliveries.js';

const { HEALTHY, PENDING, MAYBE_UNHEALTHY, UNHEALTHY, NA } = HealthStatus;

/** From best to worst. Where nothing is known nobody is well. */
const ORDER: readonly HealthStatus[] = [HEALTHY, NA, PENDING, MAYBE_UNHEALTHY, UNHEALTHY];
const rank = (status: HealthStatus | undefined) => ORDER.indexOf(status ?? NA);

const withoutDoubts = fc.constantFrom(HEALTHY, HEALTHY, HEALTHY, UNHEALTHY, UNHEALTHY, PENDING);
const withDoubts = fc.oneof(
  { weight: 5, arbitrary: withoutDoubts },
  { weight: 1, arbitrary: fc.constant(MAYBE_UNHEALTHY) },
);

const chanceOf = (said: HealthStatus, atMs: number, count = 1): Chance => ({
  ...{ status: said, atMs, count, windowMs: 0, suspicion: undefined },
  reason: said === HEALTHY ? 'ok' : 'server_error',
});

/** Calls of one view within a minute, so that none of them has expired, in order. */
const withinAMinute = (status: fc.Arbitrary<HealthStatus>) =>
  fc
    .array(fc.record({ status, atMs: fc.integer({ min: 0, max: 59_000 }), count: fc.integer({ min: 1, max: 12 }) }), {
      minLength: 1,
      maxLength: 20,
    })
    .map((calls) =>
      calls.toSorted((a, b) => a.atMs - b.atMs).map(({ status: said, atMs, count }) => chanceOf(said, atMs, count)),
    );

/** One call a second, few of which are not good. */
const atAnEvenPace = fc
  .array(withDoubts, { minLength: 1, maxLength: 55 })
  .map((statuses) => statuses.map((said, index) => chanceOf(said, 1000 * index)));

/** Each way to leave one good call out. */
function withoutOne(calls: readonly Chance[]): readonly (readonly Chance[])[] {
  return calls.flatMap((call, index) => (call.status === HEALTHY ? [calls.toSpliced(index, 1)] : []));
}

/** Statuses at a time: of all calls, and of each choice of them without one. */
function statusesOf(judge: Judge, calls: readonly Chance[], atMs: number) {
  const of = (chosen: readonly Chance[]) => new JudgedRow(judge).seeAll(chosen).statusOf(atMs);
  return { all: of(calls), fewer: withoutOne(calls).map(of) };
}

describe('a view without one of its good calls', () => {
  it('is no healthier by the majority judge', () => {
    const judge = new MajorityJudge();
    fc.assert(
      fc.property(withinAMinute(withoutDoubts), (calls) => {
        const { all, fewer } = statusesOf(judge, calls, 59_000);
        for (const status of fewer) expect(rank(status)).toBeGreaterThanOrEqual(rank(all));
      }),
      { numRuns: 2000 },
    );
  });

  it('is not well by the majority judge if it was not with all of them, whatever doubts there are', () => {
    const judge = new MajorityJudge();
    fc.assert(
      fc.property(withinAMinute(withDoubts), (calls) => {
        const { all, fewer } = statusesOf(judge, calls, 59_000);
        fc.pre(all !== HEALTHY);
        expect(fewer).not.toContain(HEALTHY);
      }),
      { numRuns: 2000 },
    );
  });

  it('is no healthier by the sequential judge, in its first illness', () => {
    const judge = new SequentialJudge();
    fc.assert(
      fc.property(atAnEvenPace, (calls) => {
        const { cells, at } = new JudgedRow(judge).seeAll(calls);
        fc.pre((cells[at + ILLNESSES] as number) <= 1);
        const { all, fewer } = statusesOf(judge, calls, 1000 * calls.length);
        for (const status of fewer) expect(rank(status)).toBeGreaterThanOrEqual(rank(all));
      }),
      { numRuns: 5000 },
    );
  });
});

/** Three callers; what each says first is that it is well, and that stays. */
const said = fc.array(withoutDoubts, { maxLength: 25 }).map((statuses) => [HEALTHY, ...statuses]);
const callers = fc.record({ a: said, b: said, c: said });

interface Said extends Sent {
  readonly status: HealthStatus;
  readonly isFirst: boolean;
}

/** Everything that three callers saw in the last half minute; a call that is out is none here. */
function sentBy(
  callersSaid: Readonly<Record<string, readonly HealthStatus[]>>,
  operations: Readonly<Record<string, string>>,
): readonly Said[] {
  return Object.entries(callersSaid).flatMap(([observer, statuses], caller) =>
    statuses
      .filter((status) => status !== PENDING)
      .map((status, index) => {
        const { reason, atMs } = chanceOf(status, NOW_MS - 30_000 + 1000 * index + 100 * caller);
        const operation = operations[observer] ?? 'other';
        const content = { observer, subject: 'db', resolution: 'service', operation, status, reason } as const;
        const span = observationSpanOf(content, atMs);
        return { service: observer, instance: '1', span, status, isFirst: index === 0 };
      }),
  );
}

/**
 * Who calls what. For the sequential judge the callers of one operation together are one more view, and of no even pace; so
 * there each has an operation to itself.
 */
const OPERATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  majority: { a: 'read', b: 'read', c: 'write' },
  sequential: { a: 'read', b: 'write', c: 'delete' },
};

describe.each(JUDGES)('a subject without one of the good calls to it, by the $name judge', (judge) => {
  it('is no healthier', () => {
    fc.assert(
      fc.property(callers, fc.nat(), (statuses, pick) => {
        const sent = sentBy(statuses, OPERATIONS[judge.name] ?? {});
        const good = sent.filter(({ status, isFirst }) => status === HEALTHY && !isFirst);
        fc.pre(good.length > 0);
        const relapses = Object.values(statuses).filter((said) => relapsed(judge, said));
        fc.pre(relapses.length === 0);
        const fewer = sent.filter((each) => each !== good[pick % good.length]);
        const statusOf = (all: readonly Sent[]) => verdictsAfter(judge, all)[0]?.status;
        expect(rank(statusOf(fewer))).toBeGreaterThanOrEqual(rank(statusOf(sent)));
      }),
      { numRuns: 300 },
    );
  });
});

/** Whether a caller's view was ill more than once. */
function relapsed({ name }: Judge, statuses: readonly HealthStatus[]): boolean {
  if (name !== 'sequential') return false;
  const calls = statuses.filter((status) => status !== PENDING).map((status, index) => chanceOf(status, 1000 * index));
  const { cells, at } = new JudgedRow(new SequentialJudge()).seeAll(calls);
  return (cells[at + ILLNESSES] as number) > 1;
}
