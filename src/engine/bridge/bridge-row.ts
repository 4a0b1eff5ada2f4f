// SPDX-License-Identifier: Apache-2.0
/** What a row of the bridge's table says: a metric's name and unit for whoever reads it, and how it is read from what the engine says now. */
import type { Attributes } from '@opentelemetry/api';
import { HealthStatus } from '../../model/status.js';
import type { Verdict } from '../../model/verdict.js';
import type { ViewStatus } from '../engine-reader.js';
import type { Exemplar, Tallies } from './tallies.js';

/** Every status that anything can have. */
export const STATUSES: readonly HealthStatus[] = Object.values(HealthStatus).filter(
  (each) => each !== HealthStatus.INVALID,
);

/** What the engine says at one moment. */
export interface Snapshot {
  readonly verdicts: readonly Verdict[];
  readonly views: readonly ViewStatus[];
  /** Views that were left out because there are too many. */
  readonly viewsLeftOut: number;
  readonly callsByStatus: ReadonlyMap<HealthStatus, number>;
  readonly tallies: Tallies;
}

export interface Point {
  readonly value: number;
  readonly attributes: Attributes;
  readonly exemplar?: Exemplar | undefined;
}

export interface BridgeRow {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  /** UCUM, or a word in curly braces for what is counted. */
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
  /** Whether several verdicts may tell one series together. */
  readonly isShared?: boolean;
  readonly read: (snapshot: Snapshot) => Iterable<Point>;
}
