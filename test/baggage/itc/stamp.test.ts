// SPDX-License-Identifier: Apache-2.0
/** Stamps: what they say of each other is what really happened. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinEvents } from '../../../src/baggage/itc/event.js';
import { event, fork, join, leq, peek, type Stamp, seed } from '../../../src/baggage/itc/stamp.js';
import { everyone, knowsAll, lossySteps, runOf, steps } from './histories.js';
import * as paper from './paper.js';

const concurrent = (a: Stamp, b: Stamp) => !leq(a, b) && !leq(b, a);

describe('the order of stamps', () => {
  for (const [what, history] of [
    ['while every branch is joined or goes on', steps],
    ['also where branches are lost', lossySteps],
  ] as const) {
    it(`is that of the sets of events they know, ${what}`, () => {
      fc.assert(
        fc.property(history, (steps) => {
          const all = everyone(runOf(steps));
          for (const a of all) {
            for (const b of all) expect(leq(a.stamp, b.stamp)).toBe(knowsAll(a, b));
          }
        }),
        { numRuns: 300 },
      );
    });
  }
});

describe('an event', () => {
  it('is known to nobody else, and its maker knows all that it knew', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (steps, who) => {
        const run = runOf(steps);
        const { stamp } = run.live[who % run.live.length]!;
        const after = event(stamp);
        expect(after.id).toBe(stamp.id);
        expect(leq(stamp, after)).toBe(true);
        for (const other of everyone(run)) expect(leq(after, other.stamp)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('is made as the paper makes it', () => {
    fc.assert(
      fc.property(lossySteps, (steps) => {
        for (const { stamp } of runOf(steps).live)
          expect(event(stamp).event).toEqual(paper.event(stamp.id, stamp.event));
      }),
      { numRuns: 300 },
    );
  });

  it('fills a gap of its own part rather than grow', () => {
    expect(event({ id: [1, 0], event: [1, [0, 1, 0], 1] }).event).toBe(2);
    expect(event({ id: [0, 1], event: [0, 3, 1] }).event).toBe(3);
    expect(event({ id: [[0, 1], 0], event: [0, [2, 1, 0], 0] }).event).toEqual([0, 3, 0]);
  });

  it('fills no higher than what stands beside it is everywhere', () => {
    expect(event({ id: [1, 0], event: [0, 0, [2, 1, 0]] }).event).toEqual([2, 0, [0, 1, 0]]);
    expect(event({ id: [1, [0, 1]], event: [0, 0, [2, 1, 0]] }).event).toBe(3);
  });

  it('raises a narrow part before it divides a flat one', () => {
    expect(
      event({
        id: [
          [1, 0],
          [1, 0],
        ],
        event: [0, [0, 1, 0], 0],
      }).event,
    ).toEqual([0, [0, 2, 0], 0]);
  });

  it('goes down as few levels as it can, and right where both are as few', () => {
    expect(
      event({
        id: [
          [1, 0],
          [[1, 0], 0],
        ],
        event: [0, [0, 1, 0], [0, [0, 1, 0], 0]],
      }).event,
    ).toEqual([0, [0, 2, 0], [0, [0, 1, 0], 0]]);
    expect(
      event({
        id: [
          [1, 0],
          [0, 1],
        ],
        event: 0,
      }).event,
    ).toEqual([0, 0, [0, 0, 1]]);
  });

  it('cannot be made by an anonymous stamp', () => {
    expect(() => event(peek(seed()))).toThrow(RangeError);
  });

  it('is refused where the height could no longer be told from the next', () => {
    const full = Number.MAX_SAFE_INTEGER;
    expect(() => event({ id: 1, event: full })).toThrow(RangeError);
    expect(() => event({ id: [1, 0], event: [5, full - 5, 0] })).toThrow(RangeError);
    expect(event({ id: [1, 0], event: [5, full - 6, 0] }).event).toEqual([5, full - 5, 0]);
    expect(event({ id: [0, 1], event: [5, full - 5, 0] }).event).toBe(full);
  });
});

describe('a fork', () => {
  it('shares the id and leaves the events alone', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        for (const { stamp } of runOf(steps).live) {
          const [left, right] = fork(stamp);
          expect([left.event, right.event]).toEqual([stamp.event, stamp.event]);
          expect(join(left, right)).toEqual(stamp);
        }
      }),
    );
  });

  it('lets both halves make events that are concurrent', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        for (const { stamp } of runOf(steps).live) {
          const [left, right] = fork(stamp);
          expect(concurrent(event(left), event(right))).toBe(true);
        }
      }),
    );
  });

  it('of an anonymous stamp gives two anonymous stamps', () => {
    const news = peek(event(seed()));
    expect(fork(news)).toEqual([news, news]);
  });
});

describe('a join', () => {
  it('knows what either knows, and no more: it is below whatever is above both', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), (steps, one, other) => {
        const all = everyone(runOf(steps));
        const a = all[one % all.length]!;
        const b = all[other % all.length]!;
        const both = join(peek(a.stamp), peek(b.stamp));
        for (const c of all) {
          expect(leq(both, c.stamp)).toBe(leq(a.stamp, c.stamp) && leq(b.stamp, c.stamp));
          expect(leq(c.stamp, both)).toBe(knowsAll(c, { stamp: both, known: a.known | b.known }));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('does not ask who comes first, how they are grouped, or how often', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const run = runOf([...steps, { verb: 'fork', one: 0, other: 0 }, { verb: 'fork', one: 0, other: 0 }]);
        const [a, b, c] = run.live.map(({ stamp }) => stamp) as [Stamp, Stamp, Stamp];
        expect(join(a, b)).toEqual(join(b, a));
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
        expect(join(a, peek(a))).toEqual(a);
        expect(join(join(a, peek(b)), peek(b))).toEqual(join(a, peek(b)));
      }),
    );
  });

  it('of everybody has the whole id, and the next event makes the skyline flat', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const whole = runOf(steps)
          .live.map(({ stamp }) => stamp)
          .reduce(join);
        expect(whole.id).toBe(1);
        expect(event(whole).event).toBeTypeOf('number');
      }),
    );
  });

  it('refuses a stamp that was used twice', () => {
    const [left] = fork(seed());
    expect(() => join(left, event(left))).toThrow(RangeError);
    expect(() => join(seed(), seed())).toThrow(RangeError);
  });
});

describe('a peek', () => {
  it('has no id and all the news', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        for (const { stamp } of runOf(steps).live) {
          expect(peek(stamp)).toEqual({ id: 0, event: stamp.event });
          expect(leq(stamp, peek(stamp)) && leq(peek(stamp), stamp)).toBe(true);
        }
      }),
    );
  });

  it('tells another without giving away a part', () => {
    const [left, right] = fork(seed());
    const told = join(right, peek(event(left)));
    expect(told).toEqual({ id: right.id, event: joinEvents(right.event, event(left).event) });
  });
});
