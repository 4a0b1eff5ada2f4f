// SPDX-License-Identifier: Apache-2.0
/** Hinted handoff: what a replica missed is kept by the coordinator, and delivered when the replica is believed up. */
import { scaled } from '../node/time-scale.js';
import type { Mutation } from './row.js';

/** How often hints are delivered (`HintsDispatchTrigger`). */
const DELIVERY_INTERVAL_MS = scaled(10_000);

/** Hints kept for each node; the oldest go, as after `max_hint_window`. */
const HINT_COUNT_MAX = 500;

/** Delivered in one go; more would be a second load (`hinted_handoff_throttle`). */
const DELIVERY_COUNT_MAX = 20;

export interface HintsOptions {
  readonly isUp: (node: string) => boolean;
  readonly send: (node: string, mutation: Mutation) => Promise<void>;
}

export class Hints {
  readonly #hints = new Map<string, Mutation[]>();
  readonly #options: HintsOptions;

  constructor(options: HintsOptions) {
    this.#options = options;
  }

  /** Keeps what a node missed. */
  store(node: string, mutation: Mutation): void {
    const hints = this.#hints.get(node) ?? [];
    this.#hints.set(node, hints);
    hints.push(mutation);
    if (hints.length > HINT_COUNT_MAX) hints.shift();
  }

  /** Delivers from now on. */
  start(): void {
    setInterval(() => {
      for (const node of this.#hints.keys()) if (this.#options.isUp(node)) void this.#deliver(node);
    }, DELIVERY_INTERVAL_MS);
  }

  /** One after the other, until one fails. */
  async #deliver(node: string): Promise<void> {
    const due = this.#hints.get(node)?.splice(0, DELIVERY_COUNT_MAX) ?? [];
    while (due.length > 0) {
      try {
        await this.#options.send(node, due[0] as Mutation);
        due.shift();
      } catch {
        this.#hints.get(node)?.unshift(...due);
        return;
      }
    }
  }
}
