// SPDX-License-Identifier: Apache-2.0
/** How many threads decode, where nobody said. */
import { availableParallelism } from 'node:os';

/** Cores that are left to the engine's own thread, and to what else there is: the history's thread, the collector of garbage. */
const CORES_OF_THE_ENGINE = 2;

/**
 * One thread decodes protobuf three times as fast as the engine's own takes in what it decodes, so a second one would idle, in some
 * sixty MB. JSON would keep three busy; who is sent a great deal of it can say so.
 */
const THREAD_COUNT_MAX = 1;

/** For a machine with this many cores. With one or two, a thread would take its time from the engine's own. */
export function threadCountFor(coreCount: number = availableParallelism()): number {
  return Math.max(0, Math.min(THREAD_COUNT_MAX, coreCount - CORES_OF_THE_ENGINE));
}
