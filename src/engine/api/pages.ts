// SPDX-License-Identifier: Apache-2.0
/**
 * Long lists a page at a time. A cursor names the last item of a page, so that what comes and goes meanwhile moves nothing else: no item
 * that stays is told twice or left out. Pure.
 */
import { PanoramaError } from '../../model/errors.js';
import { compareTexts } from '../../model/text-order.js';

export interface Page<T> {
  readonly items: readonly T[];
  /** What to ask for next; `null` on the last page. */
  readonly cursor: string | null;
}

export interface PageQuery {
  /** Items of a page; all where it is left out. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/**
 * @param items sorted by their keys
 * @param keyOf what an item is known by: no other one has the same
 */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => readonly string[],
  { limit, cursor }: PageQuery,
): Page<T> {
  const after = cursor === undefined ? undefined : keyIn(cursor);
  const from = after === undefined ? 0 : firstAfter(items, keyOf, after);
  const shown = items.slice(from, limit === undefined ? undefined : from + limit);
  const last = shown.at(-1);
  const isLast = last === undefined || from + shown.length >= items.length;
  return { items: shown, cursor: isLast ? null : cursorOf(keyOf(last)) };
}

function firstAfter<T>(items: readonly T[], keyOf: (item: T) => readonly string[], key: readonly string[]): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(keyOf(items[middle] as T), key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (const [index, part] of a.entries()) {
    const order = compareTexts(part, b[index] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function cursorOf(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function keyIn(cursor: string): readonly string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.length <= 3 && key.every((part) => typeof part === 'string')) return key;
  } catch {
    // As below.
  }
  throw new PanoramaError('PANO_QUERY_INVALID', 'cursor: must be one that an earlier page gave');
}
