// SPDX-License-Identifier: Apache-2.0
/**
 * A driver: it spreads the requests over all nodes, leaves one that refuses to coordinate alone for a while, and then
 * asks the next. Whatever a coordinator has once taken on is not repeated.
 */
import { scaled } from '../node/time-scale.js';
import type { ReplicaRow } from './coordinator.js';
import type { Row } from './row.js';

/** `SocketOptions.readTimeoutMillis`. */
const REQUEST_TIMEOUT_MS = scaled(12_000);

/** Until a node that refused is tried again (a constant reconnection policy). */
const RECONNECTION_DELAY_MS = scaled(10_000);

/** The node is there and has no part in the ring. */
const MISDIRECTED = 421;

export class Driver {
  readonly #urls: readonly string[];
  readonly #leftAloneUntilMs = new Map<string, number>();
  #requestCount = Math.floor(Math.random() * 100);

  /** @param urls base URLs of all nodes' native ports */
  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  async write(key: string, row: Row): Promise<void> {
    await this.#request('PUT', key, JSON.stringify(row));
  }

  /** `undefined` where there is no such row. */
  async read(key: string): Promise<Row | undefined> {
    return (JSON.parse(await this.#request('GET', key)) as ReplicaRow).row;
  }

  async #request(method: 'GET' | 'PUT', key: string, body?: string): Promise<string> {
    let refusal: unknown;
    for (const url of this.#plan()) {
      const response = await fetch(`${url}/rows/${key}`, {
        method,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
      }).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
        refusal = error;
        return undefined;
      });
      const text = await response?.text();
      if (response?.ok && text !== undefined) return text;
      if (response && response.status !== MISDIRECTED) {
        throw new Error(`${method} of ${key} was answered ${response.status}: ${text?.slice(0, 200)}`);
      }
      this.#leftAloneUntilMs.set(url, performance.now() + RECONNECTION_DELAY_MS);
    }
    throw new Error(`no node took the request: ${refusal}`);
  }

  /** All nodes, each time beginning with the next; those that are left alone last. */
  #plan(): readonly string[] {
    const from = this.#requestCount++ % this.#urls.length;
    const inTurn = [...this.#urls.slice(from), ...this.#urls.slice(0, from)];
    const nowMs = performance.now();
    const isLeftAlone = (url: string): boolean => (this.#leftAloneUntilMs.get(url) ?? 0) > nowMs;
    return [...inTurn.filter((url) => !isLeftAlone(url)), ...inTurn.filter(isLeftAlone)];
  }
}

/** Nobody has listened, so nothing has been done. */
function isRefusal(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code === 'ECONNREFUSED';
}
