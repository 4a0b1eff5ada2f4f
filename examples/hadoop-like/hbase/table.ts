// SPDX-License-Identifier: Apache-2.0
/**
 * The one table, `usertable` as YCSB names it: rows in order, cut into regions at fixed split points. Rows begin with a
 * salt, two hexadecimal digits of the key's hash, so that popular keys do not all lie in one region.
 */
import { createHash } from 'node:crypto';

/** Where the regions begin. */
const START_ROWS = ['', '4', '8', 'c'] as const;

/** All regions' names, in the order of their rows: `usertable_4` begins at row `4`. */
export const REGIONS: readonly string[] = START_ROWS.map((start) => `usertable_${start}`);

/** One change of one row. */
export interface Edit {
  readonly region: string;
  readonly row: string;
  readonly value: string;
}

/** One row as it is read. */
export interface Cell {
  readonly row: string;
  readonly value: string;
}

/** The row of a key. */
export function rowOf(key: string): string {
  return `${createHash('sha256').update(key).digest('hex').slice(0, 2)}_${key}`;
}

/** The region that a row lies in. */
export function regionOf(row: string): string {
  const start = START_ROWS.findLast((candidate) => candidate <= row) ?? '';
  return `usertable_${start}`;
}

/** Some row of a region, for who needs one there and does not care which. */
export function rowIn(region: string, name: string): string {
  return `${region.slice('usertable_'.length)}0_${name}`;
}
