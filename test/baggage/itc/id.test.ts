// SPDX-License-Identifier: Apache-2.0
/** Ids: torn in two, glued together, and never held twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { depthOfId, type Id, isWhole, overlaps, splitId, sumIds } from '../../../src/baggage/itc/id.js';
import { lossySteps, runOf, steps } from './histories.js';

describe('tearing an id', () => {
  const CASES: readonly [id: Id, one: Id, other: Id][] = [
    [0, 0, 0],
    [1, [1, 0], [0, 1]],
    [
      [1, 0],
      [[1, 0], 0],
      [[0, 1], 0],
    ],
    [
      [0, 1],
      [0, [1, 0]],
      [0, [0, 1]],
    ],
    [
      [[0, 1], 1],
      [[0, 1], 0],
      [0, 1],
    ],
    [
      [0, [[1, 0], 1]],
      [0, [[1, 0], 0]],
      [0, [0, 1]],
    ],
  ];
  for (const [id, one, other] of CASES) {
    it(`${JSON.stringify(id)} gives ${JSON.stringify(one)} and ${JSON.stringify(other)}, and gluing gives it back`, () => {
      expect(splitId(id)).toEqual([one, other]);
      expect(sumIds(one, other)).toEqual(id);
    });
  }
});

describe('gluing ids', () => {
  it('leaves the other as it is when one is empty', () => {
    expect(sumIds(0, [0, 1])).toEqual([0, 1]);
    expect(sumIds([0, 1], 0)).toEqual([0, 1]);
  });

  it('makes the strip whole as soon as no part is missing', () => {
    expect(sumIds([[1, 0], 1], [[0, 1], 0])).toBe(1);
    expect(isWhole(sumIds([1, 0], [0, 1]))).toBe(true);
    expect(isWhole(sumIds([[1, 0], 0], [0, 1]))).toBe(false);
    expect(isWhole(0)).toBe(false);
  });

  const OVERLAPS: readonly [Id, Id][] = [
    [1, 1],
    [1, [0, 1]],
    [[0, 1], 1],
    [
      [1, 0],
      [[0, 1], 0],
    ],
    [
      [
        [1, 0],
        [0, 1],
      ],
      [0, [0, [1, 0]]],
    ],
  ];
  for (const [a, b] of OVERLAPS) {
    it(`refuses ${JSON.stringify(a)} with ${JSON.stringify(b)}: a part would be held twice`, () => {
      expect(overlaps(a, b)).toBe(true);
      expect(() => sumIds(a, b)).toThrow(RangeError);
    });
  }
});

describe('the depth of an id', () => {
  it('is how often its smallest part was halved', () => {
    expect([0, 1, [1, 0], [[0, 1], 1], [0, [[1, 0], 0]]].map((id) => depthOfId(id as Id))).toEqual([0, 0, 1, 2, 3]);
  });

  it('grows by one with every half that is lost', () => {
    let id: Id = 1;
    for (let lost = 1; lost <= 100; lost++) {
      id = splitId(id)[lost % 2]!;
      expect(depthOfId(id)).toBe(lost);
    }
  });
});

describe('the ids of a run', () => {
  it('never overlap, whoever forks and joins', () => {
    fc.assert(
      fc.property(lossySteps, (steps) => {
        const ids = runOf(steps).live.map(({ stamp }) => stamp.id);
        ids.forEach((id, i) => {
          for (const other of ids.slice(i + 1)) expect(overlaps(id, other)).toBe(false);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('make up the whole strip while no branch is lost', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const ids = runOf(steps).live.map(({ stamp }) => stamp.id);
        expect(isWhole(ids.reduce(sumIds))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
