// SPDX-License-Identifier: Apache-2.0
/**
 * What a node does for a client (`StorageProxy`): it sends a write to all replicas and a read to as many as it needs, and
 * answers when a majority has. Which nodes those are, and which of them are up, is what gossip has told it.
 */
import { call, callJson } from '../node/http-call.js';
import { scaled } from '../node/time-scale.js';
import type { AddressBook } from './address-book.js';
import { Hints } from './hints.js';
import { quorumOf } from './quorum.js';
import { type Mutation, newestOf, type Row } from './row.js';
import { QUORUM, type TokenRing } from './token-ring.js';

/** `write_request_timeout_in_ms`. */
const WRITE_TIMEOUT_MS = scaled(2_000);

/** `read_request_timeout_in_ms`. */
const READ_TIMEOUT_MS = scaled(5_000);

/** A replica's answer to a read. */
export interface ReplicaRow {
  readonly row?: Row | undefined;
}

/** Too few replicas are believed up for the request to be worth a try. */
export class UnavailableError extends Error {}

export interface CoordinatorOptions {
  readonly book: AddressBook;
  readonly ring: () => TokenRing;
  readonly isUp: (node: string) => boolean;
  /** What this node does as a replica. */
  readonly local: {
    readonly read: (key: string) => Row | undefined;
    readonly apply: (mutation: Mutation, givenUp: AbortSignal) => Promise<void>;
  };
}

export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #hints: Hints;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#hints = new Hints({ isUp: options.isUp, send: (node, mutation) => this.#mutate(node, mutation) });
  }

  /** Begins to deliver hints. */
  start(): void {
    this.#hints.start();
  }

  /** Writes a row at `QUORUM`. Each replica that missed it gets a hint. */
  async write(mutation: Mutation): Promise<void> {
    const { replicas, up } = this.#replicasOf(mutation.key);
    for (const node of replicas) if (!up.includes(node)) this.#hints.store(node, mutation);
    const acks = up.map((node) =>
      this.#mutate(node, mutation).catch((error: unknown) => {
        this.#hints.store(node, mutation);
        throw error;
      }),
    );
    await quorumOf(acks, QUORUM);
  }

  /** Reads a row at `QUORUM`, this node's own replica first, and mends the replicas that turn out to be behind. */
  async read(key: string): Promise<Row | undefined> {
    const { up } = this.#replicasOf(key);
    const own = up.filter((node) => node === this.#options.book.self);
    const others = up.filter((node) => node !== this.#options.book.self);
    const asked = [...own, ...shuffled(others)].slice(0, QUORUM);
    const rows = await quorumOf(
      asked.map(async (node) => ({ node, row: await this.#readFrom(node, key) })),
      QUORUM,
    );
    const newest = newestOf(rows.map(({ row }) => row));
    for (const { node, row } of rows) {
      // Read repair: a replica that cannot be mended now will be found again.
      if (newest && row?.timestamp !== newest.timestamp) this.#mutate(node, { key, row: newest }).catch(() => {});
    }
    return newest;
  }

  #replicasOf(key: string): { readonly replicas: readonly string[]; readonly up: readonly string[] } {
    const { book, isUp, ring } = this.#options;
    const replicas = ring().replicasOf(key);
    const up = replicas.filter((node) => node === book.self || isUp(node));
    if (up.length < QUORUM) throw new UnavailableError(`${up.length} replicas of ${key} are up, ${QUORUM} are needed`);
    return { replicas, up };
  }

  async #mutate(node: string, mutation: Mutation): Promise<void> {
    const { book, local } = this.#options;
    if (node === book.self) return local.apply(mutation, AbortSignal.timeout(WRITE_TIMEOUT_MS));
    const url = `${book.url(node, 'storage')}/mutations`;
    await call({ method: 'POST', url, timeoutMs: WRITE_TIMEOUT_MS, body: mutation });
  }

  async #readFrom(node: string, key: string): Promise<Row | undefined> {
    const { book, local } = this.#options;
    if (node === book.self) return local.read(key);
    const url = `${book.url(node, 'storage')}/replica-rows/${key}`;
    return (await callJson<ReplicaRow>({ method: 'GET', url, timeoutMs: READ_TIMEOUT_MS })).row;
  }
}

/** In any order: the nearest replica of the original is anybody here. */
function shuffled(nodes: readonly string[]): readonly string[] {
  return nodes
    .map((node) => ({ node, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ node }) => node);
}
