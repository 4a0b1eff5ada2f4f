// SPDX-License-Identifier: Apache-2.0
/**
 * What the page knows, and what it is looked at with: signals that views read, and the one place that changes them. Words from the
 * engine come in at any pace; what is shown of them changes a few times a second.
 */
import { type Signal, signal } from '@preact/signals';
import type { AboutJson, EventJson, VerdictJson } from '../../src/engine/api/shapes.js';
import { Fleet } from './state/fleet.js';
import { hashOf, type Route, routeIn } from './state/route.js';
import { Api, ApiError } from './wire/api.js';
import { follow } from './wire/live.js';

/** How often what is shown follows what is known, in ms: at once for who looks, and seldom enough to sort thousands. */
const SHOW_MS = 100;

/** Verdicts of a page, and how long to wait for the next: what changes without a change of status, such as who speaks, need not be known at once. */
const PAGE_COUNT = 500;
const ROUND_PAUSE_MS = 1000;

/** After this without the engine it is said, in ms. A connection that comes back at once is nobody's business. */
const LOST_AFTER_MS = 3000;

/** What another token may mend, and asking again does not. */
const NEEDS_TOKEN: ReadonlySet<string> = new Set(['PANO_UNAUTHENTICATED', 'PANO_FORBIDDEN']);

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'lost'; readonly sinceMs: number }
  | { readonly state: 'refused'; readonly error: ApiError };

export const api = new Api(new URL('./', location.href).href);
export const fleet = new Fleet();

/** Rises when there is something new to be shown of the fleet. */
export const shown: Signal<number> = signal(0);
/** Rises when a change was heard; for views that ask the engine again then. */
export const changed: Signal<number> = signal(0);
export const connection: Signal<Connection> = signal({ state: 'connecting' });
export const about: Signal<AboutJson | undefined> = signal(undefined);
/** Whether all verdicts were read at least once. */
export const isLoaded: Signal<boolean> = signal(false);
export const now: Signal<number> = signal(Date.now());
export const route: Signal<Route> = signal(routeIn(location.hash));

/** Goes somewhere. What is chosen within a view takes no place in the browser's history of its own. */
export function go(to: Route, { replace = false }: { readonly replace?: boolean } = {}): void {
  const hash = hashOf(to);
  if (replace) {
    history.replaceState(null, '', hash);
    route.value = to;
  } else if (location.hash !== hash) location.hash = hash;
}

let isDue = false;
function show(): void {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    shown.value++;
  }, SHOW_MS);
}

/** Starts everything; called once, and again with another token. */
let running = new AbortController();
export function start(): void {
  running.abort();
  running = new AbortController();
  clearTimeout(silence?.timer);
  silence = undefined;
  connection.value = { state: 'connecting' };
  void run(running.signal);
}

async function run(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await readAll(signal, 0);
      api.get<AboutJson>('about').then(
        (told) => {
          about.value = told;
        },
        () => lost(),
      );
      await together(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && NEEDS_TOKEN.has(error.code)) {
        connection.value = { state: 'refused', error };
        return;
      }
      lost();
      await pause(ROUND_PAUSE_MS);
    }
  }
}

/** Follows the changes and reads everybody now and then, until one of the two cannot go on: then neither does. */
async function together(signal: AbortSignal): Promise<void> {
  const both = new AbortController();
  const either = AbortSignal.any([signal, both.signal]);
  try {
    await Promise.race([followChanges(either), keepRound(either)]);
  } finally {
    both.abort();
  }
}

/** One round at a time, for what a round did not tell of is forgotten at its end. */
let lastRound: Promise<unknown> = Promise.resolve();
function readAll(signal: AbortSignal, pauseMs: number): Promise<void> {
  const round = lastRound.catch(() => undefined).then(() => readRound(signal, pauseMs));
  lastRound = round;
  return round;
}

/** Reads every verdict, a page at a time. The first time, changes go on from where the first page was. */
async function readRound(signal: AbortSignal, pauseMs: number): Promise<void> {
  fleet.beginRound();
  let cursor: string | null | undefined;
  do {
    const knownSeq = fleet.lastSeq;
    const page: { verdicts: readonly VerdictJson[]; cursor: string | null; seq: number } = await api.get('verdicts', {
      limit: PAGE_COUNT,
      cursor: cursor ?? undefined,
    });
    if (signal.aborted) return;
    // Changes that came while it was on its way are known beside it; who knows fewer than we did before is another engine.
    if (cursor === undefined && (!isLoaded.value || page.seq < knownSeq)) fleet.startAfter(page.seq);
    fleet.take(page.verdicts);
    ({ cursor } = page);
    show();
    if (cursor !== null) await pause(pauseMs);
  } while (cursor !== null);
  fleet.endRound();
  isLoaded.value = true;
  show();
}

async function keepRound(signal: AbortSignal): Promise<never> {
  for (;;) {
    await pause(ROUND_PAUSE_MS);
    if (signal.aborted) throw new Error('over');
    if (document.hidden || connection.value.state !== 'live') continue;
    // What a connection that breaks keeps us from reading now is read in the next round.
    await readAll(signal, ROUND_PAUSE_MS).catch((error: unknown) => {
      if (error instanceof ApiError && error.code !== 'PANO_ENGINE_UNREACHABLE') throw error;
    });
  }
}

async function followChanges(signal: AbortSignal): Promise<void> {
  await follow({
    url: (after) => api.url('events', { after }),
    headers: () => api.headers(),
    after: () => fleet.lastSeq,
    onEvent: (event: EventJson) => {
      if (!fleet.apply(event)) return;
      changed.value++;
      show();
    },
    onGap: () => {
      fleet.skip();
      void readAll(signal, 0).catch(() => undefined);
    },
    onConnected: found,
    onLost: (_error, sinceMs) => lost(sinceMs),
    isThere: (sign) => api.isThere(sign),
    signal,
  });
}

/** While the engine is not heard: when that will be said. */
let silence: { readonly timer: ReturnType<typeof setTimeout> } | undefined;

function lost(sinceMs: number = Date.now()): void {
  if (connection.value.state === 'live') connection.value = { state: 'connecting' };
  if (silence) return;
  const say = (): void => {
    if (connection.value.state === 'connecting') connection.value = { state: 'lost', sinceMs };
  };
  silence = { timer: setTimeout(say, Math.max(0, sinceMs + LOST_AFTER_MS - Date.now())) };
}

function found(): void {
  clearTimeout(silence?.timer);
  silence = undefined;
  connection.value = { state: 'live' };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

addEventListener('hashchange', () => {
  route.value = routeIn(location.hash);
});
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1000);
