// SPDX-License-Identifier: Apache-2.0
/** Which cell of the matrix is chosen, how that stands in the address, and where a key leads from it. Pure. */
import type { Matrix } from './matrix.js';

export interface Cell {
  readonly environment: string;
  readonly subject: string;
  readonly observer: string;
}

/** `observer|subject`, and `observer|subject|environment` where it has a name. */
export function cellText({ observer, subject, environment }: Cell): string {
  const parts = environment === '' ? [observer, subject] : [observer, subject, environment];
  return parts.map((part) => part.replaceAll('%', '%25').replaceAll('|', '%7C')).join('|');
}

/** `undefined` where the text names none. */
export function cellIn(text = ''): Cell | undefined {
  const [observer, subject, environment = ''] = text
    .split('|')
    .map((part) => part.replaceAll('%7C', '|').replaceAll('%25', '%'));
  return observer && subject ? { environment, subject, observer } : undefined;
}

export interface Place {
  readonly row: number;
  readonly column: number;
}

/** Rows that a page has, for whoever turns it with a key. */
const PAGE_ROWS = 20;

/**
 * Where a key leads, in a table of these many rows and columns; `undefined` for a key that leads nowhere. With `isFar` an arrow goes to the
 * next cell in which something stands, as in a spreadsheet.
 */
export function placeAfter(
  key: string,
  { row, column }: Place,
  { rows, columns }: Pick<Matrix, 'rows' | 'columns'>,
  isFar: boolean,
): Place | undefined {
  const last = { row: rows.length - 1, column: columns.length - 1 };
  const step = STEPS[key];
  if (step) {
    const isWithin = (place: Place): boolean =>
      place.row >= 0 && place.column >= 0 && place.row <= last.row && place.column <= last.column;
    const beyond = (place: Place): Place => ({ row: place.row + step.row, column: place.column + step.column });
    const next = beyond({ row, column });
    if (!isWithin(next)) return { row, column };
    if (!isFar) return next;
    for (let place = next; isWithin(place); place = beyond(place)) {
      const observer = columns[place.column]?.observer;
      if (observer !== undefined && rows[place.row]?.found.has(observer)) return place;
    }
    return { row, column };
  }
  if (key === 'Home') return { row: isFar ? 0 : row, column: 0 };
  if (key === 'End') return { row: isFar ? last.row : row, column: last.column };
  if (key === 'PageUp') return { row: Math.max(0, row - PAGE_ROWS), column };
  return key === 'PageDown' ? { row: Math.min(last.row, row + PAGE_ROWS), column } : undefined;
}

const STEPS: Readonly<Record<string, Place>> = {
  ArrowUp: { row: -1, column: 0 },
  ArrowDown: { row: 1, column: 0 },
  ArrowLeft: { row: 0, column: -1 },
  ArrowRight: { row: 0, column: 1 },
};
