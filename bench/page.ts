// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- page`: the page in a real Chromium, with a real engine that knows thousands of components, hundreds of which change
 * every second: frames a second and memory, on the view of the fleet and on the matrix.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { startEngineUnderLoad } from './ingest/engine-under-load.js';
import { FleetLoad } from './page/fleet-load.js';
import { framesOf, memoryOf } from './page/frames.js';
import { quantile } from './rounds.js';
import { pathOf } from './server.js';

export interface PageOptions {
  readonly subjects?: number | undefined;
  readonly changes?: number | undefined;
  /** Of each round. */
  readonly seconds?: number | undefined;
  readonly rounds?: number | undefined;
}

const SUBJECTS = 5000;
const CHANGES_PER_S = 200;
const SECONDS = 10;
const ROUNDS = 3;

/** What is looked at, by its address. */
const VIEWS = { fleet: '#/fleet', matrix: '#/matrix', history: '#/history' } as const;

/** Until the changes that are asked for come at their pace, and the page has shown what there was. */
const WARM_UP_MS = 5000;

export async function benchPage(options: PageOptions): Promise<object> {
  const { subjects = SUBJECTS, changes = CHANGES_PER_S, seconds = SECONDS, rounds = ROUNDS } = options;
  const chromiumPath = pathOf('chromium');
  if (chromiumPath === undefined)
    throw new Error('this needs Chromium: .ci/install-stack, or apt-get install chromium');
  const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags() });
  try {
    const figures: Record<string, object> = {};
    for (const [name, address] of Object.entries(VIEWS)) {
      figures[name] = await viewUnderLoad(browser, address, { subjects, changes, seconds, rounds });
      process.stdout.write(`${name}: ${JSON.stringify(figures[name])}\n`);
    }
    return { subjects, ...figures };
  } finally {
    await browser.close();
  }
}

/** Each view has an engine of its own: what a fleet has gone through decides how soon it changes again. */
async function viewUnderLoad(
  browser: Browser,
  address: string,
  { subjects, changes, seconds, rounds }: Required<{ [Name in keyof PageOptions]: number }>,
): Promise<object> {
  const engine = await startEngineUnderLoad({ views: 12 * subjects });
  const stop = new AbortController();
  try {
    const load = new FleetLoad(engine.receivers.http, subjects);
    await load.introduce();
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.goto(`http://${engine.api}/${address}`);
    const changing = load.change(changes, stop.signal);
    changing.catch(() => undefined);
    await pause(WARM_UP_MS);
    const before = { seq: await lastSeq(engine.api), atMs: performance.now() };
    const measured = await figuresOf(page, rounds, seconds);
    const perSecond = ((await lastSeq(engine.api)) - before.seq) / ((performance.now() - before.atMs) / 1000);
    await page.close();
    stop.abort();
    await changing;
    return { ...measured, changes_per_s: Math.round(perSecond) };
  } finally {
    stop.abort();
    await engine.end();
  }
}

/** Of several rounds the worst, but for frames a second, of which the median. */
async function figuresOf(page: Page, rounds: number, seconds: number): Promise<object> {
  const all = [];
  for (let round = 0; round < rounds; round++) all.push(await framesOf(page, seconds));
  const { processMb, heapMb } = await memoryOf(page);
  const whole = (value: number) => Math.round(value);
  return {
    frames_per_s: whole(
      quantile(
        all.map(({ perSecond }) => perSecond),
        0.5,
      ),
    ),
    p99_ms: whole(Math.max(...all.map(({ p99Ms }) => p99Ms))),
    longest_ms: whole(Math.max(...all.map(({ longestMs }) => longestMs))),
    process_mb: whole(processMb),
    heap_mb: whole(heapMb),
  };
}

async function lastSeq(api: string | undefined): Promise<number> {
  const response = await fetch(`http://${api}/api/v1/verdicts?limit=1`);
  return ((await response.json()) as { seq: number }).seq;
}

function chromiumFlags(): string[] {
  return ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
}
