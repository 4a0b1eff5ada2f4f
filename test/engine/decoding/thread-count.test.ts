// SPDX-License-Identifier: Apache-2.0
/** Threads decode only where there is a core for them. */
import { describe, expect, it } from 'vitest';
import { threadCountFor } from '../../../src/engine/decoding/thread-count.js';

describe('the number of threads that nobody chose', () => {
  it('is none with one or two cores, and one with more', () => {
    expect([1, 2, 3, 4, 64].map((cores) => threadCountFor(cores))).toEqual([0, 0, 1, 1, 1]);
  });
});
