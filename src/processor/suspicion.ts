// SPDX-License-Identifier: Apache-2.0
/**
 * How suspicious it is that a call has not come back. Picture somebody who waits for a bus that comes every five minutes:
 * after six nobody worries, after twenty everybody does, and that is not a matter of minutes but of this bus. So
 * suspicion is a probability, φ(t) = −log10 P(T > t): 3 says that one call in a thousand takes so long, 4 one in ten
 * thousand.
 *
 * What was seen is asked as far as it goes, up to the p99.9. Beyond, the tail is taken for that of an exponential
 * distribution whose p99.9 this is: a thousandfold less likely with each further p99.9, so suspicion grows by three. With
 * fewer than a thousand calls the slowest seen stands in for the p99.9, and is as likely to be exceeded as the rule of
 * succession has it: one in n + 1. Suspicion of 4 therefore comes at 1.3 times the p99.9 of an operation that is well
 * known, and at 1.9 times the slowest of twenty calls.
 *
 * Pure: the history and the time are arguments.
 *
 * Source: Hayashibara et al., "The φ Accrual Failure Detector" (SRDS 2004), for the scale; there it is applied to gaps
 * between heartbeats, here to requests.
 */

/** What is known of an operation's latencies. */
export interface KnownLatencies {
  /** Calls that came back. */
  readonly count: number;
  /** The latency that a share `p` of them did not exceed, in ms. */
  quantileMs(p: number): number;
}

/** With fewer calls than this nothing is suspected: the first few tell of cold caches and of connections being made. */
export const HISTORY_COUNT_MIN = 20;

/** Suspicion at the p99.9, and how much it grows with each further p99.9. */
const PHI_AT_TAIL = 3;

/** Halvings of the interval in which φ is looked for; more than the sketch is exact. */
const BISECTIONS = 20;

/** φ of a call that has been out for `ms`; `undefined` while too little is known. From 0, without bound. */
export function suspicionOf(ms: number, known: KnownLatencies): number | undefined {
  const tail = tailOf(known);
  if (!tail) return undefined;
  if (ms >= tail.ms) return tail.phi + PHI_AT_TAIL * (ms / tail.ms - 1);
  let [below, above] = [0, tail.phi];
  for (let step = 0; step < BISECTIONS; step++) {
    const phi = (below + above) / 2;
    if (known.quantileMs(1 - 10 ** -phi) <= ms) below = phi;
    else above = phi;
  }
  return below;
}

/** How long a call must be out for a suspicion of `phi`, in ms; `undefined` while too little is known. */
export function suspiciousAfterMs(phi: number, known: KnownLatencies): number | undefined {
  const tail = tailOf(known);
  if (!tail) return undefined;
  if (phi >= tail.phi) return tail.ms * (1 + (phi - tail.phi) / PHI_AT_TAIL);
  return known.quantileMs(1 - 10 ** -phi);
}

/** Where what was seen ends: that far, and that unlikely to be exceeded. */
function tailOf(known: KnownLatencies): { readonly ms: number; readonly phi: number } | undefined {
  if (known.count < HISTORY_COUNT_MIN) return undefined;
  const phi = Math.min(PHI_AT_TAIL, Math.log10(known.count + 1));
  return { ms: known.quantileMs(1 - 10 ** -phi), phi };
}
