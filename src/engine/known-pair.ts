// SPDX-License-Identifier: Apache-2.0
/**
 * Whom the spans of one form are about: an observer, a subject, an operation, and the view in which they meet. Known once, it is
 * asked for millions of times. One is never changed: where a subject gets another name, there is another pair.
 */
import type { Resolution } from '../model/identity.js';
import type { Observation } from '../model/observation.js';
import type { LatencyEstimate } from '../observe/usual-latency.js';
import type { CallEnd, Callee } from './calls/call-columns.js';
import type { View } from './store/records.js';

export class KnownPair implements Callee {
  readonly subject: string;
  readonly resolution: Resolution;
  readonly operation: string;
  /** One good call, without its time and id. */
  readonly good: Observation;
  /** How such a call ends, for the call tree. */
  readonly end: CallEnd;
  /** How long its calls take; of what a component says of itself nobody asks. */
  readonly usual: LatencyEstimate | undefined;
  /** Found at the first observation; it may be gone since. */
  view: View | undefined = undefined;
  /** Good calls of the request that is being read, and from when to when they were seen. */
  count = 0;
  firstMs = 0;
  lastMs = 0;

  constructor(good: Observation, usual?: LatencyEstimate) {
    this.subject = good.subject;
    this.resolution = good.resolution;
    this.operation = good.operation;
    this.good = good;
    this.end = { failing: false, reason: good.reason };
    this.usual = usual;
  }
}
