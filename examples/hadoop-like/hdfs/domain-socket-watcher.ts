// SPDX-License-Identifier: Apache-2.0
/**
 * Who reads a replica from the disk, past the datanode, holds a slot of memory that both share, and a connection that says that the
 * reader still lives. One thread watches those connections: it takes new ones in and frees the slots of closed ones. A reader has its
 * slot when that thread has taken it in, and waits for as long as that takes. HDFS: `DomainSocketWatcher`, `ShortCircuitRegistry`.
 */
import type { EventEmitter } from 'node:events';
import { Executor } from '../node/executor.js';

type SocketEvent =
  | { readonly type: 'add'; readonly slot: number; readonly added: () => void }
  | { readonly type: 'closed'; readonly slot: number };

export class DomainSocketWatcher {
  readonly #slots = new Set<number>();
  readonly #thread = new Executor<SocketEvent>(1, async (event) => this.#handle(event));
  #lastSlot = 0;

  /** Slots that readers hold. */
  get slotCount(): number {
    return this.#slots.size;
  }

  /** Watches a reader's connection from now on. Resolves with its slot once the thread has taken it in. */
  add(connection: EventEmitter): Promise<number> {
    const slot = ++this.#lastSlot;
    return new Promise((resolve) => {
      this.#thread.submit({ type: 'add', slot, added: () => resolve(slot) });
      connection.once('close', () => this.closed(slot));
    });
  }

  /** A connection has closed. To be said once of each. */
  closed(slot: number): void {
    this.#thread.submit({ type: 'closed', slot });
  }

  /** A new thread in place of one that died. */
  restart(): void {
    if (this.#thread.workerCount === 0) this.#thread.startWorker();
  }

  #handle(event: SocketEvent): void {
    if (event.type === 'add') {
      this.#slots.add(event.slot);
      event.added();
    } else if (!this.#slots.delete(event.slot)) {
      throw new Error(`failed to remove slot ${event.slot}`);
    }
  }
}
