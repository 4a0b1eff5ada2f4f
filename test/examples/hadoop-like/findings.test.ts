// SPDX-License-Identifier: Apache-2.0
/** The demo succeeds only if it has shown a gray failure and the engine named it, in time and nobody else. */
import { describe, expect, it } from 'vitest';
import { emptyTally } from '../../../examples/hadoop-like/hdfs/tally.js';
import type { ApiTransition } from '../../../examples/hadoop-like/story/engine-api.js';
import { findingsOf, type StoryRecord } from '../../../examples/hadoop-like/story/findings.js';
import type { Sample } from '../../../examples/hadoop-like/story/monitor.js';

const FAULT_MS = 100_000;
const REPAIR_MS = 106_000;
const SICK = 'datanode/dn2';

function transition(atMs: number, status: string, failure = 'none', subject = SICK): ApiTransition {
  const from = { status: 'na', failure: 'none' };
  const verdict = { subject, status, failure } as ApiTransition['verdict'];
  return { seq: atMs, atMs, from, verdict };
}

interface Count {
  readonly failed?: number;
  readonly reads?: number;
  readonly beats?: number;
  readonly checks?: number;
  readonly failedChecks?: number;
  readonly alive?: boolean;
}

function sample(
  atMs: number,
  { failed = 0, reads = 0, beats = 0, checks = 0, failedChecks = 0, alive = true }: Count,
): Sample {
  const tally = { ...emptyTally(), writesFailed: failed, readsOkBy: { dn2: reads } };
  const health = { okCount: checks, failedCount: failedChecks };
  return { atMs, tally, datanodes: [{ name: 'dn2', alive, beatCount: beats, health }] } as unknown as Sample;
}

const AFTER: Count = { failed: 9, reads: 20, beats: 12, checks: 6 };

function story(changed: Partial<StoryRecord> = {}): StoryRecord {
  return {
    sickName: 'dn2',
    sickSubject: SICK,
    faultMs: FAULT_MS,
    repairMs: REPAIR_MS,
    missedTransitionCount: 0,
    transitions: [
      transition(FAULT_MS - 5000, 'healthy'),
      transition(FAULT_MS + 1900, 'unhealthy', 'gray'),
      transition(REPAIR_MS + 1400, 'healthy'),
    ],
    samples: [sample(FAULT_MS, {}), sample(REPAIR_MS, AFTER)],
    ...changed,
  };
}

const sampled = (changed: Count) => [sample(FAULT_MS, {}), sample(REPAIR_MS, { ...AFTER, ...changed })];
const also = (...more: ApiTransition[]) => [...story().transitions, ...more].sort((a, b) => a.atMs - b.atMs);

describe('the demo', () => {
  it('succeeds when the sick datanode, and nobody else, was gray in time and healthy again', () => {
    expect(findingsOf(story())).toMatchObject({
      ok: true,
      problems: [],
      convictedAfterMs: 1900,
      recoveredAfterMs: 1400,
    });
  });

  it.each<[string, Partial<StoryRecord>, RegExp]>([
    ['nobody was named', { transitions: [transition(FAULT_MS - 1, 'healthy')] }, /was never found unhealthy and gray/],
    [
      'it was called a crash',
      { transitions: [transition(FAULT_MS + 1000, 'unhealthy', 'crash')] },
      /never found unhealthy and gray/,
    ],
    ['the verdict came late', { faultMs: FAULT_MS - 4000 }, /5\.90 s after the fault; the bound is 5 s/],
    [
      'it was named before the fault',
      { transitions: also(transition(FAULT_MS - 1000, 'unhealthy', 'gray')) },
      /1\.00 s before the fault/,
    ],
    [
      'somebody else was named',
      { transitions: also(transition(FAULT_MS + 2000, 'unhealthy', 'gray', 'datanode/dn1')) },
      /datanode\/dn1 was found unhealthy/,
    ],
    ['it stayed ill', { transitions: story().transitions.slice(0, 2) }, /was not healthy again/],
    ['it recovered late', { repairMs: REPAIR_MS - 10_000 + 1000 }, /only 10\.40 s after the repair/],
    [
      'it was acquitted too early',
      { transitions: also(transition(FAULT_MS + 3000, 'healthy')) },
      /lost its conviction before the repair/,
    ],
    ['transitions were missed', { missedTransitionCount: 2 }, /2 transitions were gone/],
    ['users did not suffer', { samples: sampled({ failed: 0 }) }, /no write failed/],
    ['reads did not go on', { samples: sampled({ reads: 0 }) }, /no read from dn2 succeeded/],
    ['a health check failed', { samples: sampled({ failedChecks: 1 }) }, /1 health checks of dn2 failed/],
    ['the heartbeat detector noticed', { samples: sampled({ alive: false }) }, /declared dn2 dead/],
    ['heartbeats stopped', { samples: sampled({ beats: 0 }) }, /no heartbeat/],
  ])('fails when %s', (_what, changed, problem) => {
    const { ok, problems } = findingsOf(story(changed));
    expect(ok).toBe(false);
    expect(problems.join('\n')).toMatch(problem);
  });
});
