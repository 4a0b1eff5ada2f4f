// SPDX-License-Identifier: Apache-2.0
/** How a page fares in a real browser: frames a second, the longest time without one, and what its process takes. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

/** Of the browser, in which a part of this runs. */
declare function requestAnimationFrame(callback: (now: number) => void): number;

export interface Frames {
  readonly perSecond: number;
  /** Between two frames at the most, and how long the slowest hundredth took at least. In ms. */
  readonly longestMs: number;
  readonly p99Ms: number;
}

/** Counts frames for a while. */
export async function framesOf(page: Page, seconds: number): Promise<Frames> {
  const gaps = await page.evaluate(
    (ms) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = [];
        const note = (now: number): void => {
          times.push(now);
          if (now - (times[0] as number) < ms) requestAnimationFrame(note);
          else resolve(times.slice(1).map((time, index) => time - (times[index] as number)));
        };
        requestAnimationFrame(note);
      }),
    seconds * 1000,
  );
  const sorted = gaps.toSorted((a, b) => a - b);
  const all = gaps.reduce((sum, gap) => sum + gap, 0);
  return {
    perSecond: (1000 * gaps.length) / all,
    longestMs: sorted.at(-1) ?? 0,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
  };
}

export interface PageMemory {
  /** Of the page's process, that it shares with nobody. In 10⁶ bytes. */
  readonly processMb: number;
  /** Of it, objects of its script, after a collection. */
  readonly heapMb: number;
}

export async function memoryOf(page: Page): Promise<PageMemory> {
  const browser = page.context().browser();
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  const system = await browser?.newBrowserCDPSession();
  const { processInfo } = (await system?.send('SystemInfo.getProcessInfo')) ?? { processInfo: [] };
  const anonymousMb = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => ownMbOf(id));
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  // Of several the page's is the largest: a browser keeps a spare one.
  return { processMb: Math.max(...anonymousMb), heapMb: usedSize / 1e6 };
}

function ownMbOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}
