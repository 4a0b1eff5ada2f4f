// SPDX-License-Identifier: Apache-2.0
/**
 * The latest value of each runtime metric, by component: what a process says of its own pauses. A detector reads it through
 * `RuntimeReader`; the memory is bounded, and forgets who has been silent for longest.
 */
import { BoundedMap } from '../model/bounded-map.js';
import { componentOf, environmentOf } from '../observe/component.js';
import type { MetricBatch } from './wire/metric-batch.js';

export interface RuntimeReading {
  readonly value: number;
  /** When it was measured, in epoch milliseconds of the component's clock. */
  readonly measuredMs: number;
}

export interface RuntimeReader {
  /** @param name one of `RUNTIME_METRICS` */
  latest(environment: string, component: string, name: string): RuntimeReading | undefined;
}

/** Values kept: three each of some thousands of components. */
const READING_COUNT_MAX = 20_000;

export class RuntimeReadings implements RuntimeReader {
  readonly #readings: BoundedMap<string, RuntimeReading>;

  constructor(countMax: number = READING_COUNT_MAX) {
    this.#readings = new BoundedMap(countMax);
  }

  /** Takes what a request says. What was measured before what is known already changes nothing. */
  note({ resources }: Pick<MetricBatch, 'resources'>): void {
    for (const { resource, readings } of resources) {
      const environment = environmentOf(resource);
      const component = componentOf(resource).text;
      for (const { name, value, timeUnixNano } of readings) {
        const key = keyOf(environment, component, name);
        const measuredMs = Number(timeUnixNano / 1_000_000n);
        const known = this.#readings.get(key);
        if (known === undefined || known.measuredMs <= measuredMs) this.#readings.set(key, { value, measuredMs });
      }
    }
  }

  latest(environment: string, component: string, name: string): RuntimeReading | undefined {
    return this.#readings.get(keyOf(environment, component, name));
  }
}

function keyOf(environment: string, component: string, name: string): string {
  return JSON.stringify([environment, component, name]);
}
