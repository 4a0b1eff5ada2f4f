// SPDX-License-Identifier: Apache-2.0
/**
 * Whom the good spans of one form are about: an observer, a subject, an operation, and the view in which they meet. Known once,
 * it is asked for millions of times. Where a subject gets another name, there is another pair.
 *
 * There may be as many as there are views, so each is one object and small.
 */
import type { Resolution } from '../../model/identity.js';
import type { ObservationSource, OutcomeReason } from '../../model/observation.js';
import { HealthStatus } from '../../model/status.js';
import type { LatencyEstimate } from '../../observe/usual-latency.js';
import type { CallEnd, Callee } from '../calls/call-ends.js';
import type { View } from '../store/records.js';

export class KnownPair implements Callee, CallEnd {
  readonly environment: string;
  readonly observer: string;
  readonly subject: string;
  readonly resolution: Resolution;
  readonly operation: string;
  readonly source: ObservationSource;
  readonly reason: OutcomeReason;
  /** How long its calls take; of what a component says of itself nobody asks. */
  readonly usual: LatencyEstimate | undefined;
  /** Found at the first observation; it may be gone since. */
  view: View | undefined = undefined;
  /** Its place among those of the request that is being read; -1 outside. */
  place = -1;

  constructor(
    environment: string,
    observer: string,
    subject: string,
    resolution: Resolution,
    operation: string,
    source: ObservationSource,
    reason: OutcomeReason,
    usual: LatencyEstimate | undefined,
  ) {
    this.environment = environment;
    this.observer = observer;
    this.subject = subject;
    this.resolution = resolution;
    this.operation = operation;
    this.source = source;
    this.reason = reason;
    this.usual = usual;
  }

  get status(): typeof HealthStatus.HEALTHY {
    return HealthStatus.HEALTHY;
  }

  get failing(): false {
    return false;
  }
}
