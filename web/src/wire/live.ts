// SPDX-License-Identifier: Apache-2.0
/**
 * Changes of verdicts as they come, over a connection that breaks and is made anew: each once, in order, none left out. The browser's own
 * `EventSource` shows no token, so this reads the same stream with `fetch`.
 */
import { createParser } from 'eventsource-parser';
import type { EventJson } from '../../../src/engine/api/shapes.js';
import { type ApiError, errorIn } from './api.js';

/** Between two tries, in ms: soon after a break, later where it lasts. */
const RETRY_MS = [250, 500, 1000, 2000];

/**
 * Who has said nothing for `quietMs` is asked whether it is there, and who does not answer within `answerMs` is gone, whatever the
 * connection says: that of a process that is stopped stays open.
 */
export interface Patience {
  readonly quietMs: number;
  readonly answerMs: number;
}

const PATIENCE: Patience = { quietMs: 1000, answerMs: 2000 };

export interface LiveParts {
  readonly url: (after: number) => string;
  readonly headers: () => Record<string, string>;
  /** The number of the last change that is known; asked before each connection. */
  readonly after: () => number;
  readonly onEvent: (event: EventJson) => void;
  /** Changes were forgotten before they could be told: all verdicts have to be asked for anew. */
  readonly onGap: () => void;
  readonly onConnected: () => void;
  /** Told once for each connection that broke or could not be made, and since when nothing was heard, in epoch ms. */
  readonly onLost: (error: Error, sinceMs: number) => void;
  /** Asks the engine for a sign of life; fails where there is none. */
  readonly isThere: (signal: AbortSignal) => Promise<unknown>;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly wait?: (ms: number) => Promise<void>;
  readonly patience?: Patience;
}

/** Follows until `signal` says that it is enough, or the engine refuses. @throws ApiError where it does */
export async function follow(parts: LiveParts): Promise<void> {
  const { signal, wait = pause, onLost } = parts;
  for (let tries = 0; !signal.aborted; tries++) {
    const vigil = new Vigil(parts);
    try {
      await connection(parts, vigil, () => {
        tries = 0;
        parts.onConnected();
      });
      throw new Error('the engine ended the stream');
    } catch (error) {
      if (signal.aborted) return;
      if (isRefusal(error)) throw error;
      onLost(error as Error, vigil.heardMs);
    } finally {
      vigil.end();
    }
    await wait(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] as number);
  }
}

async function connection(parts: LiveParts, vigil: Vigil, onConnected: () => void): Promise<void> {
  const { url, headers, after, signal, patience = PATIENCE } = parts;
  const unanswered = setTimeout(() => vigil.end(new Error('the engine does not answer')), patience.answerMs);
  const response = await fetch(url(after()), {
    headers: { ...headers(), Accept: 'text/event-stream' },
    cache: 'no-store',
    signal: AbortSignal.any([signal, vigil.signal]),
  }).finally(() => clearTimeout(unanswered));
  if (!response.ok || !response.body) throw errorIn(await response.json().catch(() => null), response.status);
  onConnected();
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === 'transition') parts.onEvent(JSON.parse(data) as EventJson);
      if (event === 'gap') parts.onGap();
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    vigil.heard();
    parser.feed(decoder.decode(value, { stream: true }));
  }
}

/** Watches over one connection, from before it is made, and ends it when the engine gives no sign of life. */
class Vigil {
  /** When the engine was heard last, or the watch began. Epoch ms. */
  heardMs: number = Date.now();
  readonly #over = new AbortController();
  readonly #isThere: LiveParts['isThere'];
  readonly #patience: Patience;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ isThere, patience = PATIENCE }: LiveParts) {
    this.#isThere = isThere;
    this.#patience = patience;
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  heard(): void {
    this.heardMs = Date.now();
    clearTimeout(this.#timer);
    if (!this.signal.aborted) this.#timer = setTimeout(() => void this.#ask(), this.#patience.quietMs);
  }

  end(reason = new Error('over')): void {
    clearTimeout(this.#timer);
    this.#over.abort(reason);
  }

  async #ask(): Promise<void> {
    try {
      await this.#isThere(AbortSignal.any([this.signal, AbortSignal.timeout(this.#patience.answerMs)]));
      this.heard();
    } catch {
      this.end(new Error('the engine gives no sign of life'));
    }
  }
}

/** What asking again does not mend. */
function isRefusal(error: unknown): boolean {
  const { code } = error as Partial<ApiError>;
  return code === 'PANO_UNAUTHENTICATED' || code === 'PANO_FORBIDDEN' || code === 'PANO_QUERY_INVALID';
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
