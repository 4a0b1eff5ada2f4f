// SPDX-License-Identifier: Apache-2.0
/** Observations for tests of what keeps them, from the few things a test cares about. */
import type { Observation } from '../../../src/model/observation.js';
import { HealthStatus } from '../../../src/model/status.js';

let lastId = 0;

export function observationOf(given: Partial<Observation> = {}): Observation {
  return {
    id: String(++lastId),
    environment: '',
    observer: 'c1',
    subject: 'db',
    resolution: 'service',
    operation: 'SELECT',
    status: HealthStatus.HEALTHY,
    reason: 'ok',
    source: 'caller',
    count: 1,
    observedMs: 0,
    windowMs: 0,
    evidence: [],
    ...given,
  };
}

/** A failed call with the trace that shows it. */
export function failureOf(given: Partial<Observation> = {}): Observation {
  const evidence = [{ traceId: `trace-${++lastId}`, spanId: 'span' }];
  return observationOf({ status: HealthStatus.UNHEALTHY, reason: 'timeout', evidence, ...given });
}
