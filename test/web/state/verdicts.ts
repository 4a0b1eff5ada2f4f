// SPDX-License-Identifier: Apache-2.0
/** Verdicts and changes as the API tells them, for tests of the page. */
import type { EventJson, VerdictJson } from '../../../src/engine/api/shapes.js';

export function verdictOf(subject: string, changes: Partial<VerdictJson> = {}): VerdictJson {
  return {
    ...{
      environment: '',
      subject,
      resolution: 'instance',
      status: 'healthy',
      failure: 'none',
      reason: 'ok',
      split: [],
    },
    ...{ sinceMs: 1000, judgedMs: 1000, operations: [], observersFor: [], observersAgainst: [], observersDoubted: [] },
    ...{
      systemView: 'na',
      confidence: 0.67,
      evidence: [],
      suspicion: undefined,
      blame: undefined,
      instances: undefined,
    },
    ...changes,
  };
}

/** Somebody who fails in one operation, by somebody's fault. */
export function illOf(subject: string, root: string = subject, changes: Partial<VerdictJson> = {}): VerdictJson {
  return verdictOf(subject, {
    ...{ status: 'unhealthy', failure: 'gray', reason: 'timeout', blame: { root, path: [subject, root], share: 1 } },
    operations: [{ operation: 'POST /write', status: 'unhealthy', observersFor: [], observersAgainst: ['web/w1'] }],
    ...changes,
  });
}

export function eventOf(seq: number, verdict: VerdictJson, from: Partial<EventJson['from']> = {}): EventJson {
  return { seq, atMs: seq, from: { status: 'healthy', failure: 'none', ...from }, cause: null, verdict };
}
