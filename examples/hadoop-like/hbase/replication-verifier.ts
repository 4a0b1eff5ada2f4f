// SPDX-License-Identifier: Apache-2.0
/**
 * Verifies replication the way operators do: writes markers through a region server and waits until the peer cluster has them.
 * The write has long been acknowledged by then, so no call of anybody shows that a marker never arrives.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { observer, type Pending } from 'panorama-otel';
import type { RpcClient } from '../node/rpc.js';
import { RPC_TIMEOUT_MS } from './cluster-protocol.js';
import { REGIONS, rowIn } from './table.js';
import type { TableClient } from './table-client.js';

/**
 * Between two rounds of markers through each region server, whether the last ones have arrived or not. Ours: each round is a write
 * that goes all the way through the store below and to the peer, and is not to be the greater part of the load.
 */
const INTERVAL_MS = 1000;

/** Rounds of one region server on their way at once; more would not tell more. */
const UNDER_WAY_MAX = 8;

/** Between two looks at the peer; one look is for all that is awaited. As often as a source looks for new edits. */
const LOOK_INTERVAL_MS = 100;

interface Awaited {
  readonly node: string;
  readonly row: string;
  readonly marker: number;
  readonly deadlineMs: number;
  readonly seen: Pending;
  readonly over: () => void;
}

export class ReplicationVerifier {
  readonly #table: TableClient;
  readonly #peer: RpcClient;
  readonly #name: string;
  /** Whose edits are still to catch up with a peer that was away: a source tries again ever more slowly. */
  readonly #behind = new Set<string>();
  #nodes: readonly string[] = [];
  #awaited: Awaited[] = [];

  /** @param name of whoever verifies; no two write the same markers */
  constructor(table: TableClient, peer: RpcClient, name: string) {
    this.#table = table;
    this.#peer = peer;
    this.#name = name;
  }

  /** Verifies region servers again and again. */
  run(nodes: readonly string[]): void {
    this.#nodes = nodes;
    for (const node of nodes) void this.#verifyAgainAndAgain(node);
    void this.#lookAgainAndAgain();
  }

  async #verifyAgainAndAgain(node: string): Promise<never> {
    let underWay = 0;
    for (let marker = 0; ; marker++) {
      if (underWay < UNDER_WAY_MAX) {
        underWay++;
        // A marker that cannot be written is the business of whoever writes.
        void this.#verify(node, marker)
          .catch(() => {})
          .finally(() => underWay--);
      }
      await delay(INTERVAL_MS);
    }
  }

  /** One round: a marker in each region that the node serves, all of them in one write. */
  async #verify(node: string, marker: number): Promise<void> {
    const rows = await this.#rowsAt(node);
    await this.#table.putAll(rows.map((row) => ({ row, value: `${marker}` })));
    const work = {
      subject: `regionserver/${node}#replication`,
      operation: 'replicate',
      // What it takes to catch up is not known from what it takes otherwise: then only the deadline tells.
      expectedMs: this.#behind.has(node) ? RPC_TIMEOUT_MS : undefined,
    };
    await Promise.all(rows.map((row) => this.#over({ node, row, marker }, observer.begin(work))));
  }

  /** The verifier's own row in each region that the node serves. */
  async #rowsAt(node: string): Promise<readonly string[]> {
    const rows = REGIONS.map((region) => rowIn(region, `${this.#name}_marker`));
    const servers = await Promise.all(rows.map(async (row) => (await this.#table.location(row)).node));
    return rows.filter((_, at) => servers[at] === node);
  }

  /** Until it is known of a marker whether it has arrived, or that this cannot be known. */
  #over(written: Pick<Awaited, 'node' | 'row' | 'marker'>, seen: Pending): Promise<void> {
    const deadlineMs = performance.now() + RPC_TIMEOUT_MS;
    return new Promise((over) => this.#awaited.push({ ...written, deadlineMs, seen, over }));
  }

  async #lookAgainAndAgain(): Promise<never> {
    for (;;) {
      await delay(LOOK_INTERVAL_MS);
      const looked = this.#awaited;
      if (looked.length === 0) continue;
      const rows = [...new Set(looked.map(({ row }) => row))];
      try {
        const { values } = await this.#peer.call<{ values: (string | null)[] }>('MultiGet', { rows }, RPC_TIMEOUT_MS);
        this.#settle(looked, new Map(rows.map((row, at) => [row, Number(values[at] ?? Number.NaN)])));
      } catch {
        // The peer does not answer: that is its own affair, which the call has told, and says nothing of what is replicated to it.
        for (const node of this.#nodes) this.#behind.add(node);
        this.#end(looked, ({ seen }) => seen.unknown());
      }
    }
  }

  /** A later marker in the same row says as well that an earlier one has come. */
  #settle(looked: readonly Awaited[], found: ReadonlyMap<string, number>): void {
    const nowMs = performance.now();
    const hasCome = ({ row, marker }: Awaited): boolean => (found.get(row) ?? Number.NaN) >= marker;
    this.#end(looked.filter(hasCome), ({ node, seen }) => {
      this.#behind.delete(node);
      seen.healthy();
    });
    const isLate = (awaited: Awaited): boolean => !hasCome(awaited) && nowMs > awaited.deadlineMs;
    this.#end(looked.filter(isLate), ({ row, seen }) =>
      seen.unhealthy(new Error(`${row} is not at the peer after ${RPC_TIMEOUT_MS} ms`)),
    );
  }

  #end(ended: readonly Awaited[], say: (awaited: Awaited) => void): void {
    this.#awaited = this.#awaited.filter((awaited) => !ended.includes(awaited));
    for (const awaited of ended) {
      say(awaited);
      awaited.over();
    }
  }
}
