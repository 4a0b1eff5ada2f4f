// SPDX-License-Identifier: Apache-2.0
/** Event trees: skylines over the unit interval, each with one tree. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EventTree,
  joinEvents,
  leqEvents,
  lift,
  maxOf,
  minOf,
  normalise,
  sink,
} from '../../../src/baggage/itc/event.js';
import * as paper from './paper.js';

/** Any tree in normal form, also those that no run leads to. */
const trees: fc.Arbitrary<EventTree> = fc.letrec<{ tree: EventTree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.nat({ max: 4 }),
    fc.tuple(fc.nat({ max: 3 }), tie('tree'), tie('tree')).map(([base, left, right]) => normalise(base, left, right)),
  ),
})).tree;

/** The heights of a skyline over 64 equal parts: what a tree means, said without trees. */
function heightsOf(event: EventTree, partCount = 64): number[] {
  if (typeof event === 'number') return Array.from({ length: partCount }, () => event);
  const [base, left, right] = event;
  return [...heightsOf(left, partCount / 2), ...heightsOf(right, partCount / 2)].map((height) => base + height);
}

describe('the normal form', () => {
  it('is one flat roof where both halves are as high', () => {
    expect(normalise(2, 1, 1)).toBe(3);
  });

  it('has the lower half on the ground', () => {
    expect(normalise(2, [2, 1, 0], 3)).toEqual([4, [0, 1, 0], 1]);
  });

  it('keeps equal halves that are not flat', () => {
    expect(normalise(0, [0, 1, 0], [0, 1, 0])).toEqual([0, [0, 1, 0], [0, 1, 0]]);
  });

  it('does not change what the tree means', () => {
    fc.assert(
      fc.property(fc.nat({ max: 9 }), trees, trees, (base, left, right) => {
        expect(heightsOf(normalise(base, left, right), 128)).toEqual(heightsOf([base, left, right], 128));
      }),
    );
  });
});

describe('the heights of a skyline', () => {
  it('range from the base to the greatest sum on a way down', () => {
    const event: EventTree = [1, 2, [0, [1, 0, 2], 0]];
    expect([minOf(event), maxOf(event)]).toEqual([1, 4]);
  });

  it('all rise and sink together', () => {
    expect(lift([1, 2, 0], 3)).toEqual([4, 2, 0]);
    expect(sink([4, 2, 0], 3)).toEqual([1, 2, 0]);
    expect(sink(lift(5, 2), 2)).toBe(5);
  });

  it('have the least and the greatest that they have', () => {
    fc.assert(
      fc.property(trees, (event) => {
        expect(minOf(event)).toBe(Math.min(...heightsOf(event)));
        expect(maxOf(event)).toBe(Math.max(...heightsOf(event)));
      }),
    );
  });
});

describe('the order', () => {
  it('holds where one skyline is nowhere higher than the other', () => {
    fc.assert(
      fc.property(trees, trees, (a, b) => {
        const heights = heightsOf(b);
        expect(leqEvents(a, b)).toBe(heightsOf(a).every((height, part) => height <= heights[part]!));
        expect(leqEvents(a, b)).toBe(paper.leq(a, b));
        expect(leqEvents(a, a)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the join', () => {
  it('is the higher of the two at every place', () => {
    fc.assert(
      fc.property(trees, trees, (a, b) => {
        const heights = heightsOf(b);
        expect(heightsOf(joinEvents(a, b))).toEqual(
          heightsOf(a).map((height, part) => Math.max(height, heights[part]!)),
        );
        expect(joinEvents(a, b)).toEqual(paper.join(a, b));
      }),
      { numRuns: 500 },
    );
  });

  it('does not ask who comes first, how they are grouped, or how often', () => {
    fc.assert(
      fc.property(trees, trees, trees, (a, b, c) => {
        expect(joinEvents(a, b)).toEqual(joinEvents(b, a));
        expect(joinEvents(joinEvents(a, b), c)).toEqual(joinEvents(a, joinEvents(b, c)));
        expect(joinEvents(a, a)).toEqual(a);
      }),
    );
  });

  it('leaves both as they were', () => {
    fc.assert(
      fc.property(trees, trees, (a, b) => {
        const before = JSON.stringify([a, b]);
        joinEvents(a, b);
        expect(JSON.stringify([a, b])).toBe(before);
      }),
    );
  });
});
