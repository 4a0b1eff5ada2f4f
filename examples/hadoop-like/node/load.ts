// SPDX-License-Identifier: Apache-2.0
/**
 * Client load in the shape of YCSB: so many threads, a mix of operations, keys by Zipf's law, a target rate. A thread does
 * one operation after the other and waits for each; a thread whose call hangs does nothing else meanwhile, as YCSB's.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type ParentMessage, tellParent } from './parent.js';
import { count, emptyTally, type Tally } from './tally.js';

/** Often enough for a live timeline. */
const TALLY_INTERVAL_MS = 250;

export interface Operation {
  /** As the tally counts it: `read`, `update`. */
  readonly name: string;
  /** Its share of the mix, relative to the others'. */
  readonly weight: number;
  /** Does it once, on this thread (from 0); rejects when it fails for its user. */
  readonly run: (thread: number) => Promise<void>;
}

export interface LoadOptions {
  /** Threads of this client; each has at most one operation on its way. */
  readonly threadCount: number;
  /** Operations a second of all its threads together, while none of them waits. */
  readonly targetPerS: number;
  readonly operations: readonly Operation[];
}

/** How many times the target rate is asked for now. */
let paceFactor = 1;

/** Runs the load as long as the process lives, and tells the parent how it fares. */
export function runLoad(options: LoadOptions): void {
  const tally = emptyTally();
  process.on('message', (message: ParentMessage) => {
    if (message.type === 'pace') paceFactor = message.factor;
  });
  for (let thread = 0; thread < options.threadCount; thread++) void runThread(options, thread, tally);
  setInterval(() => tellParent({ type: 'tally', tally }), TALLY_INTERVAL_MS);
}

async function runThread(options: LoadOptions, thread: number, tally: Tally): Promise<never> {
  const { threadCount, targetPerS, operations } = options;
  const periodMs = (1000 * threadCount) / targetPerS;
  const weightSum = operations.reduce((sum, { weight }) => sum + weight, 0);
  await delay(periodMs * Math.random());
  for (;;) {
    // A jitter, or all threads would march in step.
    const pause = delay((periodMs / paceFactor) * (0.75 + 0.5 * Math.random()));
    const operation = pick(operations, Math.random() * weightSum);
    await operation.run(thread).then(
      () => count(tally, operation.name),
      (error: unknown) => count(tally, operation.name, error),
    );
    await pause;
  }
}

function pick(operations: readonly Operation[], at: number): Operation {
  let left = at;
  for (const operation of operations) {
    left -= operation.weight;
    if (left < 0) return operation;
  }
  return operations[0] as Operation;
}

/** Keys `user0` to `user{count-1}`, the first far more often than the last (Zipf, exponent 0.99, as YCSB's default). */
export function zipfianKeys(keyCount: number): () => string {
  const sums: number[] = [];
  let total = 0;
  for (let rank = 1; rank <= keyCount; rank++) {
    total += rank ** -0.99;
    sums.push(total);
  }
  return () => {
    const at = Math.random() * total;
    let [low, high] = [0, keyCount - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return `user${low}`;
  };
}
