// SPDX-License-Identifier: Apache-2.0
/**
 * Verifies replication the way operators do: writes a marker through a region server and waits until the peer cluster has it.
 * The write has long been acknowledged by then, so no call of anybody shows that the marker never arrives.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { observer } from 'panorama-otel';
import type { RpcClient } from '../node/rpc.js';
import { RPC_TIMEOUT_MS } from './cluster-protocol.js';
import { REGIONS, rowIn } from './table.js';
import type { TableClient } from './table-client.js';

/** Between two markers through each region server. */
const INTERVAL_MS = 250;

/** Between two looks at the peer. */
const POLL_INTERVAL_MS = 50;

export class ReplicationVerifier {
  readonly #table: TableClient;
  readonly #peer: RpcClient;
  readonly #name: string;

  /** @param name of whoever verifies; no two write the same markers */
  constructor(table: TableClient, peer: RpcClient, name: string) {
    this.#table = table;
    this.#peer = peer;
    this.#name = name;
  }

  /** Verifies one region server again and again. */
  async run(node: string): Promise<never> {
    for (let count = 0; ; count++) {
      // A marker that cannot be written is the business of whoever writes; one that does not arrive was told.
      await this.#verify(node, `${count}`).catch(() => {});
      await delay(INTERVAL_MS);
    }
  }

  async #verify(node: string, marker: string): Promise<void> {
    const row = await this.#rowAt(node);
    if (row === undefined) return;
    await this.#table.put(row, marker);
    await observer.observe({ subject: `regionserver/${node}#replication`, operation: 'replicate' }, () =>
      this.#arrival(row, marker),
    );
  }

  /** A row of the verifier's own in some region that the node serves. */
  async #rowAt(node: string): Promise<string | undefined> {
    for (const region of REGIONS) {
      const row = rowIn(region, `${this.#name}_marker`);
      const { node: server } = await this.#table.location(row);
      if (server === node) return row;
    }
    return undefined;
  }

  async #arrival(row: string, marker: string): Promise<void> {
    const deadlineMs = performance.now() + RPC_TIMEOUT_MS;
    while (performance.now() < deadlineMs) {
      const { value } = await this.#peer.call<{ value?: string }>('Get', { row }, RPC_TIMEOUT_MS);
      if (value === marker) return;
      await delay(POLL_INTERVAL_MS);
    }
    throw new Error(`${row} is not at the peer after ${RPC_TIMEOUT_MS} ms`);
  }
}
