// SPDX-License-Identifier: Apache-2.0
/**
 * Transitions as server-sent events: each once and in order, from wherever a reader left off. A reader that is slow is not written to
 * until it has read; it then goes on in the log where it was, so that nothing waits in memory for it. One that was away for so long that
 * the log has gone past it is told of the gap.
 *
 * Source: HTML Living Standard, "Server-sent events".
 */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../model/clock.js';
import type { EngineReader } from '../engine-reader.js';
import { eventJson } from './shapes.js';

/** Transitions written at once. */
const PAGE_COUNT = 100;

/** A word without meaning, so that whoever stands between sees life and a dead connection shows. In ms. */
const STILL_HERE_MS = 15_000;

/** How soon a browser that was cut off comes back, in ms. */
const RETRY_MS = 1000;

export interface EventStreamParts {
  readonly reader: Pick<EngineReader, 'transitions' | 'lastSeq' | 'follow'>;
  readonly clock: Clock;
  /** The number of the last transition that the client has, or `undefined` for whatever comes from now on. */
  readonly after: number | undefined;
  /** Whether the client may still read; asked now and then, for tokens are taken back while streams go on. Default: always. */
  readonly mayGoOn?: (() => boolean) | undefined;
}

/** Writes to a response until its client goes. */
export function streamEvents(response: ServerResponse, { reader, clock, after, mayGoOn }: EventStreamParts): void {
  let sentSeq = after ?? reader.lastSeq();
  let isFull = false;
  let timer: Timer | undefined;
  const write = (text: string): void => {
    isFull = !response.write(text) || isFull;
  };
  const pump = (): void => {
    while (!isFull && !response.destroyed) {
      const { transitions, next, truncated } = reader.transitions(sentSeq, PAGE_COUNT);
      if (truncated) write(`event: gap\ndata: {"after":${sentSeq}}\n\n`);
      if (transitions.length === 0) {
        // Of an engine that knows nothing of that number, as another one does that has no history.
        sentSeq = next;
        return;
      }
      for (const transition of transitions) {
        write(`id: ${transition.seq}\nevent: transition\ndata: ${JSON.stringify(eventJson(transition))}\n\n`);
      }
      sentSeq = next;
    }
  };
  const stillHere = (): void => {
    timer = clock.setTimer(STILL_HERE_MS, () => {
      if (mayGoOn?.() === false) {
        response.destroy();
        return;
      }
      if (!isFull) write(': still here\n\n');
      stillHere();
    });
  };
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
  write(`retry: ${RETRY_MS}\nevent: hello\ndata: {"after":${sentSeq}}\n\n`);
  const unfollow = reader.follow(pump);
  response.on('drain', () => {
    isFull = false;
    pump();
  });
  response.on('close', () => {
    unfollow();
    timer?.cancel();
  });
  stillHere();
  pump();
}
