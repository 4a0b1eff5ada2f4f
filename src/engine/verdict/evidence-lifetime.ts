// SPDX-License-Identifier: Apache-2.0
/**
 * How long an observation may speak. A pair that talks every second has nothing to say after a minute of silence; one
 * that talks every ten minutes must not be forgotten between two calls. When all evidence has expired a subject is NA,
 * never HEALTHY by silence.
 */

export interface LifetimeOptions {
  /**
   * `lifetime = clamp(GAPS × usual gap, lifetimeMinMs, lifetimeMaxMs)`. A longer minimum bridges longer pauses in the
   * traffic; a shorter one forgets a failure sooner after its callers have gone. Defaults 60 s and 1 h.
   */
  readonly lifetimeMinMs: number;
  readonly lifetimeMaxMs: number;
}

export const DEFAULT_LIFETIME: LifetimeOptions = { lifetimeMinMs: 60_000, lifetimeMaxMs: 3_600_000 };

/** Usual gaps that evidence outlives: two missed calls are bad luck, the third missing one is silence. */
const GAPS = 3;

/** How long evidence counts of a view that is heard at such gaps, in ms. */
export function lifetimeMs(gapMs: number, { lifetimeMinMs, lifetimeMaxMs }: LifetimeOptions): number {
  return Math.min(lifetimeMaxMs, Math.max(lifetimeMinMs, GAPS * gapMs));
}
