// SPDX-License-Identifier: Apache-2.0
/** The host's own word may be anything: it gets back what its own work returns or throws, and its work is told of once. */
import { runInNewContext } from 'node:vm';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { withBaggage } from '../../src/baggage/in-process.js';
import { observer as hostObserver } from '../../src/processor/host-observer.js';
import type { Observer } from '../../src/processor/observer.js';
import { type Guest, startGuest } from './guest.js';
import { JOB } from './host.js';
import { broken, THROWER } from './seams.js';

let guest: Guest;
let observer: Observer;
beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());
beforeEach(() => {
  guest = startGuest();
  observer = guest.processor.observer;
  guest.tracer.startSpan('start').end();
});
afterEach(async () => {
  trace.disable();
  await guest.processor.shutdown();
});

function told(): string[] {
  guest.clock.advance(5000);
  return guest.told();
}

describe('work that is none', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a symbol', Symbol('no')],
    ['an empty object', {}],
    ['what throws at every touch', THROWER],
    ['a subject that is no name', { ...JOB, subject: 'no name\n' }],
    ['a subject that is no text', { ...JOB, subject: 7 }],
    ['a subject that throws', { ...JOB, subject: THROWER }],
    ['an operation that throws', { ...JOB, operation: THROWER }],
    ['a part that throws', { part: THROWER, operation: 'x' }],
    ['getters that throw', Object.defineProperty({}, 'subject', { get: broken })],
  ])('is inert, and counted: %s', async (_, work) => {
    for (const each of [observer, hostObserver]) {
      const pending = each.begin(work as never);
      pending.healthy();
      pending.unhealthy(THROWER);
      expect(each.observe(work as never, () => 7)).toBe(7);
      await expect(each.observe(work as never, () => Promise.reject(JOB))).rejects.toBe(JOB);
      expect(each.pending(work as never)).toBeUndefined();
      each.report(work as never);
      if (work !== THROWER) each.report({ ...(Object(work) as object), status: 'unhealthy' } as never);
    }
    expect(told()).toEqual([]);
    expect(guest.processor.counts().faults).toBeGreaterThanOrEqual(6);
    expect(guest.processor.counts().inFlight).toBe(0);
  });

  it.each([undefined, null, 7, 'well', 'invalid', Symbol('no'), THROWER])('is a report of status %#', (status) => {
    observer.report({ ...JOB, status: status as never });
    expect(told()).toEqual([]);
    expect(guest.processor.counts().faults).toBe(1);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 'long', 7n, Symbol('no'), THROWER, null])(
    'is not what took so long: %#',
    (latencyMs) => {
      observer.report({ ...JOB, status: 'healthy', latencyMs: latencyMs as never });
      observer.report({ ...JOB, status: 'healthy', latencyMs: 10 });
      expect(told()).toEqual(['job worker/w1 healthy reported 2']);
      expect(guest.exporter.spans[0]?.attributes).toMatchObject({
        'panorama.latency.mean': 0.005,
        'panorama.latency.max': 0.01,
      });
    },
  );
});

describe('an error that is none', () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 7],
    ['a symbol', Symbol('no')],
    ['a text', 'no'],
    ['a bare object', Object.create(null)],
    ['a frozen error', Object.freeze(new Error('no'))],
    ['what throws at every touch', THROWER],
    ['a proxy that was revoked', revoked.proxy],
    ['an error whose code throws', Object.defineProperty(new Error('no'), 'code', { get: broken })],
    ['an error whose message throws', Object.defineProperty(new Error('no'), 'message', { get: broken })],
  ])('is a failure all the same, told once, and the work is over: %s', (_, error) => {
    const pending = observer.begin(JOB);
    pending.unhealthy(error);
    pending.unhealthy(error);
    expect(told()).toEqual(['job worker/w1 unhealthy error 1']);
    const { thrown } = caught(() =>
      observer.observe(JOB, () => {
        throw error;
      }),
    );
    expect(Object.is(thrown, error)).toBe(true);
    expect(told()).toEqual(['job worker/w1 unhealthy error 1']);
    observer.report({ ...JOB, status: 'unhealthy', error });
    expect(told()).toEqual(['job worker/w1 unhealthy reported 1']);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, hung: 0, faults: 0 });
  });
});

describe('work past a bound', () => {
  it('is inert, and counted', () => {
    const narrow = startGuest({ pairCountMax: 1 });
    narrow.tracer.startSpan('start').end();
    narrow.processor.observer.begin(JOB).healthy();
    narrow.processor.observer.begin({ ...JOB, subject: 'worker/w2' }).unhealthy();
    narrow.processor.observer.report({ ...JOB, subject: 'worker/w3', status: 'unhealthy' });
    narrow.clock.advance(1000);
    expect(narrow.told()).toEqual(['job worker/w1 healthy ok 1']);
    expect(narrow.processor.counts()).toMatchObject({ droppedCalls: 2, inFlight: 0, faults: 0 });
  });
});

