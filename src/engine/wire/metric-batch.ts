// SPDX-License-Identifier: Apache-2.0
/**
 * What the decoders of metrics hand on: the latest value of each metric that is read, and how many points there were. Points
 * of one metric become one value, so that whatever a request repeats, a few numbers remain of it.
 */
import type { Attributes } from '../../model/attributes.js';
import { type Combination, RUNTIME_METRICS } from '../../model/runtime-metrics.js';
import type { AttributeDraft } from './span-builder.js';

export interface MetricReading {
  /** A name of `RUNTIME_METRICS`. */
  readonly name: string;
  /** Of a histogram or a summary: its sum. */
  readonly value: number;
  readonly timeUnixNano: bigint;
}

export interface ResourceReadings {
  readonly resource: Attributes;
  readonly readings: readonly MetricReading[];
}

/** The metrics of one export request. */
export interface MetricBatch {
  readonly resources: readonly ResourceReadings[];
  readonly dataPointCount: number;
  /** Points that are not what they should be. */
  readonly rejectedPoints: number;
  /** Why the first of them was refused and what to do; empty where none was. */
  readonly rejectedMessage: string;
}

/** A point while it is read. */
export interface PointDraft {
  value: number | undefined;
  timeUnixNano: bigint;
  /** What is wrong with it, or empty. */
  fault: string;
}

export class MetricBatchBuilder {
  resource: AttributeDraft = {};
  /** The point being read; one object for all. */
  readonly point: PointDraft = { value: undefined, timeUnixNano: 0n, fault: '' };
  readonly #resources: ResourceReadings[] = [];
  #readings = new Map<string, MetricReading>();
  #count = 0;
  #rejected = 0;
  #rejectedMessage = '';

  beginPoint(): void {
    this.point.value = undefined;
    this.point.timeUnixNano = 0n;
    this.point.fault = '';
  }

  /** @param name its metric's, where that is read */
  endPoint(name: string | undefined): void {
    const { value, timeUnixNano, fault } = this.point;
    if (fault !== '') {
      this.#rejectedMessage ||= `data point ${this.#count + this.#rejected + 1} of the request was refused: ${fault}`;
      this.#rejected++;
      return;
    }
    this.#count++;
    if (name === undefined || value === undefined || !Number.isFinite(value)) return;
    const before = this.#readings.get(name);
    // Points of one collection have one time; an older one is an earlier collection.
    if (before !== undefined && before.timeUnixNano > timeUnixNano) return;
    const isLater = before === undefined || before.timeUnixNano < timeUnixNano;
    const combined = isLater ? value : combine(RUNTIME_METRICS[name] as Combination, before.value, value);
    this.#readings.set(name, { name, value: combined, timeUnixNano });
  }

  endResource(): void {
    if (this.#readings.size > 0) {
      this.#resources.push({ resource: this.resource, readings: [...this.#readings.values()] });
      this.#readings = new Map();
    }
    this.resource = {};
  }

  finish(): MetricBatch {
    return {
      resources: this.#resources,
      dataPointCount: this.#count,
      rejectedPoints: this.#rejected,
      rejectedMessage: this.#rejectedMessage,
    };
  }
}

function combine(how: Combination, before: number, value: number): number {
  return how === 'sum' ? before + value : Math.max(before, value);
}
