// SPDX-License-Identifier: Apache-2.0
/** Reads a part of the history: the newest pages first, and from then on only what is new, so that a page may watch for hours. */
import type { EventJson, EvidenceJson } from '../../../src/engine/api/shapes.js';
import type { Chronicle } from '../state/chronicle.js';
import type { Api, Query } from './api.js';

/** Items of an answer. */
export const PAGE_COUNT = 1000;

/** Who watches for long reads from the newest again, before the page keeps so many more than were wanted. */
const SURPLUS_COUNT = 3000;

/** What is written late may be older than what was read already, in ms. */
const LATE_MS = 5000;

export interface Reading<T extends { readonly atMs: number }> {
  readonly chronicle: Chronicle<T>;
  /** Of the next older page; `null` where all was read. */
  readonly cursor: string | null;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

export interface ReadParts<T extends { readonly atMs: number }> {
  readonly sinceMs: number;
  /** `undefined` where it goes on. */
  readonly untilMs: number | undefined;
  /** How many are read at the least, if there are as many. */
  readonly wantedCount: number;
  readonly page: (wanted: Query) => Promise<Page<T>>;
  readonly empty: () => Chronicle<T>;
}

/** @param before what the same question came to the last time */
export async function readOn<T extends { readonly atMs: number }>(
  before: Reading<T> | undefined,
  { sinceMs, untilMs, wantedCount, page, empty }: ReadParts<T>,
): Promise<Reading<T>> {
  const isFull = before !== undefined && before.chronicle.size > wantedCount + SURPLUS_COUNT;
  const known = isFull ? undefined : before;
  const chronicle = known?.chronicle ?? empty();
  /** Takes pages until there is no older one, or enough. Answers with where it stopped. */
  const take = async (since: number, from: string | undefined, isEnough: () => boolean): Promise<string | null> => {
    let cursor: string | null | undefined = from;
    do {
      const bounds = { since: Math.floor(since), until: untilMs && Math.ceil(untilMs) };
      const { items, cursor: next } = await page({ ...bounds, limit: PAGE_COUNT, cursor });
      chronicle.take(items);
      cursor = next;
    } while (cursor !== null && !isEnough());
    return cursor;
  };
  const isEnough = (): boolean => chronicle.size >= wantedCount;
  if (known === undefined) return { chronicle, cursor: await take(sinceMs, undefined, isEnough) };
  await take(Math.max(sinceMs, (chronicle.newestMs ?? sinceMs) - LATE_MS), undefined, () => false);
  if (known.cursor === null || isEnough()) return { chronicle, cursor: known.cursor };
  return { chronicle, cursor: await take(sinceMs, known.cursor, isEnough) };
}

/**
 * Changes that were heard already need not be asked for: everybody's history goes on with those. `undefined` where some are missing, or
 * where so many have come together that it is read anew.
 *
 * @param heard all changes above `heardAfter`, in order
 */
export function heardOn(
  before: Reading<EventJson>,
  heard: readonly EventJson[],
  heardAfter: number,
  wantedCount: number,
): Reading<EventJson> | undefined {
  const { chronicle } = before;
  const isEnough = before.cursor === null || chronicle.size >= wantedCount;
  if (!isEnough || chronicle.lastSeq < heardAfter || chronicle.size > wantedCount + SURPLUS_COUNT) return undefined;
  const news = heard.filter(({ seq }) => seq > chronicle.lastSeq);
  if (news.length === 0) return before;
  chronicle.take(news);
  return { ...before };
}

/** Pages of changes: everybody's, or those of one subject. */
export function transitionPages(api: Api, whose: Query = {}): (wanted: Query) => Promise<Page<EventJson>> {
  return async (wanted) => {
    const query = { ...whose, ...wanted };
    const { transitions, cursor } = await api.get<{ transitions: EventJson[]; cursor: string | null }>(
      'history',
      query,
    );
    return { items: transitions, cursor };
  };
}

/** Pages of what did not go well. */
export function evidencePages(api: Api, whose: Query): (wanted: Query) => Promise<Page<EvidenceJson>> {
  return async (wanted) => {
    const query = { ...whose, ...wanted };
    const { evidence, cursor } = await api.get<{ evidence: EvidenceJson[]; cursor: string | null }>(
      'history/evidence',
      query,
    );
    return { items: evidence, cursor };
  };
}
