// SPDX-License-Identifier: Apache-2.0
/** Judges that are wrong on purpose: a simulation that lets one of them pass has checked nothing. */
import type { Judge, Reading, Seen } from '../../src/engine/verdict/judge.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { HealthStatus, isFailing } from '../../src/model/status.js';

/** What a crooked judge makes of an honest reading of the view at a place of the table. */
type Bend = (reading: Reading, cells: Float64Array, at: number) => Reading;

class CrookedJudge implements Judge {
  readonly name = 'crooked';
  readonly #honest = new SequentialJudge();
  readonly cellCount = this.#honest.cellCount;
  readonly weighsTrust = this.#honest.weighsTrust;
  readonly #bend: Bend;

  constructor(bend: Bend) {
    this.#bend = bend;
  }

  observe(cells: Float64Array, at: number, seen: Seen, atMs: number): void {
    this.#honest.observe(cells, at, seen, atMs);
  }

  read(cells: Float64Array, at: number, nowMs: number): Reading | undefined {
    const reading = this.#honest.read(cells, at, nowMs);
    return reading && this.#bend(reading, cells, at);
  }

  statusOf(cells: Float64Array, at: number, nowMs: number): HealthStatus {
    return this.read(cells, at, nowMs)?.status ?? HealthStatus.NA;
  }

  /** It takes each observer by itself. */
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
    this.#honest.merge(cells, at, from, fromAt);
  }
}

/** Finds everybody well, whatever is told. */
export function blindJudge(): Judge {
  return new CrookedJudge((reading) => ({ ...reading, status: HealthStatus.HEALTHY, reason: 'ok' }));
}

/** Convicts on one failed call, as if there were no chance. */
export function hastyJudge(): Judge {
  return new CrookedJudge((reading) =>
    reading.failingCount > 0 ? { ...reading, status: HealthStatus.UNHEALTHY, reason: 'error' } : reading,
  );
}

/** Convicts whoever is spoken of. */
export function cruelJudge(): Judge {
  return new CrookedJudge((reading) => ({ ...reading, status: HealthStatus.UNHEALTHY, reason: 'error' }));
}

/** Acquits nobody. */
export function grudgingJudge(): Judge {
  const convicted = new Map<Float64Array, Map<number, Reading>>();
  return new CrookedJudge((reading, cells, at) => {
    const rows = convicted.get(cells) ?? new Map<number, Reading>();
    convicted.set(cells, rows);
    if (isFailing(reading.status)) rows.set(at, reading);
    return rows.get(at) ?? reading;
  });
}
