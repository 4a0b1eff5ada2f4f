// SPDX-License-Identifier: Apache-2.0
/**
 * Many histories, drawn by chance: whatever branches do, no tuple is counted twice and none is lost but with the branches
 * that knew it (`world.ts` says when that is). Each world checks sum, count and tuples of a baggage after every step that
 * it takes part in, and their causal order.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Baggage } from '../../../src/baggage/bag/baggage.js';
import type { Laws } from './laws.js';
import { World } from './world.js';

const RUN_COUNT = 400;
const STEP_COUNT_MAX = 80;

/** Runs worlds under the laws; a failure says from which seed, and at which step. */
function simulate(laws: Laws, atTheEnd: (left: Baggage, world: World) => void = () => undefined): void {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 - 1 }), fc.integer({ min: 5, max: STEP_COUNT_MAX }), (seed, stepCount) => {
      const world = new World(seed, laws);
      let step = 0;
      try {
        for (; step < stepCount; step++) world.step();
        atTheEnd(world.settle(), world);
      } catch (error) {
        throw new Error(`seed ${seed}, step ${step} of ${stepCount}: ${String(error)}`, { cause: error });
      }
    }),
    { numRuns: RUN_COUNT, endOnFailure: true },
  );
}

/** What is handed over is in one piece: nobody else can have a copy. */
const isOne = (left: Baggage) => expect(left.answer().instanceCount).toBeLessThanOrEqual(1);

describe('in 400 random histories of branches, hops and nested requests', () => {
  it('all that was packed arrives once, and as one instance', () => {
    simulate({}, (left) => expect(left.instanceCount).toBeLessThanOrEqual(1));
  });

  it('it does so when answers are delivered twice and requests to two receivers', () => {
    simulate({ duplicates: true, fanOut: true }, (left) => expect(left.instanceCount).toBeLessThanOrEqual(1));
  });

  it('it does so when work goes on after its answer and answers again', () => {
    simulate({ duplicates: true, late: true });
  });

  it('it does so when branches of unrelated work are joined; as one instance where no copy escaped', () => {
    let oneCount = 0;
    simulate({ duplicates: true, strangers: true }, (left, { escaped }) => {
      if (escaped) return;
      expect(left.instanceCount).toBeLessThanOrEqual(1);
      oneCount++;
    });
    expect(oneCount).toBeGreaterThan(RUN_COUNT / 20);
  });
});

describe('in 400 random histories of requests, and of work that forks without being split', () => {
  it('all that was packed arrives once, and as one instance', () => {
    simulate({ nested: true }, isOne);
  });

  it('it does so whatever is delivered twice, answered late or never, or asked of two', () => {
    simulate({ nested: true, duplicates: true, fanOut: true, late: true, unanswered: true }, isOne);
  });
});

describe('in 400 random histories in which requests are never answered', () => {
  it('all that was packed elsewhere arrives once, and as one instance all the same', () => {
    simulate({ unanswered: true }, isOne);
  });

  it('it does so when answers are delivered twice and requests to two receivers', () => {
    simulate({ unanswered: true, duplicates: true, fanOut: true }, isOne);
  });
});

describe('in 400 random histories in which branches are lost and requests never answered', () => {
  it('what some branch that was not lost knew arrives once', () => {
    simulate({ losses: true });
  });

  it('it does so whatever else happens', () => {
    simulate({ losses: true, duplicates: true, fanOut: true, late: true, strangers: true });
  });
});
