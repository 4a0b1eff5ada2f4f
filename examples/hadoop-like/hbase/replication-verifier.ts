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

/** Between two markers through each region server, whether the last one has arrived or not. */
const INTERVAL_MS = 250;

/** Markers of one region server on their way at once; more would not tell more. */
const UNDER_WAY_MAX = 8;

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
    let underWay = 0;
    for (let count = 0; ; count++) {
      if (underWay < UNDER_WAY_MAX) {
        underWay++;
        // A marker that cannot be written is the business of whoever writes; one that does not arrive was told.
        void this.#verify(node, count)
          .catch(() => {})
          .finally(() => underWay--);
      }
      await delay(INTERVAL_MS);
    }
  }

  async #verify(node: string, marker: number): Promise<void> {
    const row = await this.#rowAt(node);
    if (row === undefined) return;
    await this.#table.put(row, `${marker}`);
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

  /** A later marker in the same row says as well that this one has come. */
  async #arrival(row: string, marker: number): Promise<void> {
    const deadlineMs = performance.now() + RPC_TIMEOUT_MS;
    while (performance.now() < deadlineMs) {
      const { value } = await this.#peer.call<{ value?: string }>('Get', { row }, RPC_TIMEOUT_MS);
      if (value !== undefined && Number(value) >= marker) return;
      await delay(POLL_INTERVAL_MS);
    }
    throw new Error(`${row} is not at the peer after ${RPC_TIMEOUT_MS} ms`);
  }
}
