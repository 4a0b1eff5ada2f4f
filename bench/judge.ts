// SPDX-License-Identifier: Apache-2.0
/**
 * What judging costs: nanoseconds for an observation that goes into its view and, where it changes anything, into a verdict;
 * and bytes for a view. With a thousand, a hundred thousand and a million views, each heard about as often as the others, in
 * an order that no cache foresees; one call in a thousand fails. Both judges, in turn. Then, how long a history of 1 GB takes
 * to come back. `--views N` leaves out the larger worlds, `--gb N` makes another history.
 */
import {
  HealthStatus,
  type Judge,
  Judging,
  MajorityJudge,
  type Observation,
  SequentialJudge,
} from 'panorama-otel/engine';
import { benchRecovery } from './recovery.js';
import { median } from './rounds.js';

/** Subjects, operations of each, observers of each operation. */
const WORLDS = [
  { views: 1000, subjects: 10, operations: 5, observers: 20 },
  { views: 100_000, subjects: 200, operations: 10, observers: 50 },
  { views: 1_000_000, subjects: 1000, operations: 10, observers: 100 },
] as const;

/** Observations of one round. */
const BATCH = 200_000;
const ROUNDS = 7;

/** Of how many calls one fails. */
const FAILING_EVERY = 1000;

const START_MS = 1_700_000_000_000;

/**
 * @param viewsMax leaves out the worlds with more views
 * @param gb size of the history that comes back
 */
export async function benchJudge(
  rounds: number = ROUNDS,
  viewsMax: number = Number.POSITIVE_INFINITY,
  gb = 1,
): Promise<object> {
  const views: Record<string, { ns_per_observation: number; bytes_per_view: number }> = {};
  for (const world of WORLDS.filter((each) => each.views <= viewsMax)) {
    const sequential = new Court(world, new SequentialJudge());
    const majority = new Court(world, new MajorityJudge());
    const samples: Record<'sequential' | 'majority', number[]> = { sequential: [], majority: [] };
    for (let round = 0; round < rounds; round++) {
      samples.sequential.push(sequential.round());
      samples.majority.push(majority.round());
    }
    const ns = Math.round(median(samples.sequential));
    process.stdout.write(
      `${String(world.views).padStart(9)} views   sequential ${ns} ns an observation, ${sequential.bytesPerView} bytes a view; ` +
        `majority ${Math.round(median(samples.majority))} ns, ${majority.bytesPerView} bytes\n`,
    );
    views[world.views] = { ns_per_observation: ns, bytes_per_view: sequential.bytesPerView };
  }
  const { recovery_s } = await benchRecovery(gb, rounds);
  return { views, recovery_s };
}

type World = (typeof WORLDS)[number];

/** A court in which every view has been heard once. */
class Court {
  readonly bytesPerView: number;
  readonly #judging: Judging;
  readonly #names: Readonly<Record<'subjects' | 'operations' | 'observers', readonly string[]>>;
  readonly #gapMs: number;
  readonly #observation: { -readonly [K in keyof Observation]: Observation[K] };
  readonly #viewCount: number;
  #nowMs = START_MS;
  #seed = 1;

  constructor({ views, subjects, operations, observers }: World, judge: Judge) {
    this.#viewCount = views;
    // Every view is heard about once a second.
    this.#gapMs = 1000 / views;
    this.#names = {
      subjects: named('subject/', subjects),
      operations: named('GET /things/', operations),
      observers: named('client/', observers),
    };
    this.#observation = {
      id: '',
      environment: 'production',
      observer: '',
      subject: '',
      resolution: 'instance',
      operation: '',
      status: HealthStatus.HEALTHY,
      reason: 'ok',
      source: 'caller',
      count: 1,
      observedMs: 0,
      windowMs: 0,
      evidence: [],
    };
    const before = bytesInUse();
    this.#judging = new Judging({ judge, viewCountMax: views, onVerdict: () => undefined });
    for (let view = 0; view < views; view++) this.#hear(view, false);
    this.#judging.judgeWaiting(this.#nowMs);
    this.bytesPerView = Math.round((bytesInUse() - before) / views);
  }

  /** Nanoseconds for one observation. */
  round(): number {
    const start = process.hrtime.bigint();
    for (let count = 0; count < BATCH; count++) {
      this.#hear(this.#random() % this.#viewCount, count % FAILING_EVERY === 0);
      if (count % 512 === 511) this.#judging.judgeWaiting(this.#nowMs);
      if (count % 50_000 === 49_999) this.#judging.tick(this.#nowMs);
    }
    return Number(process.hrtime.bigint() - start) / BATCH;
  }

  #hear(view: number, fails: boolean): void {
    const { subjects, operations, observers } = this.#names;
    const observation = this.#observation;
    observation.subject = subjects[view % subjects.length] as string;
    const rest = Math.floor(view / subjects.length);
    observation.operation = operations[rest % operations.length] as string;
    observation.observer = observers[Math.floor(rest / operations.length)] as string;
    observation.status = fails ? HealthStatus.UNHEALTHY : HealthStatus.HEALTHY;
    observation.reason = fails ? 'server_error' : 'ok';
    this.#nowMs += this.#gapMs;
    this.#judging.observe(observation, this.#nowMs, this.#nowMs);
  }

  /** A linear congruential generator: the order is the same in every run. */
  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed >>> 4;
  }
}

function named(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => prefix + index);
}

function bytesInUse(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
