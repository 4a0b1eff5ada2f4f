// SPDX-License-Identifier: Apache-2.0
/** Verdicts and changes of them, as a test needs them. */
import { HealthStatus } from '../../src/model/status.js';
import type { Transition, Verdict } from '../../src/model/verdict.js';

export function verdictOf(given: Partial<Verdict> = {}): Verdict {
  return {
    environment: '',
    subject: 'db',
    resolution: 'service',
    status: HealthStatus.UNHEALTHY,
    failure: 'crash',
    reason: 'timeout',
    split: [],
    sinceMs: 1000,
    judgedMs: 1000,
    operations: [
      { operation: 'SELECT', status: HealthStatus.UNHEALTHY, observersFor: [], observersAgainst: ['web/1', 'web/2'] },
    ],
    observersFor: [],
    observersAgainst: ['web/1', 'web/2'],
    observersDoubted: [],
    systemView: HealthStatus.NA,
    confidence: 0.75,
    evidence: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), errorType: 'Error', message: 'it’s ill' }],
    blame: { root: 'db', path: ['db'], share: 1 },
    suspicion: undefined,
    instances: undefined,
    ...given,
  };
}

export function transitionOf(
  seq: number,
  given: Partial<Omit<Transition, 'verdict'>> & { verdict?: Partial<Verdict> } = {},
): Transition {
  const { verdict, ...rest } = given;
  return {
    seq,
    atMs: seq,
    from: { status: HealthStatus.HEALTHY, failure: 'none' },
    cause: undefined,
    ...rest,
    verdict: verdictOf(verdict),
  };
}
