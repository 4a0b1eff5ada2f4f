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

/** The engine says something every 15 s. Who is silent for longer is gone, whatever the connection says. In ms. */
const SILENCE_MS = 40_000;

export interface LiveParts {
  readonly url: (after: number) => string;
  readonly headers: () => Record<string, string>;
  /** The number of the last change that is known; asked before each connection. */
  readonly after: () => number;
  readonly onEvent: (event: EventJson) => void;
  /** Changes were forgotten before they could be told: all verdicts have to be asked for anew. */
  readonly onGap: () => void;
  readonly onConnected: () => void;
  /** Told once for each connection that broke or could not be made. */
  readonly onLost: (error: Error) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly wait?: (ms: number) => Promise<void>;
}

/** Follows until `signal` says that it is enough, or the engine refuses. @throws ApiError where it does */
export async function follow(parts: LiveParts): Promise<void> {
  const { signal, wait = pause, onLost } = parts;
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      await connection(parts, () => {
        tries = 0;
        parts.onConnected();
      });
      throw new Error('the engine ended the stream');
    } catch (error) {
      if (signal.aborted) return;
      if (isRefusal(error)) throw error;
      onLost(error as Error);
    }
    await wait(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] as number);
  }
}

async function connection(parts: LiveParts, onConnected: () => void): Promise<void> {
  const { url, headers, after, signal } = parts;
  const silence = new AbortController();
  const since = after();
  const response = await fetch(url(since), {
    headers: { ...headers(), Accept: 'text/event-stream' },
    cache: 'no-store',
    signal: AbortSignal.any([signal, silence.signal]),
  });
  if (!response.ok || !response.body) throw errorIn(await response.json().catch(() => null), response.status);
  onConnected();
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === 'transition') parts.onEvent(JSON.parse(data) as EventJson);
      if (event === 'gap') parts.onGap();
    },
  });
  const decoder = new TextDecoder();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error('the engine is silent')), SILENCE_MS);
  };
  heard();
  try {
    const reader = response.body.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
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
