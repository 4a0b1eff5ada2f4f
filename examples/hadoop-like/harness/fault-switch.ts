// SPDX-License-Identifier: Apache-2.0
/**
 * A fault in the hands of somebody who breaks and mends it again and again, by its own two halves: much of what breaks comes
 * from outside of the node, and no port of the node can do it alone. One thing at a time, and nothing twice.
 */
import type { Fault } from '../faults/fault.js';
import type { Cluster } from './cluster.js';

/** Told of what has been done, or of why it could not be. */
export interface FaultSwitchWatcher {
  readonly fault: () => void;
  readonly repair: () => void;
  readonly problem: (message: string) => void;
}

/** When it was last broken, and mended after that; epoch ms. */
export interface FaultTimes {
  readonly faultMs?: number;
  readonly repairMs?: number;
}

export class FaultSwitch {
  readonly #fault: Fault;
  readonly #cluster: Cluster;
  readonly #watcher: FaultSwitchWatcher;
  readonly #stop: AbortSignal;
  #times: FaultTimes;
  /** What failed half-way may be tried again, and undone. */
  #state: 'well' | 'broken' | 'half-way' = 'well';
  #isBusy = false;

  /** @param times of a fault that is mended */
  constructor(
    fault: Fault,
    {
      cluster,
      stop,
      watcher,
      times,
    }: { cluster: Cluster; stop: AbortSignal; watcher: FaultSwitchWatcher; times: FaultTimes },
  ) {
    this.#fault = fault;
    this.#cluster = cluster;
    this.#stop = stop;
    this.#watcher = watcher;
    this.#times = times;
  }

  get times(): FaultTimes {
    return this.#times;
  }

  /** Breaks it, unless it is broken. */
  async break(): Promise<void> {
    if (this.#state === 'broken') return;
    await this.#turn('broken', async () => {
      this.#times = { faultMs: Date.now() };
      await this.#fault.inject(this.#cluster, this.#stop, () => {
        this.#times = { faultMs: Date.now() };
      });
      this.#watcher.fault();
    });
  }

  /** Mends it, unless it is well. */
  async repair(): Promise<void> {
    if (this.#state === 'well') return;
    await this.#turn('well', async () => {
      this.#times = { ...this.#times, repairMs: Date.now() };
      await this.#fault.repair(this.#cluster, this.#stop);
      this.#watcher.repair();
    });
  }

  async #turn(state: 'well' | 'broken', work: () => Promise<void>): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      await work();
      this.#state = state;
    } catch (error) {
      this.#state = 'half-way';
      if (!this.#stop.aborted) this.#watcher.problem(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isBusy = false;
    }
  }
}
