// SPDX-License-Identifier: Apache-2.0
/** Recorded trials before several judges: the figures of a replay, and the table. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '#hadoop-like/faults/fault.js';
import { type JudgedFault, judgesTableOf } from '../../bench/detection/judges-table.js';
import type { RecordedTrial } from '../../bench/detection/one-trial.js';
import { replayedFigures } from '../../bench/detection/replayed.js';
import type { ReplayedState } from '../../src/engine/replay.js';
import { HealthStatus } from '../../src/model/status.js';

const FAULT = { id: 'f1', subject: 'dn/dn2', operations: ['write'], nodes: ['dn2'] } as unknown as Fault;
const TRIAL: RecordedTrial = {
  fault: 'f1',
  judge: 'sequential',
  faultMs: 10_000,
  repairMs: 20_000,
  endMs: 30_000,
  subjects: ['dn/dn1', 'dn/dn2'],
};

function stateAt(atMs: number, status: HealthStatus, parts: Partial<ReplayedState> = {}): ReplayedState {
  const operations = [{ operation: 'write', status, observersFor: [], observersAgainst: [] }];
  const failure = status === HealthStatus.HEALTHY ? 'none' : 'gray';
  const whom = { environment: '', subject: 'dn/dn2', blame: undefined };
  return { atMs, ...whom, status, failure, sinceMs: 10_200, reason: 'timeout', operations, ...parts };
}

describe('a replayed trial', () => {
  it('has the times that a stopwatch would have had', () => {
    const states = [
      stateAt(5000, HealthStatus.HEALTHY),
      stateAt(10_500, HealthStatus.UNHEALTHY),
      stateAt(22_000, HealthStatus.HEALTHY),
    ];
    const { firstS, verdictS, recoveryS, wrong, problems } = replayedFigures(states, TRIAL, FAULT);
    expect([firstS, verdictS, recoveryS]).toEqual([0.2, 0.5, 2]);
    expect([wrong, problems]).toEqual([[], []]);
  });

  it('is right once the blame or the operation is, without a change of status', () => {
    const others = [{ operation: 'ping', status: HealthStatus.UNHEALTHY, observersFor: [], observersAgainst: [] }];
    const states = [
      stateAt(10_500, HealthStatus.UNHEALTHY, { operations: others }),
      stateAt(11_000, HealthStatus.UNHEALTHY),
    ];
    expect(replayedFigures(states, TRIAL, FAULT).verdictS).toBe(1);
  });

  it('has wrong convictions, each once', () => {
    const states = [
      stateAt(10_500, HealthStatus.UNHEALTHY, { subject: 'dn/dn1' }),
      stateAt(10_600, HealthStatus.UNHEALTHY, { subject: 'dn/dn1', operations: [] }),
      stateAt(11_000, HealthStatus.UNHEALTHY, { subject: 'dn/dn1', blame: 'dn/dn2' }),
    ];
    expect(replayedFigures(states, TRIAL, FAULT).wrong.map(({ culprit }) => culprit)).toEqual(['dn/dn1']);
  });
});

it('the table has both judges side by side, and a dash where one has no time', () => {
  const outcome = { runCount: 2, rightCount: 2, firstS: 0.1, verdictS: 0.25, recoveryS: 2, wrong: [] };
  const never = { ...outcome, rightCount: 0, verdictS: undefined, recoveryS: undefined, wrong: [{}] };
  const judged = { fault: FAULT, outcomes: { sequential: outcome, majority: never } } as unknown as JudgedFault;
  const [head, , row] = judgesTableOf([judged]).split('\n');
  expect(head).toContain('| right (sequential) | right (majority) |');
  expect(row).toBe('| f1 | 2/2 | 0/2 | 0.10 | 0.10 | 0.25 | – | 2.00 | – | 0 | 1 |');
});
