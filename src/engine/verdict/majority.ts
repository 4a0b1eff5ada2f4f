// SPDX-License-Identifier: Apache-2.0
/**
 * The paper's judge: each view is summed up by a bounded look-back over its last observations, and every observer's vote
 * counts alike. Its row holds those observations, oldest first.
 *
 * Source: Panorama (OSDI 2018), section 3.6.
 */
import { OUTCOME_REASONS } from '../../model/observation.js';
import { HealthStatus } from '../../model/status.js';
import { DEFAULT_LIFETIME } from './evidence-lifetime.js';
import type { Judge, Reading, Seen } from './judge.js';
import { type Entry, type LookBackOptions, lookBack } from './look-back.js';

export type MajorityOptions = LookBackOptions;

export const DEFAULT_MAJORITY: MajorityOptions = {
  ...DEFAULT_LIFETIME,
  lookBackCalls: 10,
  differingCalls: 3,
  pendingMs: 1000,
};

/** Observations kept: ten calls are looked back upon, and calls that are out take a place each until they are answered. */
const ENTRY_COUNT_MAX = 12;

/** A row is the number of its entries, then three cells each: time, code (status, reason, count), window. */
const ENTRY_CELLS = 3;
const REASON_UNIT = 8;
const COUNT_UNIT = 256;

export class MajorityJudge implements Judge {
  readonly name = 'majority';
  readonly cellCount: number = 1 + ENTRY_COUNT_MAX * ENTRY_CELLS;
  readonly weighsTrust = false;
  readonly #options: MajorityOptions;

  constructor(options: Partial<MajorityOptions> = {}) {
    this.#options = { ...DEFAULT_MAJORITY, ...options };
  }

  observe(cells: Float64Array, at: number, { status, reason, count, windowMs }: Seen, atMs: number): void {
    if (status < HealthStatus.HEALTHY) return;
    insert(cells, at, { status, reason, count, atMs, windowMs });
  }

  statusOf(cells: Float64Array, at: number, nowMs: number): HealthStatus {
    if (isAllWell(cells, at, nowMs - this.#options.lifetimeMinMs)) return HealthStatus.HEALTHY;
    return this.read(cells, at, nowMs)?.status ?? HealthStatus.NA;
  }

  read(cells: Float64Array, at: number, nowMs: number): Reading | undefined {
    return lookBack(entriesOf(cells, at), nowMs, this.#options);
  }

  accusation(): undefined {
    return undefined;
  }

  outOf(): undefined {
    return undefined;
  }

  areConvicting(): boolean {
    return false;
  }

  merge(cells: Float64Array, at: number, from: Float64Array, fromAt: number): void {
    for (const entry of entriesOf(from, fromAt)) insert(cells, at, entry);
  }
}

/** Keeps the row in order of time, worse after better at one time; deliveries overtake each other seldom, and not by far. */
function insert(cells: Float64Array, at: number, entry: Entry): void {
  let count = cells[at] as number;
  const first = at + 1;
  const isLater = (index: number) => {
    const atMs = cells[first + index * ENTRY_CELLS] as number;
    if (atMs !== entry.atMs) return atMs > entry.atMs;
    return (cells[first + index * ENTRY_CELLS + 1] as number) % REASON_UNIT > entry.status;
  };
  let place = count;
  while (place > 0 && isLater(place - 1)) place--;
  if (count === ENTRY_COUNT_MAX) {
    if (place === 0) return;
    cells.copyWithin(first, first + ENTRY_CELLS, first + place * ENTRY_CELLS);
    place--;
  } else {
    const start = first + place * ENTRY_CELLS;
    cells.copyWithin(start + ENTRY_CELLS, start, first + count * ENTRY_CELLS);
    count++;
  }
  const start = first + place * ENTRY_CELLS;
  cells[start] = entry.atMs;
  cells[start + 1] = entry.status + REASON_UNIT * OUTCOME_REASONS.indexOf(entry.reason) + COUNT_UNIT * entry.count;
  cells[start + 2] = entry.windowMs;
  cells[at] = count;
}

/** Whether every observation was a good one, and the last is not old: as a rule, and then there is nothing to look back for. */
function isAllWell(cells: Float64Array, at: number, afterMs: number): boolean {
  const count = cells[at] as number;
  const first = at + 1;
  if (count === 0 || (cells[first + (count - 1) * ENTRY_CELLS] as number) < afterMs) return false;
  for (let index = 0; index < count; index++) {
    if ((cells[first + index * ENTRY_CELLS + 1] as number) % REASON_UNIT !== HealthStatus.HEALTHY) return false;
  }
  return true;
}

function entriesOf(cells: Float64Array, at: number): readonly Entry[] {
  return Array.from({ length: cells[at] as number }, (_, index) => {
    const start = at + 1 + index * ENTRY_CELLS;
    const code = cells[start + 1] as number;
    const count = Math.floor(code / COUNT_UNIT);
    const rest = code % COUNT_UNIT;
    return {
      status: (rest % REASON_UNIT) as HealthStatus,
      reason: OUTCOME_REASONS[Math.floor(rest / REASON_UNIT)] ?? 'reported',
      count,
      atMs: cells[start] as number,
      windowMs: cells[start + 2] as number,
    };
  });
}
