// SPDX-License-Identifier: Apache-2.0
/** How many threads decode, where nobody said. */
import { availableParallelism } from 'node:os';

/** Cores that are left to the engine's own thread, and to what else there is: the history's thread, the collector of garbage. */
const CORES_OF_THE_ENGINE = 2;

/** Past this the engine's own thread, which takes in what the others decode, has nothing to spare. */
const THREAD_COUNT_MAX = 2;

/** For a machine with this many cores. On one or two, threads only take the engine's own thread's time. */
export function threadCountFor(coreCount: number = availableParallelism()): number {
  return Math.max(0, Math.min(THREAD_COUNT_MAX, coreCount - CORES_OF_THE_ENGINE));
}
