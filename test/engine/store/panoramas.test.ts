// SPDX-License-Identifier: Apache-2.0
/** Every view there is: found by its names, bounded, moved when an address turns out to be somebody. */
import { describe, expect, it } from 'vitest';
import { Panoramas, type PanoramasOptions } from '../../../src/engine/store/panoramas.js';
import type { View } from '../../../src/engine/store/records.js';
import { judgedAt, numbersOf, seenMs } from '../../../src/engine/store/view-table.js';
import { SequentialJudge } from '../../../src/engine/verdict/sequential.js';
import type { Observation } from '../../../src/model/observation.js';
import { HealthStatus } from '../../../src/model/status.js';
import { failureOf, observationOf } from './observations.js';

const judge = new SequentialJudge();
const ADDRESS = { subject: '10.0.0.1:5432', resolution: 'address' } as const;
const INSTANCE = { text: 'db/a', resolution: 'instance' } as const;

const panoramasOf = (options: PanoramasOptions = {}) => new Panoramas(judge, options);
const viewsOf = (panoramas: Panoramas, subject = 'db', environment = '') =>
  [...(panoramas.subject({ environment, subject })?.operations.values() ?? [])].flatMap(({ views }) => [
    ...views.values(),
  ]);
const observersOf = (panoramas: Panoramas, subject = 'db') =>
  viewsOf(panoramas, subject)
    .map(({ observer }) => observer.name)
    .sort();
const readingOf = (view: View, nowMs: number) => judge.read(view.cells, judgedAt(view), nowMs);

describe('views', () => {
  it('are one for each observer, operation and way of speaking, found again by every word of it', () => {
    const panoramas = panoramasOf();
    const given: Partial<Observation>[] = [{}, { observer: 'c2' }, { operation: 'INSERT' }, { source: 'probe' }, {}];
    const views = given.map((each, index) => panoramas.observe(observationOf(each), index));
    expect(new Set(views).size).toBe(4);
    expect(views[4]).toBe(views[0]);
    expect(panoramas.counts()).toMatchObject({ subjects: 1, observers: 3, views: 4, evictedViews: 0 });
    expect(seenMs(views[0] as View)).toBe(4);
  });

  it('of two environments are never one, nor are their observers', () => {
    const panoramas = panoramasOf();
    const prod = panoramas.observe(observationOf({ environment: 'prod' }), 1);
    const test = panoramas.observe(observationOf({ environment: 'test' }), 1);
    expect(prod.observer).not.toBe(test.observer);
    expect(panoramas.subject({ environment: '', subject: 'db' })).toBeUndefined();
    expect(viewsOf(panoramas, 'db', 'prod')).toEqual([prod]);
  });

  it('are found without being made', () => {
    const panoramas = panoramasOf();
    const view = panoramas.observe(observationOf(), 1);
    expect(panoramas.find('', 'db', 'SELECT', 'c1')).toBe(view);
    for (const [subject, operation, observer] of [
      ['web', 'SELECT', 'c1'],
      ['db', 'INSERT', 'c1'],
      ['db', 'SELECT', 'c2'],
    ] as const) {
      expect(panoramas.find('', subject, operation, observer)).toBeUndefined();
    }
    expect(panoramas.counts().views).toBe(1);
  });

  it('that arrive late do not make their view seen earlier', () => {
    const panoramas = panoramasOf();
    panoramas.observe(observationOf(), 5000);
    expect(seenMs(panoramas.observe(observationOf(), 1000))).toBe(5000);
  });
});

