// SPDX-License-Identifier: Apache-2.0
/**
 * Loaded into the engine's process before the engine: how late its event loop is. Each message starts over and answers
 * what was seen since the last one.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { serveParent } from '../child.js';

/** How often the loop is looked at, in ms. The histogram has this in each of its values. */
const RESOLUTION_MS = 5;

const NS_PER_MS = 1e6;

export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
histogram.enable();

serveParent(null, (): LoopDelay => {
  const ms = (ns: number) => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
  const seen = { p99Ms: ms(histogram.percentile(99)), maxMs: ms(histogram.max) };
  histogram.reset();
  return seen;
});
// The engine ends when it has closed what it opened, although somebody might still ask.
process.channel?.unref();
