// SPDX-License-Identifier: Apache-2.0
/** The benchmark of the page in a real Chromium, for a short while: thousands of subjects, hundreds of changes a second. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/imports.js';
import { whyWithout } from './programs.js';

const without = whyWithout('chromium', 'chromium');

/** Half of what a machine of our own reaches: this one may have other work, and draws without a graphics card. */
const FRAMES_PER_S_MIN = 30;
const PROCESS_MB_MAX = 300;

describe('npm run bench -- page', () => {
  it.skipIf(without)('stays fluid with 5,000 subjects and 200 changes a second', async () => {
    const run = path.join(ROOT, 'bench/dist/run.js');
    const { stdout } = await promisify(execFile)(process.execPath, [run, 'page', '--rounds', '1', '--seconds', '5']);
    const { subjects, bench, ...views } = JSON.parse((stdout.trimEnd().split('\n').at(-1) ?? '').replace('BENCH ', ''));
    expect([bench, subjects]).toEqual(['page', 5000]);
    expect(Object.keys(views).sort()).toEqual(['fleet', 'history', 'matrix']);
    for (const [name, figures] of Object.entries<Record<string, number>>(views)) {
      expect(figures['changes_per_s'], name).toBeGreaterThan(150);
      expect(figures['frames_per_s'], name).toBeGreaterThan(FRAMES_PER_S_MIN);
      expect(figures['process_mb'], name).toBeLessThan(PROCESS_MB_MAX);
    }
  });
});
