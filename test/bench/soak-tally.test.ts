// SPDX-License-Identifier: Apache-2.0
/** What a soak counts, and what of a time in which the machine was not its own. */
import { describe, expect, it } from 'vitest';
import type { ApiVerdict } from '#hadoop-like/harness/engine-api.js';
import { SoakTally } from '../../bench/soak/tally.js';

const verdictOf = (status: string) => ({ subject: 'dn/dn1', status }) as ApiVerdict;
const [WELL, DOUBTED, ILL] = ['healthy', 'maybe_unhealthy', 'unhealthy'].map(verdictOf) as [
  ApiVerdict,
  ApiVerdict,
  ApiVerdict,
];

describe('a soak', () => {
  it('counts time, and each verdict of each look', () => {
    const tally = new SoakTally(1000);
    tally.looked([WELL, ILL], 1100, false);
    tally.looked([WELL, DOUBTED], 1200, false);
    expect(tally).toMatchObject({ countedMs: 200, verdictCount: 4, notHealthyCount: 2 });
  });

  it('counts neither while the processors are taken away, and goes on when they are given back', () => {
    const tally = new SoakTally(0);
    tally.looked([WELL], 100, false);
    for (const atMs of [200, 300]) tally.looked([ILL], atMs, true);
    tally.looked([WELL], 400, false);
    expect(tally).toMatchObject({ countedMs: 200, verdictCount: 2, notHealthyCount: 0 });
  });

  it('counts what is convicted then apart: once, and not whom a restart explains', () => {
    const tally = new SoakTally(0);
    tally.saidWhileStolen(ILL, true, false);
    tally.saidWhileStolen(ILL, false, false);
    tally.saidWhileStolen(ILL, true, true);
    tally.saidWhileStolen(DOUBTED, true, false);
    expect(tally.whileStolenCount).toBe(1);
  });
});
