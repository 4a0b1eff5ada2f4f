// SPDX-License-Identifier: Apache-2.0
/**
 * What the host of a virtual machine takes away of its processors. A process that has none for a second hangs, and whoever waits for it is
 * right to say so; but nobody here did that to it, and whoever counts it measures the neighbours.
 *
 * Source: proc(5), `/proc/stat`, the eighth number of a processor's line. Where there is none (no Linux, no virtual machine) nothing is stolen.
 */
import { readFileSync } from 'node:fs';

const STAT = '/proc/stat';
const SAMPLE_MS = 1000;

/** Convictions come that long after what they are of, at the most, and calls that waited come back. In ms. */
const WINDOW_MS = 10_000;

/** A tenth of the window is a second in which a processor did nothing for whoever was on it: as long as calls hang that convict. */
const SHARE_MAX = 0.1;

/** Of a day; the oldest go first. */
const SAMPLE_COUNT_MAX = 86_400;

/** Ticks of one processor since the machine was started. */
export interface ProcessorTicks {
  readonly stolen: number;
  readonly all: number;
}

/** What `/proc/stat` says of each processor. */
export function ticksIn(stat: string): readonly ProcessorTicks[] {
  return [...stat.matchAll(/^cpu\d+ (.*)$/gm)].map(([, numbers = '']) => {
    // Guests' time, which comes after these, is in the first two already.
    const ticks = numbers.split(' ').slice(0, 8).map(Number);
    return { stolen: ticks[7] ?? 0, all: ticks.reduce((sum, each) => sum + each, 0) };
  });
}

/** The share that was stolen of the processor of which most was, 0 to 1. */
export function stolenShare(before: readonly ProcessorTicks[], after: readonly ProcessorTicks[]): number {
  const shares = after.map(({ stolen, all }, index) => {
    const { stolen: stolenBefore = stolen, all: allBefore = all } = before[index] ?? {};
    return all > allBefore ? (stolen - stolenBefore) / (all - allBefore) : 0;
  });
  return Math.max(0, ...shares);
}

interface Sample {
  readonly atMs: number;
  readonly ticks: readonly ProcessorTicks[];
  /** Stolen in the ten seconds before, or since the first look. */
  readonly share: number;
}

export class StolenTime {
  readonly #readStat: () => string;
  readonly #samples: Sample[] = [];

  constructor(readStat: () => string = statOfThisMachine) {
    this.#readStat = readStat;
  }

  /** Looks every second from now on, until that ends. */
  watch(until: AbortSignal): void {
    this.look(Date.now());
    const timer = setInterval(() => this.look(Date.now()), SAMPLE_MS);
    timer.unref();
    until.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Looks once. @param atMs epoch ms */
  look(atMs: number): void {
    const ticks = ticksIn(this.#readStat());
    const first = this.#samples[1 + this.#samples.findLastIndex((sample) => sample.atMs < atMs - WINDOW_MS)];
    this.#samples.push({ atMs, ticks, share: first ? stolenShare(first.ticks, ticks) : 0 });
    if (this.#samples.length > SAMPLE_COUNT_MAX) this.#samples.shift();
  }

  /** The share stolen in the ten seconds before our last look by that time, or since the first. */
  shareBefore(atMs: number): number {
    return this.#samples.findLast((sample) => sample.atMs <= atMs)?.share ?? 0;
  }

  /** Whether so much was stolen then that what hangs says nothing of who hangs. */
  isShort(atMs: number): boolean {
    return this.shareBefore(atMs) > SHARE_MAX;
  }

  /** Whether it was so at any of our looks between two times. */
  wasShort(fromMs: number, toMs: number): boolean {
    return this.#samples.some(({ atMs, share }) => atMs >= fromMs && atMs <= toMs && share > SHARE_MAX);
  }
}

function statOfThisMachine(): string {
  try {
    return readFileSync(STAT, 'utf8');
  } catch {
    return '';
  }
}