describe('a subject', () => {
  it('is known better over time: an address that turns out to be a service stays one', () => {
    const panoramas = panoramasOf();
    for (const resolution of ['address', 'service', 'address'] as const) {
      panoramas.observe(observationOf({ resolution }), 1);
    }
    expect(panoramas.subject({ environment: '', subject: 'db' })?.identity.resolution).toBe('service');
  });

  it('that is an instance is found by its service, until nothing is recorded of it', () => {
    const panoramas = panoramasOf();
    const views = ['db/a', 'db/b'].map((subject) =>
      panoramas.observe(observationOf({ subject, resolution: 'instance' }), 1),
    );
    panoramas.observe(observationOf(), 1);
    const instances = () => [...panoramas.instancesOf('', 'db')].map(({ identity }) => identity.text);
    expect(instances()).toEqual(['db/a', 'db/b']);
    for (const view of views) panoramas.forget(view);
    expect(instances()).toEqual([]);
  });

  it('that is suspected stays although nobody calls it', () => {
    const panoramas = panoramasOf();
    const subject = panoramas.makeSubject('', { text: 'c1', resolution: 'service' });
    subject.suspicion = { reason: 'alone', complaintCount: 3, subjectCount: 3, sinceMs: 0 };
    panoramas.dropIfEmpty(subject);
    expect(panoramas.subject({ environment: '', subject: 'c1' })).toBe(subject);
    subject.suspicion = undefined;
    panoramas.dropIfEmpty(subject);
    expect(panoramas.subject({ environment: '', subject: 'c1' })).toBeUndefined();
    expect(panoramas.counts().subjects).toBe(0);
  });
});

describe('when there is no more room', () => {
  it('the view seen least recently goes, and is counted', () => {
    const panoramas = panoramasOf({ viewCountMax: 3 });
    for (const [atMs, observer] of ['c1', 'c2', 'c3', 'c1', 'c4'].entries()) {
      panoramas.observe(observationOf({ observer }), atMs);
    }
    expect(observersOf(panoramas)).toEqual(['c1', 'c3', 'c4']);
    expect(panoramas.counts()).toMatchObject({ views: 3, observers: 3, evictedViews: 1 });
  });

  it('subjects, operations and observers go with the last of their views, whole when it is told', () => {
    const panoramas = panoramasOf({ viewCountMax: 1 });
    const gone: string[] = [];
    panoramas.onGone = ({ operation, observer, isGone }) => {
      gone.push(`${operation.subject.identity.text} ${operation.views.size} ${observer.subjects.size} ${isGone}`);
    };
    for (const subject of ['a', 'b', 'c']) panoramas.observe(observationOf({ subject, observer: `of-${subject}` }), 1);
    expect(gone).toEqual(['a 1 1 false', 'b 1 1 false']);
    expect(panoramas.counts()).toMatchObject({ subjects: 1, observers: 1, views: 1, evictedViews: 2 });
    expect([...panoramas.subjects()].map(({ identity }) => identity.text)).toEqual(['c']);
  });

  it('a flood pushes nobody out who is seen all the time', () => {
    const panoramas = panoramasOf({ viewCountMax: 10 });
    const view = panoramas.observe(observationOf(), 0);
    for (let index = 0; index < 1000; index++) {
      panoramas.observe(observationOf({ subject: `flood-${index}` }), index);
      panoramas.observe(observationOf(), index);
    }
    expect(view.isGone).toBe(false);
    expect(panoramas.counts().views).toBe(10);
  });

  it('a new view begins with nothing of the one whose place it takes', () => {
    const panoramas = panoramasOf({ viewCountMax: 1 });
    for (let atMs = 0; atMs < 5000; atMs += 1000) panoramas.observe(failureOf(), atMs);
    const view = panoramas.viewOf(observationOf({ observer: 'c2' }));
    expect([...numbersOf(view, panoramas.cellCount)].every((cell) => cell === 0)).toBe(true);
    expect(view).toMatchObject({ status: HealthStatus.NA, complains: false, evidence: [] });
  });

  it('the oldest traces go, and are counted', () => {
    const panoramas = panoramasOf({ evidenceCountMax: 5 });
    for (let index = 0; index < 20; index++) panoramas.observe(failureOf({ observer: `c${index % 4}` }), index);
    const { evidence, evictedEvidence } = panoramas.counts();
    expect(evidence).toBeLessThanOrEqual(5);
    expect(evidence + evictedEvidence).toBe(20);
  });
});

describe('evidence', () => {
  it('is the newest of a view, and gone when the view is well again', () => {
    const panoramas = panoramasOf();
    let view = panoramas.observe(failureOf(), 0);
    for (let atMs = 1; atMs < 30; atMs++) view = panoramas.observe(failureOf(), atMs);
    expect(view.evidence.map(({ atMs }) => atMs)).toEqual([22, 23, 24, 25, 26, 27, 28, 29]);
    panoramas.setStatus(view, HealthStatus.UNHEALTHY, true);
    expect(panoramas.setStatus(view, HealthStatus.HEALTHY, false)).toBe(true);
    expect(view.evidence).toEqual([]);
    expect(panoramas.counts().evidence).toBe(0);
  });
});

