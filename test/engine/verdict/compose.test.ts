// SPDX-License-Identifier: Apache-2.0
/** One verdict from what every observer says, part by part. */
import { describe, expect, it } from 'vitest';
import { type Case, composeVerdict, nothingKnownOf } from '../../../src/engine/verdict/compose.js';
import type { HeardView } from '../../../src/engine/verdict/quadrant.js';
import { EVIDENCE_PER_VERDICT_MAX } from '../../../src/model/limits.js';
import { HealthStatus } from '../../../src/model/status.js';
import type { Suspicion, Verdict } from '../../../src/model/verdict.js';

const { NA, HEALTHY, PENDING, MAYBE_UNHEALTHY, UNHEALTHY } = HealthStatus;
const NOW_MS = 1_000_000;
const SUSPECT: Suspicion = { reason: 'alone', complaintCount: 3, subjectCount: 3, sinceMs: NOW_MS - 700 };

function heard(given: Partial<HeardView> = {}): HeardView {
  return {
    observer: 'c1',
    operation: 'read',
    source: 'caller',
    status: HEALTHY,
    reason: 'ok',
    healthyCount: 5,
    failingCount: 0,
    sinceMs: NOW_MS - 5000,
    lastMs: NOW_MS,
    reasonMs: NOW_MS - 5000,
    mixedMs: 0,
    gapMs: 1000,
    weight: 1,
    evidence: [],
    ...given,
  };
}

const failing = (given: Partial<HeardView> = {}) =>
  heard({ status: UNHEALTHY, reason: 'timeout', healthyCount: 0, failingCount: 5, ...given });

function verdictOf(views: readonly HeardView[], given: Partial<Case> = {}): Verdict {
  return composeVerdict({
    environment: '',
    subject: { text: 'db', resolution: 'service' },
    views,
    nowMs: NOW_MS,
    previous: undefined,
    weighs: true,
    suspicion: undefined,
    instances: undefined,
    slowTogetherMs: 0,
    blameOf: () => ({ root: 'db', path: ['db'], share: 1 }),
    ...given,
  });
}

describe('a verdict', () => {
  it('on nobody that is called is that nothing is known', () => {
    expect(verdictOf([])).toMatchObject({ status: NA, failure: 'none', reason: 'ok', confidence: 0, blame: undefined });
    expect(verdictOf([heard({ source: 'self' }), heard({ source: 'probe' })])).toMatchObject({
      status: NA,
      systemView: HEALTHY,
    });
  });

  it('is as bad as that on the worst operation', () => {
    const views = [heard(), failing({ operation: 'write' }), heard({ operation: 'list' })];
    expect(verdictOf(views)).toMatchObject({ status: UNHEALTHY, failure: 'gray', split: ['operation'] });
  });

  it('waits only where nothing better is known', () => {
    const waiting = heard({ status: PENDING, reason: 'hung' });
    expect(verdictOf([waiting]).status).toBe(PENDING);
    expect(verdictOf([waiting, heard({ operation: 'write' })]).status).toBe(HEALTHY);
    expect(verdictOf([waiting, failing({ operation: 'write' })]).status).toBe(UNHEALTHY);
  });

  it('names whoever finds something failing against it, and only whoever finds nothing so for it', () => {
    const views = [heard(), failing({ operation: 'write' }), heard({ observer: 'c2' }), failing({ observer: 'c3' })];
    expect(verdictOf(views)).toMatchObject({ observersFor: ['c2'], observersAgainst: ['c1', 'c3'] });
  });
});

describe('an observer that is not believed', () => {
  const doubted = failing({ observer: 'c9', weight: 0 });

  it('has no vote where others speak, and is named', () => {
    expect(verdictOf([heard(), doubted])).toMatchObject({ status: HEALTHY, failure: 'none', observersDoubted: ['c9'] });
  });

  it('raises a doubt where nobody else speaks, and no more', () => {
    expect(verdictOf([doubted])).toMatchObject({ status: MAYBE_UNHEALTHY, failure: 'gray', observersDoubted: ['c9'] });
  });

  it('counts for as much as it is trusted', () => {
    const half = failing({ observer: 'c2', weight: 0.5, failingCount: 1 });
    expect(verdictOf([half, heard({ weight: 0.4 })]).status).toBe(UNHEALTHY);
    expect(verdictOf([half, heard({ weight: 0.5 })]).status).toBe(MAYBE_UNHEALTHY);
    expect(verdictOf([half, heard()]).status).toBe(HEALTHY);
  });
});

describe('the time since when', () => {
  it('is that of the oldest view that finds it failing', () => {
    const views = [failing({ sinceMs: NOW_MS - 800 }), failing({ observer: 'c2', sinceMs: NOW_MS - 900 })];
    expect(verdictOf(views).sinceMs).toBe(NOW_MS - 900);
  });

  it('stays while the failure goes on, whoever finds it later', () => {
    const previous = verdictOf([failing({ sinceMs: NOW_MS - 9000 })], { nowMs: NOW_MS - 5000 });
    expect(verdictOf([failing({ sinceMs: NOW_MS - 100 })], { previous }).sinceMs).toBe(NOW_MS - 9000);
    expect(verdictOf([heard()], { previous }).sinceMs).toBe(NOW_MS);
  });

  it('of health stays while it is well', () => {
    const previous = verdictOf([heard()], { nowMs: NOW_MS - 5000 });
    expect(verdictOf([heard()], { previous }).sinceMs).toBe(NOW_MS - 5000);
  });

  it('is that of a suspicion where nothing else is wrong', () => {
    expect(verdictOf([], { suspicion: SUSPECT }).sinceMs).toBe(SUSPECT.sinceMs);
    expect(verdictOf([], { slowTogetherMs: NOW_MS - 300 }).sinceMs).toBe(NOW_MS - 300);
  });
});

