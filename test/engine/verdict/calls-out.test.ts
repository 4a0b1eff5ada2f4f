// SPDX-License-Identifier: Apache-2.0
/** Calls that are out under the sequential judge: what one of them is worth, and for how long. */
import { describe, expect, it } from 'vitest';
import type { Seen } from '../../../src/engine/verdict/judge.js';
import { SequentialJudge } from '../../../src/engine/verdict/sequential.js';
import { DEFAULT_SEQUENTIAL } from '../../../src/engine/verdict/sequential-options.js';
import { HealthStatus } from '../../../src/model/status.js';

const { pendingMs } = DEFAULT_SEQUENTIAL;
const BEGAN_MS = 1_700_000_000_000;
const WELL: Seen = { status: HealthStatus.HEALTHY, reason: 'ok', count: 1, windowMs: 0 };
/** A caller who has seen few calls is sure of itself: nine in ten digits. */
const OUT: Seen = { status: HealthStatus.PENDING, reason: 'hung', count: 1, windowMs: 0, suspicion: 9 };

/** A view that has heard a good call every second for a minute, and the time of the last. */
function accustomed() {
  const judge = new SequentialJudge();
  const cells = new Float64Array(judge.cellCount);
  const atMs = BEGAN_MS + 60_000;
  for (let callMs = BEGAN_MS; callMs <= atMs; callMs += 1000) judge.observe(cells, 0, WELL, callMs);
  return { judge, cells, atMs };
}

describe('a call that is out', () => {
  it('convicts nobody alone, however unlikely its caller holds it to be, until it has been out for too long', () => {
    const { judge, cells, atMs } = accustomed();
    const outMs = atMs + 500;
    judge.observe(cells, 0, OUT, outMs);
    expect(judge.statusOf(cells, 0, outMs + pendingMs - 1)).toBe(HealthStatus.PENDING);
    expect(judge.statusOf(cells, 0, outMs + pendingMs)).toBe(HealthStatus.UNHEALTHY);
  });

  it('convicts at once together with others, as calls that failed do', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, { ...OUT, count: 3 }, atMs + 500);
    expect(judge.statusOf(cells, 0, atMs + 501)).toBe(HealthStatus.UNHEALTHY);
  });

  it('does not take a conviction back by failing in the end, one after the other', () => {
    const { judge, cells, atMs } = accustomed();
    for (const ms of [100, 200, 300]) judge.observe(cells, 0, OUT, atMs + ms);
    const outMs = atMs + 100;
    const statuses: HealthStatus[] = [judge.statusOf(cells, 0, atMs + 301)];
    for (const ms of [1100, 1200, 1300]) {
      judge.observe(cells, 0, { ...OUT, status: HealthStatus.UNHEALTHY, reason: 'timeout' }, atMs + ms);
      statuses.push(judge.statusOf(cells, 0, atMs + ms + 1));
      expect(judge.read(cells, 0, atMs + ms + 1)?.sinceMs).toBe(outMs);
      judge.observe(cells, 0, OUT, atMs + ms + 20);
      statuses.push(judge.statusOf(cells, 0, atMs + ms + 21));
    }
    expect(new Set(statuses)).toEqual(new Set([HealthStatus.UNHEALTHY]));
    judge.observe(cells, 0, { ...WELL, count: 3 }, atMs + 2500);
    expect(judge.statusOf(cells, 0, atMs + 2501)).toBe(HealthStatus.HEALTHY);
  });

  it('convicts nobody by failing either, if it was alone', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, OUT, atMs + 500);
    judge.observe(cells, 0, { ...OUT, status: HealthStatus.UNHEALTHY, reason: 'timeout' }, atMs + 1500);
    expect(judge.statusOf(cells, 0, atMs + 1501)).toBe(HealthStatus.HEALTHY);
  });

  it('is out no more where a later call has come back, also if it is told of after that', () => {
    const { judge, cells, atMs } = accustomed();
    judge.observe(cells, 0, OUT, atMs - 500);
    expect(judge.statusOf(cells, 0, atMs + pendingMs)).toBe(HealthStatus.HEALTHY);
  });
});
