// SPDX-License-Identifier: Apache-2.0
/** The columns of a request as they lie in memory that two threads see: one after the other, the widest numbers first. */
import { ID_WORDS } from '../wire/span-batch.js';

/** Of one row: two times of eight bytes, its ids, where it stands in the body, and its form's number. */
export const ROW_BYTES: number = 2 * 8 + 4 * ID_WORDS + 3 * 4;

/** Float64 numbers lie at multiples of this. */
const ALIGNMENT = 8;

export interface SharedColumns {
  readonly endMs: Float64Array;
  readonly durationMs: Float64Array;
  readonly ids: Uint32Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly forms: Uint32Array;
}

/** Where columns begin behind a body. */
export function columnsStart(bodyLength: number): number {
  return Math.ceil(bodyLength / ALIGNMENT) * ALIGNMENT;
}

/** @param start a multiple of eight */
export function columnsAt(memory: ArrayBufferLike, start: number, count: number): SharedColumns {
  let at = start;
  const next = (bytesPerRow: number): number => {
    const begin = at;
    at += bytesPerRow * count;
    return begin;
  };
  return {
    endMs: new Float64Array(memory, next(8), count),
    durationMs: new Float64Array(memory, next(8), count),
    ids: new Uint32Array(memory, next(4 * ID_WORDS), ID_WORDS * count),
    from: new Uint32Array(memory, next(4), count),
    to: new Uint32Array(memory, next(4), count),
    forms: new Uint32Array(memory, next(4), count),
  };
}
