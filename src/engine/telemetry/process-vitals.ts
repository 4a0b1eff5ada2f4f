// SPDX-License-Identifier: Apache-2.0
/**
 * How the engine's process fares: how late its event loop is, how much memory it has, how long the collector of garbage
 * stops it. Measured by Node itself, in C++ where that is possible; here the numbers are read, in seconds and bytes.
 *
 * A histogram of all time would hide a bad minute after a good day, and one that each reader resets would show two readers
 * half of the truth each. So the delays are told of the last one to two minutes: whichever was worse, this one or the last.
 */
import {
  constants,
  type EventLoopUtilization,
  type IntervalHistogram,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';

/** How often Node looks at the event loop, in ms. What it reports is the time between two looks, this one included. */
const RESOLUTION_MS = 10;

const NANOS_PER_SECOND = 1e9;

export interface LoopDelay {
  readonly p50Seconds: number;
  readonly p99Seconds: number;
  readonly maxSeconds: number;
}

/** Kinds of garbage collection, as OpenTelemetry's `v8js.gc.type` has them. */
export type GcKind = 'minor' | 'major' | 'incremental' | 'weakcb';

export interface GcCount {
  readonly kind: GcKind;
  readonly count: number;
  readonly seconds: number;
}

export interface ProcessVitals {
  readonly loopDelay: LoopDelay;
  /** Share of the time in which the event loop was at work, 0 to 1, since the start. */
  readonly loopUtilization: number;
  readonly cpuUserSeconds: number;
  readonly cpuSystemSeconds: number;
  readonly rssBytes: number;
  /** By V8's names of its spaces. */
  readonly heapUsedBytes: Readonly<Record<string, number>>;
  readonly heapLimitBytes: number;
  readonly gc: readonly GcCount[];
}

/** What Node reports of a collection; its types do not say so. */
interface CollectionEntry extends PerformanceEntry {
  readonly detail?: { readonly kind?: number };
}

const GC_KINDS: ReadonlyMap<number, GcKind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

const NO_DELAY: LoopDelay = { p50Seconds: 0, p99Seconds: 0, maxSeconds: 0 };

export class VitalsMonitor {
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #collections: PerformanceObserver;
  readonly #gc = new Map<GcKind, { count: number; seconds: number }>();
  readonly #atStart: EventLoopUtilization = performance.eventLoopUtilization();
  readonly #onCollection: (kind: GcKind, seconds: number) => void;
  #lastDelay: LoopDelay = NO_DELAY;

  /** @param onCollection told of each collection of garbage */
  constructor(onCollection: (kind: GcKind, seconds: number) => void = () => undefined) {
    this.#onCollection = onCollection;
    for (const kind of GC_KINDS.values()) this.#gc.set(kind, { count: 0, seconds: 0 });
    this.#collections = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#noteCollection(entry as CollectionEntry);
    });
  }

  start(): void {
    this.#delays.enable();
    this.#collections.observe({ entryTypes: ['gc'] });
  }

  stop(): void {
    this.#delays.disable();
    this.#collections.disconnect();
  }

  /** Begins another minute. */
  turn(): void {
    this.#lastDelay = this.#delay();
    this.#delays.reset();
  }

  read(): ProcessVitals {
    const { user, system } = process.cpuUsage();
    const spaces = getHeapSpaceStatistics().map(({ space_name, space_used_size }) => [space_name, space_used_size]);
    return {
      loopDelay: worseOf(this.#delay(), this.#lastDelay),
      loopUtilization: performance.eventLoopUtilization(this.#atStart).utilization,
      cpuUserSeconds: user / 1e6,
      cpuSystemSeconds: system / 1e6,
      rssBytes: process.memoryUsage.rss(),
      heapUsedBytes: Object.fromEntries(spaces),
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      gc: [...this.#gc].map(([kind, { count, seconds }]) => ({ kind, count, seconds })),
    };
  }

  #delay(): LoopDelay {
    const delays = this.#delays;
    if (delays.count === 0) return NO_DELAY;
    return {
      p50Seconds: lateness(delays.percentile(50)),
      p99Seconds: lateness(delays.percentile(99)),
      maxSeconds: lateness(delays.max),
    };
  }

  #noteCollection({ duration: durationMs, detail }: CollectionEntry): void {
    const kind = GC_KINDS.get(detail?.kind ?? -1);
    const count = kind && this.#gc.get(kind);
    if (!kind || !count) return;
    count.count++;
    count.seconds += durationMs / 1000;
    this.#onCollection(kind, durationMs / 1000);
  }
}

function lateness(betweenLooksNanos: number): number {
  return Math.max(0, betweenLooksNanos / NANOS_PER_SECOND - RESOLUTION_MS / 1000);
}

function worseOf(a: LoopDelay, b: LoopDelay): LoopDelay {
  return {
    p50Seconds: Math.max(a.p50Seconds, b.p50Seconds),
    p99Seconds: Math.max(a.p99Seconds, b.p99Seconds),
    maxSeconds: Math.max(a.maxSeconds, b.maxSeconds),
  };
}
