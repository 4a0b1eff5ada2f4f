// SPDX-License-Identifier: Apache-2.0
/** What an observer of very many subjects costs when it falls ill. */
import { describe, expect, it } from 'vitest';
import { Judging } from '../../src/engine/judging.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import type { Observation } from '../../src/model/observation.js';
import { HealthStatus } from '../../src/model/status.js';
import type { Verdict } from '../../src/model/verdict.js';

const SUBJECT_COUNT = 1000;
const REQUESTS_PER_SECOND = 50;
const START_MS = 1_700_000_000_000;

function observationOf(subject: string, status: HealthStatus, atMs: number): Observation {
  return {
    ...{ id: `${subject}/${atMs}`, environment: '', observer: 'gateway', subject, resolution: 'service' },
    ...{ operation: 'GET', status, reason: status === HealthStatus.HEALTHY ? 'ok' : 'timeout', source: 'caller' },
    ...{ count: 1, observedMs: atMs, windowMs: 0, evidence: [] },
  } as Observation;
}

/** A gateway calls every subject once a second; from the 10th second on all calls time out. */
function tell(judging: Judging, from: number, to: number): void {
  const perRequest = SUBJECT_COUNT / REQUESTS_PER_SECOND;
  for (let second = from; second < to; second++) {
    const status = second < 10 ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY;
    for (let request = 0; request < REQUESTS_PER_SECOND; request++) {
      const atMs = START_MS + second * 1000 + request * (1000 / REQUESTS_PER_SECOND);
      for (let index = 0; index < perRequest; index++) {
        judging.observe(observationOf(`s${request * perRequest + index}`, status, atMs), atMs, atMs);
      }
      judging.judgeWaiting(atMs);
      judging.tick(atMs);
    }
  }
}

describe('an observer that finds a thousand subjects failing', () => {
  it('is the suspect, and its subjects are not judged anew with each of them', () => {
    const judgedCounts = new Map<string, number>();
    let gateway: Verdict | undefined;
    const judging = new Judging({
      judge: new SequentialJudge(),
      onVerdict: (_, verdict) => {
        judgedCounts.set(verdict.subject, (judgedCounts.get(verdict.subject) ?? 0) + 1);
        if (verdict.subject === 'gateway') gateway = verdict;
      },
    });
    tell(judging, 0, 10);
    judgedCounts.clear();
    tell(judging, 10, 20);
    expect(gateway?.suspicion).toMatchObject({ reason: 'alone', complaintCount: SUBJECT_COUNT });
    const most = Math.max(...[...judgedCounts].filter(([name]) => name !== 'gateway').map(([, count]) => count));
    // One call and one look a second, and when the gateway is believed no more.
    expect(most).toBeLessThan(20);
  });
});
