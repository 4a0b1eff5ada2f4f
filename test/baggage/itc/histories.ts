// SPDX-License-Identifier: Apache-2.0
/**
 * Runs of a system whose true history is known: beside each stamp a witness keeps the set of events that the stamp must
 * have heard of. What stamps say of each other can then be held against what really happened.
 */
import fc from 'fast-check';
import { event, fork, join, peek, type Stamp, seed } from '../../../src/baggage/itc/stamp.js';

/** A stamp and the events it knows: bit n stands for the n-th event of the run. */
export interface Witness {
  readonly stamp: Stamp;
  readonly known: bigint;
}

export interface Run {
  /** One for each branch that goes on. Never empty. */
  readonly live: readonly Witness[];
  /** Anonymous copies, taken along the way. */
  readonly kept: readonly Witness[];
}

type Verb = 'fork' | 'event' | 'join' | 'tell' | 'keep' | 'lose';

/** What is done, and by which branches (counted round the branches there are). */
export interface Step {
  readonly verb: Verb;
  readonly one: number;
  readonly other: number;
}

/** Steps in which no branch is lost. */
export const steps: fc.Arbitrary<Step[]> = stepsOf(['fork', 'fork', 'event', 'event', 'event', 'join', 'tell', 'keep']);

/** Steps in which a branch may end without being joined, and its part of the id with it. */
export const lossySteps: fc.Arbitrary<Step[]> = stepsOf(['fork', 'fork', 'event', 'event', 'join', 'tell', 'lose']);

function stepsOf(verbs: readonly Verb[]): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.record({ verb: fc.constantFrom(...verbs), one: fc.nat({ max: 30 }), other: fc.nat({ max: 30 }) }),
    { maxLength: 60 },
  );
}

/** Does the steps from one seed. A step that needs a second branch is skipped while there is none. */
export function runOf(steps: readonly Step[]): Run {
  const live: Witness[] = [{ stamp: seed(), known: 0n }];
  const kept: Witness[] = [];
  let eventCount = 0n;
  for (const { verb, one, other } of steps) {
    const i = one % live.length;
    const j = other % live.length;
    const a = live[i]!;
    const b = live[j]!;
    if (verb === 'fork') {
      const [left, right] = fork(a.stamp);
      live[i] = { stamp: left, known: a.known };
      live.push({ stamp: right, known: a.known });
    } else if (verb === 'event') {
      live[i] = { stamp: event(a.stamp), known: a.known | (1n << eventCount) };
      eventCount += 1n;
    } else if (verb === 'keep') {
      kept.push({ stamp: peek(a.stamp), known: a.known });
    } else if (i !== j && verb === 'join') {
      live[i] = { stamp: join(a.stamp, b.stamp), known: a.known | b.known };
      live.splice(j, 1);
    } else if (i !== j && verb === 'tell') {
      live[j] = { stamp: join(peek(a.stamp), b.stamp), known: a.known | b.known };
    } else if (i !== j && verb === 'lose') {
      live.splice(i, 1);
    }
  }
  return { live, kept };
}

/** All stamps of a run. */
export function everyone(run: Run): readonly Witness[] {
  return [...run.live, ...run.kept];
}

/** Whether `b` knows all that `a` knows. */
export function knowsAll(a: Witness, b: Witness): boolean {
  return (a.known & ~b.known) === 0n;
}
