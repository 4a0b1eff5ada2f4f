// SPDX-License-Identifier: Apache-2.0
/**
 * Every timeout, heartbeat and lease of a system is its original's default, divided by one number for all of them. So
 * what a built-in detector needs, and what a caller's patience is, keep their proportions, and a detector that would need
 * ten minutes can be watched. `HADOOP_LIKE_TIME_SCALE=1` runs with the originals' own numbers.
 */

const DEFAULT_TIME_SCALE = 10;

/** How many times faster than the originals: 10 unless `HADOOP_LIKE_TIME_SCALE` says otherwise. */
export const TIME_SCALE: number = scaleOf(process.env['HADOOP_LIKE_TIME_SCALE']);

/** A duration of the original, in ms, as long as it is here. */
export function scaled(originalMs: number): number {
  return originalMs / TIME_SCALE;
}

function scaleOf(text: string | undefined): number {
  if (!text) return DEFAULT_TIME_SCALE;
  const scale = Number(text);
  if (scale >= 1 && scale <= 100) return scale;
  throw new Error(`HADOOP_LIKE_TIME_SCALE is ${text}; it must be a number from 1 to 100`);
}
