// SPDX-License-Identifier: Apache-2.0
/** What every store must do. An implementation's test calls this with a way to make an empty one. */
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/engine/store/store.js';
import type { Observation } from '../../src/model/observation.js';
import { HealthStatus } from '../../src/model/status.js';
import { ENTRIES_PER_VIEW_MAX } from '../../src/model/view.js';

let lastId = 0;

function observation(given: Partial<Observation> = {}): Observation {
  return {
    id: String(++lastId),
    environment: '',
    observer: 'c1',
    subject: 'db',
    resolution: 'service',
    operation: 'SELECT',
    status: HealthStatus.HEALTHY,
    reason: 'ok',
    source: 'caller',
    count: 1,
    observedMs: 0,
    windowMs: 0,
    evidence: [],
    ...given,
  };
}

const DB = { environment: '', subject: 'db' };

export function storeContract(makeStore: (options: { viewCountMax: number }) => Store): void {
  const empty = () => makeStore({ viewCountMax: 100 });
  const viewsOf = (store: Store, subject = 'db') => [...(store.panorama({ environment: '', subject })?.views ?? [])];

  describe('a store', () => {
    it('keeps one view for each observer, operation and source', () => {
      const store = empty();
      for (const given of [{}, { observer: 'c2' }, { operation: 'INSERT' }, { source: 'probe' as const }, {}]) {
        store.append(observation(given), 1);
      }
      expect(
        viewsOf(store)
          .map(({ entries }) => entries.length)
          .sort(),
      ).toEqual([1, 1, 1, 2]);
      expect(store.counts()).toMatchObject({ subjects: 1, views: 4, evictedViews: 0 });
    });

    it('keeps the entries of a view in order of time, however they arrive, and only the newest of them', () => {
      const store = empty();
      const times = Array.from({ length: ENTRIES_PER_VIEW_MAX + 5 }, (_, index) => index);
      for (const atMs of [...times].sort((a, b) => (a % 3) - (b % 3))) store.append(observation(), atMs);
      const kept = viewsOf(store)[0]?.entries.map(({ atMs }) => atMs) ?? [];
      expect(kept).toHaveLength(ENTRIES_PER_VIEW_MAX);
      expect(kept).toEqual([...kept].sort((a, b) => a - b));
      expect(kept.at(-1)).toBe(times.at(-1));
    });

    it('keeps environments apart', () => {
      const store = empty();
      store.append(observation({ environment: 'prod' }), 1);
      expect(store.panorama(DB)).toBeUndefined();
      expect(store.panorama({ environment: 'prod', subject: 'db' })).toBeDefined();
    });

    it('moves an address’s views to the instance, merging what both have in order of time', () => {
      const store = empty();
      store.append(observation({ subject: '10.0.0.1:5432', resolution: 'address' }), 1);
      store.append(observation({ subject: '10.0.0.1:5432', resolution: 'address' }), 3);
      store.append(observation({ subject: 'db/a', resolution: 'instance' }), 2);
      expect(store.rename('', '10.0.0.1:5432', { text: 'db/a', resolution: 'instance' })).toBe(true);
      expect(viewsOf(store, 'db/a').map(({ entries }) => entries.map(({ atMs }) => atMs))).toEqual([[1, 2, 3]]);
      expect(store.counts()).toMatchObject({ subjects: 1, views: 1 });
      expect(store.rename('', 'nobody', { text: 'db/a', resolution: 'instance' })).toBe(false);
    });

    it('forgets the view least recently seen when it is full, and says so', () => {
      const store = makeStore({ viewCountMax: 3 });
      for (const [atMs, observer] of ['c1', 'c2', 'c3', 'c1', 'c4'].entries())
        store.append(observation({ observer }), atMs);
      expect(
        viewsOf(store)
          .map(({ observer }) => observer)
          .sort(),
      ).toEqual(['c1', 'c3', 'c4']);
      expect(store.counts()).toMatchObject({ views: 3, evictedViews: 1 });
      expect(store.takeEvicted()).toEqual([]);
    });

    it('names the subjects that it forgot to make room, once', () => {
      const store = makeStore({ viewCountMax: 2 });
      for (const subject of ['a', 'b', 'c']) store.append(observation({ subject }), 1);
      expect(store.takeEvicted()).toEqual([{ environment: '', subject: 'a' }]);
      expect(store.takeEvicted()).toEqual([]);
    });

    it('is not pushed out by a flood of subjects while it is seen itself', () => {
      const store = makeStore({ viewCountMax: 10 });
      for (let index = 0; index < 1000; index++) {
        store.append(observation({ subject: `flood-${index}` }), index);
        store.append(observation(), index);
      }
      expect(store.panorama(DB)).toBeDefined();
      expect(store.counts().views).toBe(10);
    });

    it('forgets what is too old: views first, then subjects with none left', () => {
      const store = empty();
      store.append(observation(), 1);
      store.append(observation({ observer: 'c2' }), 5);
      store.append(observation({ subject: 'old' }), 2);
      expect(store.expire(4)).toEqual([{ environment: '', subject: 'old' }]);
      expect(viewsOf(store).map(({ observer }) => observer)).toEqual(['c2']);
      expect(store.counts()).toMatchObject({ subjects: 1, views: 1 });
    });

    it('knows a subject better over time: an address that turns out to be a service stays one', () => {
      const store = empty();
      store.append(observation({ resolution: 'address' }), 1);
      store.append(observation({ resolution: 'service' }), 2);
      store.append(observation({ resolution: 'address' }), 3);
      expect(store.panorama(DB)?.subject.resolution).toBe('service');
    });
  });
}
