// SPDX-License-Identifier: Apache-2.0
/**
 * Memory stays within its bounds whoever floods: ten million observations by chance, of more subjects, observers, operations and
 * environments than there is room for. What is kept is counted while they come, and the heap is as large after all of them as
 * it was after the first few.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Judging } from '../../src/engine/judging.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import type { Observation } from '../../src/model/observation.js';
import { HealthStatus } from '../../src/model/status.js';
import { type Dice, diceOf } from '../e2e/call-trees/plan.js';
import { propertySeed } from '../support/property-seed.js';

const VIEW_COUNT_MAX = 5000;
const EVIDENCE_COUNT_MAX = 2000;

const OBSERVATION_COUNT = 10_000_000;
const PER_REQUEST = 50_000;
/** By then everything is as large as it gets. */
const WARM_REQUESTS = 40;
/** What the heap may have grown by since, in bytes: half of what 5000 views take. */
const HEAP_GROWTH_MAX = 4_000_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

const names = (stem: string, count: number) => Array.from({ length: count }, (_, index) => `${stem}${index}`);

/** Calls between those that are met all the time, and calls that are well: as many as make ten million take some 20 s. */
const KNOWN_SHARE = 0.995;
const WELL_SHARE = 0.985;

/** Everybody there is: some that are met all the time, and crowds of others. */
const SUBJECTS = [...names('shop/s', 3000), ...names('db', 3000)];
const OBSERVERS = names('client/c', 3000);
const OPERATIONS = names('GET /', 50);
const ENVIRONMENTS = ['', 'prod', ...names('branch-', 3000)];
const REASONS = ['timeout', 'server_error', 'refused', 'reset'] as const;
const STATUSES = [
  HealthStatus.UNHEALTHY,
  HealthStatus.UNHEALTHY,
  HealthStatus.PENDING,
  HealthStatus.MAYBE_UNHEALTHY,
] as const;

type Draft = { -readonly [Key in keyof Observation]: Observation[Key] };

/** One observation after another in one object, so that what is measured is what the engine keeps. */
class Flood {
  readonly #dice: Dice;
  readonly #latency = { meanSeconds: 0.02, maxSeconds: 0.05 };
  #count = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  next(draft: Draft, nowMs: number): Observation {
    const isKnown = this.#dice() < KNOWN_SHARE;
    const isWell = this.#dice() < WELL_SHARE;
    draft.id = `id-${++this.#count}`;
    draft.environment = isKnown ? '' : this.#one(ENVIRONMENTS);
    draft.subject = isKnown ? (SUBJECTS[Math.floor(this.#dice() * 40)] as string) : this.#one(SUBJECTS);
    draft.resolution = draft.subject.includes('/') ? 'instance' : 'service';
    draft.observer = isKnown ? (OBSERVERS[Math.floor(this.#dice() * 20)] as string) : this.#one(OBSERVERS);
    draft.operation = isKnown ? (OPERATIONS[0] as string) : this.#one(OPERATIONS);
    draft.status = isWell ? HealthStatus.HEALTHY : this.#one(STATUSES);
    draft.reason = isWell ? 'ok' : this.#one(REASONS);
    draft.latency = this.#latency;
    draft.observerLagSeconds = this.#dice() < 0.01 ? 1 : 0;
    draft.blamed = isWell || isKnown ? undefined : [this.#one(SUBJECTS)];
    draft.evidence = isWell ? [] : [{ traceId: `trace-${this.#count}`, spanId: 'span', errorType: 'Error' }];
    draft.observedMs = nowMs;
    return draft;
  }

  #one<T>(all: readonly T[]): T {
    return all[Math.floor(this.#dice() * all.length)] as T;
  }
}

describe('memory', () => {
  it(`is bounded, and no larger after ${OBSERVATION_COUNT / 1e6} million observations than after two`, () => {
    const seed = propertySeed();
    const judging = new Judging({
      judge: new SequentialJudge(),
      viewCountMax: VIEW_COUNT_MAX,
      evidenceCountMax: EVIDENCE_COUNT_MAX,
      onVerdict: () => undefined,
    });
    const flood = new Flood(diceOf(seed));
    const draft = { source: 'caller', count: 1, windowMs: 0 } as Draft;
    let warmBytes = 0;
    for (let request = 0; request * PER_REQUEST < OBSERVATION_COUNT; request++) {
      const nowMs = 1_700_000_000_000 + request * 1000;
      for (let index = 0; index < PER_REQUEST; index++) judging.observe(flood.next(draft, nowMs), nowMs, nowMs);
      judging.judgeWaiting(nowMs);
      judging.tick(nowMs);
      if (request === WARM_REQUESTS) warmBytes = heapBytes();
      const { views, subjects, observers, evidence } = judging.panoramas.counts();
      const isWithin =
        views <= VIEW_COUNT_MAX &&
        evidence <= EVIDENCE_COUNT_MAX &&
        observers <= views &&
        subjects <= views + observers &&
        judging.verdicts().length <= subjects;
      if (!isWithin) expect.fail(`request ${request} (seed ${seed}): ${JSON.stringify(judging.panoramas.counts())}`);
    }
    const { views, evictedViews, evictedEvidence } = judging.panoramas.counts();
    expect(views).toBe(VIEW_COUNT_MAX);
    expect(Math.min(evictedViews, evictedEvidence)).toBeGreaterThan(20_000);
    expect(heapBytes() - warmBytes, `seed ${seed}`).toBeLessThan(HEAP_GROWTH_MAX);
  }, 120_000);
});