describe('the reason', () => {
  it('is what most failing calls met, and of equals the latest', () => {
    const refused = failing({ observer: 'c2', reason: 'refused', failingCount: 6 });
    expect(verdictOf([failing(), refused]).reason).toBe('refused');
    expect(verdictOf([failing(), failing({ observer: 'c2', reason: 'reset', lastMs: NOW_MS - 10 })]).reason).toBe(
      'timeout',
    );
  });

  it('is of those operations only that are not as they should be', () => {
    const outvoted = failing({ operation: 'write', reason: 'reset', failingCount: 1 });
    const others = ['c2', 'c3', 'c4'].map((observer) => heard({ operation: 'write', observer }));
    expect(verdictOf([outvoted, ...others, failing({ failingCount: 1 })]).reason).toBe('timeout');
  });

  it('of a suspect that nobody finds failing is what it says of others; of a service that is slow as a whole, that', () => {
    expect(verdictOf([heard()], { suspicion: SUSPECT })).toMatchObject({
      status: MAYBE_UNHEALTHY,
      reason: 'suspect_observer',
    });
    expect(verdictOf([heard()], { slowTogetherMs: 1 })).toMatchObject({ status: MAYBE_UNHEALTHY, reason: 'slow' });
  });
});

describe('a service', () => {
  const shop = { text: 'shop', resolution: 'service' } as const;
  const of = (failingCount: number, doubtful: number, total: number, views: readonly HeardView[] = []) =>
    verdictOf(views, { subject: shop, instances: { failing: failingCount, doubtful, total } }).status;

  it('is failing when all its instances are, and in doubt when some are, or are in doubt', () => {
    expect([of(0, 0, 3), of(1, 0, 3), of(0, 1, 3), of(2, 1, 3), of(3, 0, 3)]).toEqual([
      HEALTHY,
      MAYBE_UNHEALTHY,
      MAYBE_UNHEALTHY,
      MAYBE_UNHEALTHY,
      UNHEALTHY,
    ]);
  });

  it('is not failing for those who call it by its own name and find it well', () => {
    expect(of(3, 0, 3, [heard()])).toBe(MAYBE_UNHEALTHY);
    expect(of(0, 0, 3, [failing()])).toBe(UNHEALTHY);
  });
});

describe('evidence', () => {
  const trace = (traceId: string) => ({ traceId, spanId: 's' });

  it('is of failing views, of the one seen last first, each trace once', () => {
    const views = [
      failing({ lastMs: NOW_MS - 10, evidence: [trace('old'), trace('both')] }),
      failing({ observer: 'c2', evidence: [trace('both'), trace('new')] }),
      heard({ observer: 'c3', evidence: [trace('well')] }),
    ];
    expect(verdictOf(views).evidence.map(({ traceId }) => traceId)).toEqual(['both', 'new', 'old']);
  });

  it('is bounded', () => {
    const views = Array.from({ length: 20 }, (_, view) =>
      failing({ observer: `c${view}`, evidence: [1, 2, 3, 4].map((index) => trace(`${view}-${index}`)) }),
    );
    expect(verdictOf(views).evidence).toHaveLength(EVIDENCE_PER_VERDICT_MAX);
  });
});

describe('confidence', () => {
  const many = (count: number, view: (given: Partial<HeardView>) => HeardView) =>
    Array.from({ length: count }, (_, index) => view({ observer: `${view.name}${index}` }));

  it('grows with those who agree, over those who vote on what decides', () => {
    expect(verdictOf([failing()]).confidence).toBeCloseTo(2 / 3);
    expect(verdictOf(many(4, failing)).confidence).toBeCloseTo(5 / 6);
    expect(verdictOf([...many(3, failing), ...many(1, heard)]).confidence).toBeCloseTo(4 / 6);
    expect(verdictOf(many(9, heard)).confidence).toBeCloseTo(10 / 11);
  });
});

describe('blame', () => {
  it('is asked for only while something is wrong, with those who find it so', () => {
    const asked: string[][] = [];
    const blameOf = (accusers: readonly HeardView[]) => {
      asked.push(accusers.map(({ observer }) => observer));
      return { root: 'disk', path: ['db', 'disk'], share: 1 };
    };
    expect(verdictOf([heard()], { blameOf }).blame).toBeUndefined();
    expect(
      verdictOf([heard(), failing({ observer: 'c2' }), failing({ observer: 'c3' })], { blameOf }).blame?.root,
    ).toBe('disk');
    expect(asked).toEqual([['c2', 'c3']]);
  });
});

describe('when all evidence is gone', () => {
  it('nothing is left of a verdict but its name', () => {
    const verdict = verdictOf([failing()], { suspicion: SUSPECT, instances: { failing: 1, doubtful: 0, total: 1 } });
    expect(nothingKnownOf(verdict, NOW_MS + 1)).toEqual({
      ...verdictOf([], { nowMs: NOW_MS + 1 }),
      sinceMs: NOW_MS + 1,
    });
  });
});