describe('what a view says', () => {
  it('is counted for its observer and its operation, and taken off again', () => {
    const panoramas = panoramasOf();
    const view = panoramas.observe(failureOf(), 0);
    const counts = () => {
      const { speaking, complaints, views } = view.observer.subjects.get(view.operation.subject) ?? {};
      return [views, speaking, complaints, view.operation.illCount];
    };
    expect(counts()).toEqual([1, 0, 0, 0]);
    expect(panoramas.setStatus(view, HealthStatus.UNHEALTHY, true)).toBe(true);
    expect(panoramas.setStatus(view, HealthStatus.UNHEALTHY, true)).toBe(false);
    expect(counts()).toEqual([1, 1, 1, 1]);
    panoramas.setStatus(view, HealthStatus.HEALTHY, false);
    expect(counts()).toEqual([1, 1, 0, 0]);
    panoramas.setStatus(view, HealthStatus.NA, false);
    expect(counts()).toEqual([1, 0, 0, 0]);
  });
});

describe('an address that turns out to be an instance', () => {
  it('hands over its views, with what they saw', () => {
    const panoramas = panoramasOf();
    for (let atMs = 0; atMs <= 4000; atMs += 1000) panoramas.observe(failureOf(ADDRESS), atMs);
    panoramas.observe(observationOf({ ...ADDRESS, observer: 'c2' }), 1000);
    expect(panoramas.rename('', ADDRESS.subject, INSTANCE)).toBe(true);
    expect(observersOf(panoramas, 'db/a')).toEqual(['c1', 'c2']);
    const [view] = viewsOf(panoramas, 'db/a') as [View];
    expect(readingOf(view, 4000)).toMatchObject({ status: HealthStatus.UNHEALTHY, sinceMs: 0, lastMs: 4000 });
    expect(view.evidence).toHaveLength(5);
    expect(seenMs(view)).toBe(4000);
    expect(panoramas.subject({ environment: '', subject: ADDRESS.subject })).toBeUndefined();
    expect(panoramas.counts()).toMatchObject({ subjects: 1, views: 2, evidence: 5 });
  });

  it('is merged into what is known of the instance', () => {
    const panoramas = panoramasOf();
    for (let atMs = 0; atMs <= 4000; atMs += 1000) {
      panoramas.observe(failureOf({ ...ADDRESS }), atMs);
      panoramas.observe(failureOf({ subject: 'db/a', resolution: 'instance' }), 2000 + atMs);
    }
    panoramas.rename('', ADDRESS.subject, INSTANCE);
    const views = viewsOf(panoramas, 'db/a');
    expect(views).toHaveLength(1);
    expect(readingOf(views[0] as View, 6000)).toMatchObject({
      status: HealthStatus.UNHEALTHY,
      sinceMs: 0,
      lastMs: 6000,
    });
  });

  it('is nobody where nothing was recorded, or where it is itself', () => {
    const panoramas = panoramasOf();
    panoramas.observe(observationOf(), 1);
    expect(panoramas.rename('', 'nobody', INSTANCE)).toBe(false);
    expect(panoramas.rename('', 'db', { text: 'db', resolution: 'service' })).toBe(false);
    expect(panoramas.counts().views).toBe(1);
  });

  it('hands over its views also where there is no more room', () => {
    for (const viewCountMax of [1, 2, 3, 4]) {
      const panoramas = panoramasOf({ viewCountMax });
      for (let atMs = 0; atMs <= 4000; atMs += 1000) {
        for (const observer of ['c1', 'c2', 'c3']) panoramas.observe(failureOf({ ...ADDRESS, observer }), atMs);
      }
      panoramas.rename('', ADDRESS.subject, INSTANCE);
      const views = [...panoramas.views()];
      expect(views.length).toBeLessThanOrEqual(viewCountMax);
      expect(views.some(({ operation }) => operation.subject.identity.text === 'db/a')).toBe(true);
      expect(panoramas.subject({ environment: '', subject: ADDRESS.subject })).toBeUndefined();
      const { subjects, observers } = panoramas.counts();
      expect({ subjects, observers }).toEqual({ subjects: 1, observers: views.length });
    }
  });
});
