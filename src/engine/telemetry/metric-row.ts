// SPDX-License-Identifier: Apache-2.0
/** What a row of the table of metrics says: a name and a unit for whoever reads it, and how it is read. */
import type { Attributes } from '@opentelemetry/api';
import type { EngineStatus } from './engine-status.js';

/** One value of a metric. */
export interface Point {
  readonly value: number;
  readonly attributes?: Attributes;
}

export interface MetricRow {
  readonly name: string;
  /** An up-down counter's values may be added up over engines, a gauge's may not. */
  readonly kind: 'counter' | 'up-down counter' | 'gauge';
  readonly unit: string;
  readonly description: string;
  readonly attributes?: readonly string[];
  readonly read: (status: EngineStatus) => number | readonly Point[];
}

/** What is recorded as it happens. */
export interface HistogramRow {
  readonly name: string;
  readonly unit: 's';
  readonly description: string;
  readonly attributes: readonly string[];
  readonly boundaries: readonly number[];
}

/** A value for each name, told apart by an attribute. */
export function byName(values: Readonly<Record<string, number>>, attribute: string): Point[] {
  return Object.entries(values).map(([name, value]) => ({ value, attributes: { [attribute]: name } }));
}
