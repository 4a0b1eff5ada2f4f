// SPDX-License-Identifier: Apache-2.0
/**
 * How long an observation may speak. A pair that talks every second has nothing to say after a minute of silence; one
 * that talks every ten minutes must not be forgotten between two calls. When all evidence has expired a subject is NA,
 * never HEALTHY by silence.
 */
import type { View } from '../../model/view.js';

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

/**
 * The usual time between two entries of a view, in ms: the median, so that one long pause is no habit; 0 while there is
 * only one entry.
 */
export function usualGapMs({ entries }: View): number {
  const gaps = entries.slice(1).map(({ atMs }, index) => atMs - (entries[index]?.atMs ?? atMs));
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 0;
}

/** How long entries count whose view is heard at such gaps, in ms. */
export function lifetimeMs(gapMs: number, { lifetimeMinMs, lifetimeMaxMs }: LifetimeOptions): number {
  return Math.min(lifetimeMaxMs, Math.max(lifetimeMinMs, GAPS * gapMs));
}
