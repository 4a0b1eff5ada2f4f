// SPDX-License-Identifier: Apache-2.0
/**
 * Memory stays within its bounds whoever floods. It runs in a process of its own, with the built engine: a test's loader would
 * triple its time, and has a heap of its own.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const FLOOD = fileURLToPath(new URL('./fixtures/flood.mjs', import.meta.url));

const VIEW_COUNT_MAX = 5000;
const EVIDENCE_COUNT_MAX = 2000;

/** In bytes, over four million observations: half a byte for each would be a leak. It takes 50 MB. */
const HEAP_GROWTH_MAX = 2_000_000;

interface Flooded {
  readonly observations: number;
  readonly most: Readonly<Record<'views' | 'evidence' | 'observers' | 'subjects' | 'verdicts', number>>;
  readonly evictedViews: number;
  readonly evictedEvidence: number;
  readonly heapGrowth: number;
}

describe('memory', () => {
  it('is bounded, and no larger after ten million observations than after six', async () => {
    const seed = fc.readConfigureGlobal().seed ?? Date.now();
    const args = ['--expose-gc', FLOOD, String(seed), String(VIEW_COUNT_MAX), String(EVIDENCE_COUNT_MAX)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { observations, most, evictedViews, evictedEvidence, heapGrowth } = JSON.parse(stdout) as Flooded;
    const said = `seed ${seed}: ${stdout}`;
    expect(observations).toBe(10_000_000);
    // It was a flood: everything was full, and most had to go.
    expect(most.views, said).toBe(VIEW_COUNT_MAX);
    expect(Math.min(evictedViews, evictedEvidence), said).toBeGreaterThan(10 * VIEW_COUNT_MAX);
    expect(most.evidence, said).toBeLessThanOrEqual(EVIDENCE_COUNT_MAX);
    expect(most.observers, said).toBeLessThanOrEqual(VIEW_COUNT_MAX);
    // Observers that are suspects and services that are slow as a whole are subjects although nobody calls them by name.
    expect(most.subjects, said).toBeLessThanOrEqual(2 * VIEW_COUNT_MAX);
    expect(most.verdicts, said).toBeLessThanOrEqual(most.subjects);
    expect(heapGrowth, said).toBeLessThan(HEAP_GROWTH_MAX);
  }, 120_000);
});
