// SPDX-License-Identifier: Apache-2.0
/** How a page reads the history: the newest first, then only what is new, and older pages when they are wanted. */
import { describe, expect, it } from 'vitest';
import type { EventJson } from '../../src/engine/api/shapes.js';
import { changes } from '../../web/src/state/chronicle.js';
import type { Query } from '../../web/src/wire/api.js';
import { heardOn, PAGE_COUNT, type Reading, readOn } from '../../web/src/wire/reading.js';
import { eventOf } from './state/stated.js';

/** An engine's history with changes a second apart, in fractions of a millisecond, and what it was asked. */
class Told {
  readonly asked: Query[] = [];
  readonly #events: EventJson[] = [];

  add(count: number): void {
    for (let more = 0; more < count; more++) {
      const seq = this.#events.length + 1;
      this.#events.push(eventOf(seq, seq * 1000 + 0.25, { subject: 'db' }));
    }
  }

  page = async (wanted: Query) => {
    this.asked.push(wanted);
    const { since, limit, cursor } = wanted as { since: number; limit: number; cursor: string | undefined };
    const below = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
    const known = this.#events.filter(({ seq, atMs }) => atMs >= since && seq < below).reverse();
    const items = known.slice(0, limit);
    return { items, cursor: known.length > limit ? String(items.at(-1)?.seq) : null };
  };

  read(before: Reading<EventJson> | undefined, wantedCount: number): Promise<Reading<EventJson>> {
    return readOn(before, { sinceMs: 0, untilMs: undefined, wantedCount, page: this.page, empty: changes });
  }
}

describe('a page that reads the history', () => {
  it('reads as many pages as are wanted, and older ones when more are', async () => {
    const told = new Told();
    told.add(3500);
    const first = await told.read(undefined, 2000);
    expect([first.chronicle.size, first.chronicle.oldestMs]).toEqual([2 * PAGE_COUNT, 1_501_000.25]);
    expect(first.cursor).not.toBeNull();
    const more = await told.read(first, 4000);
    expect([more.chronicle.size, more.cursor]).toEqual([3500, null]);
  });

  it('asks then only for what is new, and a little before it for what was written late', async () => {
    const told = new Told();
    told.add(50);
    const first = await told.read(undefined, 2000);
    told.add(10);
    told.asked.length = 0;
    const second = await told.read(first, 2000);
    expect(told.asked).toMatchObject([{ since: 45_000 }]);
    expect([second.chronicle.size, second.chronicle.newestMs]).toEqual([60, 60_000.25]);
  });

  it('goes on with the changes that were heard, and asks again where some are missing', async () => {
    const told = new Told();
    told.add(50);
    const first = await told.read(undefined, 2000);
    const heard = [49, 50, 51, 52].map((seq) => eventOf(seq, seq * 1000, { subject: 'db' }));
    const second = heardOn(first, heard, 48, 2000);
    expect([second?.chronicle.size, second?.chronicle.lastSeq]).toEqual([52, 52]);
    expect(heardOn(first, heard, 48, 2000)).toBe(first);
    const later = [60, 61].map((seq) => eventOf(seq, seq * 1000, { subject: 'db' }));
    expect(heardOn(first, later, 59, 2000)).toBeUndefined();
    expect(first.chronicle.size).toBe(52);
  });

  it('begins with the newest again when it has watched for so long that it keeps too many', async () => {
    const told = new Told();
    told.add(1000);
    let reading = await told.read(undefined, 1000);
    for (let round = 0; round < 8; round++) {
      told.add(1000);
      reading = await told.read(reading, 1000);
      expect(reading.chronicle.size).toBeLessThanOrEqual(5000);
    }
    expect(reading.chronicle.newestMs).toBe(9_000_000.25);
  });
});
