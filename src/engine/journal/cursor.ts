// SPDX-License-Identifier: Apache-2.0
/** Where a page of history ended: the time and the number of its last item, which are enough to go on from there. */
import { PanoramaError } from '../../model/errors.js';

/** A place in a history that is ordered by time, and by number where times are the same. */
export interface Place {
  readonly atMs: number;
  readonly number: number;
}

export function formatCursor({ atMs, number }: Place): string {
  return `${atMs}_${number}`;
}

/** @throws PanoramaError PANO_QUERY_INVALID */
export function parseCursor(text: string): Place {
  const [, atMs, number] = /^(\d{1,16}(?:\.\d{1,16})?)_(\d{1,16})$/.exec(text) ?? [];
  if (atMs !== undefined && number !== undefined) return { atMs: Number(atMs), number: Number(number) };
  throw new PanoramaError('PANO_QUERY_INVALID', 'cursor: must be one that a page of history gave');
}
