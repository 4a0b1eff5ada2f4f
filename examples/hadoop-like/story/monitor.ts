// SPDX-License-Identifier: Apache-2.0
/**
 * Looks at the cluster once a second from the two sides that a gray failure sets against each other: how the clients
 * fare, and what the namenode's detectors believe. Each look is a line of the timeline and a sample for the findings.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { DatanodeReport } from '../hdfs/health-poller.js';
import { countUp, emptyTally, type Tally } from '../hdfs/tally.js';
import type { Cluster } from './cluster.js';
import type { Timeline } from './timeline.js';

const INTERVAL_MS = 1000;

/** Samples kept; the story needs less than a minute of them. */
const KEPT_COUNT_MAX = 100;

export interface Sample {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** All clients together, from their start. */
  readonly tally: Tally;
  readonly datanodes: readonly DatanodeReport[];
}

export class Monitor {
  readonly samples: Sample[] = [];
  readonly #cluster: Cluster;
  readonly #timeline: Timeline;

  constructor(cluster: Cluster, timeline: Timeline) {
    this.#cluster = cluster;
    this.#timeline = timeline;
  }

  /** Looks and prints until the signal aborts. */
  async run(stop: AbortSignal): Promise<void> {
    let before: Sample | undefined;
    while (!stop.aborted) {
      try {
        const now = await this.look();
        if (before && !stop.aborted) this.#print(before, now);
        before = now;
      } catch (error) {
        if (!stop.aborted) this.#timeline.note('load', `no look at the cluster: ${(error as Error).message}`);
      }
      await delay(INTERVAL_MS);
    }
  }

  /** Takes a sample now. */
  async look(): Promise<Sample> {
    const datanodes = await this.#cluster.datanodes();
    const sample: Sample = { atMs: Date.now(), tally: sumOf(this.#cluster.tallies()), datanodes };
    this.samples.push(sample);
    if (this.samples.length > KEPT_COUNT_MAX) this.samples.shift();
    return sample;
  }

  #print(before: Sample, now: Sample): void {
    const seconds = (now.atMs - before.atMs) / 1000;
    const rate = (count: (tally: Tally) => number): string =>
      ((count(now.tally) - count(before.tally)) / seconds).toFixed(0).padStart(2);
    const writes = `writes ${rate((tally) => tally.writesOk)}/s, ${rate((tally) => tally.writesFailed)}/s failed`;
    const reads = `reads ${rate((tally) => tally.readsOk)}/s, ${rate((tally) => tally.readsFailed)}/s failed`;
    const beats = now.datanodes.map(({ name, alive }) => `${name} ${alive ? 'alive' : 'DEAD'}`).join(' ');
    const checks = now.datanodes.map(({ health }) => (health.isGreen ? 'ok' : 'FAILED')).join(' ');
    const isSuffering = now.tally.writesFailed > before.tally.writesFailed;
    const line = `${writes} | ${reads} | heartbeats ${beats} | health ${checks}`;
    this.#timeline.line('load', line, isSuffering ? 'bad' : 'plain');
  }
}

/** The counts of several clients together. */
export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = emptyTally();
  for (const tally of tallies) {
    sum.writesOk += tally.writesOk;
    sum.writesFailed += tally.writesFailed;
    sum.readsOk += tally.readsOk;
    sum.readsFailed += tally.readsFailed;
    for (const field of ['readsOkBy', 'readsFailedBy', 'badLinks'] as const) {
      for (const [name, count] of Object.entries(tally[field])) countUp(sum[field], name, count);
    }
    sum.lastFailure = tally.lastFailure || sum.lastFailure;
  }
  return sum;
}