describe('work that returns', () => {
  it('a promise of another realm is out until that is settled', async () => {
    const { promise, resolve } = runInNewContext(
      'let resolve; const promise = new Promise((r) => { resolve = r; }); ({ promise, resolve })',
    ) as { promise: Promise<number>; resolve: (value: number) => void };
    observer.observe(JOB, () => undefined);
    told();
    const result = observer.observe(JOB, () => promise);
    expect(told()).toContain('job worker/w1 pending hung 1');
    resolve(7);
    await expect(result).resolves.toBe(7);
    expect(told()).toEqual(['job worker/w1 healthy ok 1']);
  });

  it('another thenable gives it back untouched, since nobody has begun it', () => {
    // biome-ignore lint/suspicious/noThenProperty: a lazy query is what is tested.
    const query = { then: vi.fn() };
    expect(observer.observe(JOB, () => query)).toBe(query);
    expect(query.then).not.toHaveBeenCalled();
    expect(told()).toEqual(['job worker/w1 healthy ok 1']);
  });

  it.each<[string, object]>([
    ['throws at every touch', THROWER],
    ['says that it is a promise, and is none', { [Symbol.toStringTag]: 'Promise' }],
    ['is a promise whose `then` throws', Object.defineProperty(Promise.resolve(7), 'then', { value: broken })],
  ])('what %s gives it back as it is', (_, value) => {
    const result = observer.observe(JOB, () => value);
    expect(Object.is(result, value)).toBe(true);
    expect(told()).toEqual(['job worker/w1 healthy ok 1']);
    expect(guest.processor.counts().inFlight).toBe(0);
  });
});

describe('work that is begun', () => {
  it('is measured by time that nobody sets', () => {
    const pending = observer.begin(JOB);
    guest.clock.jump(3_600_000);
    guest.clock.advance(40);
    pending.healthy();
    guest.clock.jump(-7_200_000);
    observer.begin(JOB);
    guest.clock.advance(1500);
    expect(guest.told()).toEqual(['job worker/w1 healthy ok 1', 'job worker/w1 pending hung 1']);
    const [well, hung] = guest.exporter.spans.map(({ attributes }) => Number(attributes['panorama.latency.max']));
    expect(well).toBe(0.04);
    expect(hung).toBeGreaterThan(0.9);
    expect(hung).toBeLessThan(3);
  });

  it('comes home though so much was begun after it that its token is forgotten', () => {
    const few = startGuest({ inFlightCountMax: 2 });
    few.tracer.startSpan('start').end();
    const scope = withBaggage(() => {
      few.processor.observer.begin(JOB);
      const found = few.processor.observer.pending();
      return { found };
    });
    for (let work = 0; work < 5; work++) few.processor.observer.begin({ ...JOB, subject: 'worker/w2' });
    scope.found?.healthy();
    few.clock.advance(1000);
    expect(few.told()).toContain('job worker/w1 healthy ok 1');
  });
});

describe('a word that nobody can speak yet', () => {
  it('is nobody’s where something else stands in the place of the observers', () => {
    const place = globalThis as Record<symbol, unknown>;
    const key = Symbol.for('panorama.observers.1');
    const before = place[key];
    expect(before).toBeInstanceOf(Array);
    place[key] = { begin: broken };
    expect(hostObserver.observe(JOB, () => 7)).toBe(7);
    startGuest();
    expect(place[key]).toHaveLength(1);
    place[key] = before;
  });

  it('is not that of a span which says nothing of who made it', async () => {
    const fresh = startGuest();
    fresh.processor.onStart({ kind: 0, resource: 7 } as never, context.active());
    fresh.tracer.startSpan('start').end();
    fresh.processor.observer.report({ ...JOB, status: 'unhealthy' });
    await fresh.processor.forceFlush();
    expect(fresh.told()).toEqual(['job worker/w1 unhealthy reported 1']);
    await fresh.processor.shutdown();
  });

  it('is lost, and counted, where the tracer of the host throws', async () => {
    trace.setGlobalTracerProvider({ getTracer: broken });
    const fresh = startGuest();
    fresh.processor.observer.report({ ...JOB, status: 'unhealthy' });
    fresh.clock.advance(1000);
    await fresh.processor.forceFlush();
    expect(fresh.processor.counts()).toMatchObject({ droppedObservations: 1, exportedObservations: 0 });
    await fresh.processor.shutdown();
  });
});

function caught(work: () => unknown): { thrown: unknown } {
  try {
    work();
  } catch (thrown) {
    return { thrown };
  }
  throw new Error('nothing was thrown');
}
