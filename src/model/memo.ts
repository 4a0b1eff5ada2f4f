// SPDX-License-Identifier: Apache-2.0
/**
 * Remembers what was made of two keys. A process calls few peers, each for every span; making their names anew each time
 * would cost more than all the rest of an observation. Two maps and no joined key, because joining two texts takes as
 * long as five look-ups.
 */
import { IDENTITY_LENGTH_MAX } from './limits.js';

type Key = string | number | undefined;

/** Results kept of one function. Forgetting all of them now and then costs nothing. */
const RESULT_COUNT_MAX = 1000;

/** `make`, remembering its results. It must be pure; over-long keys are made anew each time, so that memory is bounded. */
export function memoized<V>(make: (first: string, second: Key) => V): (first: string, second: Key) => V {
  const results = new Map<string, Map<Key, V>>();
  let resultCount = 0;

  function remember(first: string, second: Key): V {
    const made = make(first, second);
    if (lengthOf(first) + lengthOf(second) > 2 * IDENTITY_LENGTH_MAX) return made;
    if (resultCount >= RESULT_COUNT_MAX) {
      results.clear();
      resultCount = 0;
    }
    resultCount++;
    const ofFirst = results.get(first);
    if (ofFirst) ofFirst.set(second, made);
    else results.set(first, new Map([[second, made]]));
    return made;
  }

  return (first, second) => results.get(first)?.get(second) ?? remember(first, second);
}

function lengthOf(key: Key): number {
  return typeof key === 'string' ? key.length : 0;
}
