// SPDX-License-Identifier: Apache-2.0
/** The host's own word: work that is begun, observed or reported, and what is told of it. */
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withBaggage } from '../../src/baggage/in-process.js';
import { injectMessage, joinReply, replyMessage, withMessage } from '../../src/baggage/transport/message.js';
import { PanoramaPropagator } from '../../src/baggage/transport/propagator.js';
import type { Observer } from '../../src/processor/observer.js';
import { toldAfterMs } from './acquainted.js';
import { countingRandom, type Guest, startGuest } from './guest.js';

const JOB = { subject: 'worker/w1', operation: 'job' };
const propagator = new PanoramaPropagator();
const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:80'), { code: 'ECONNREFUSED' });

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
afterEach(() => guest.processor.shutdown());

const attributesOfLast = () => guest.exporter.spans.at(-1)?.attributes;

describe('work that was begun', () => {
  it('and ended well is told of as a call', () => {
    const pending = observer.begin(JOB);
    guest.clock.advance(40);
    pending.healthy();
    guest.clock.advance(1000);
    expect(guest.told()).toEqual(['job worker/w1 healthy ok 1']);
    expect(attributesOfLast()).toMatchObject({
      'panorama.source': 'caller',
      'panorama.subject.resolution': 'instance',
      'panorama.latency.max': 0.04,
    });
  });

  it('and failed is told at once, by the rules that hold for spans', () => {
    observer.begin(JOB).unhealthy(refused);
    observer.begin(JOB).unhealthy(new Error('no'));
    observer.begin(JOB).unhealthy();
    guest.yield();
    expect(guest.told()).toEqual([
      'job worker/w1 unhealthy refused 1',
      'job worker/w1 unhealthy error 1',
      'job worker/w1 unhealthy error 1',
    ]);
  });

  it('and of which nothing was learned is told of to nobody, and is out no more', () => {
    observer.begin(JOB).unknown();
    expect(guest.processor.counts().inFlight).toBe(0);
    guest.clock.advance(60_000);
    expect(guest.told()).toEqual([]);
  });

  it('shows the span that it was begun in, with the words of the error', () => {
    const span = guest.tracer.startSpan('request');
    const pending = context.with(trace.setSpan(context.active(), span), () => observer.begin(JOB));
    pending.unhealthy(refused);
    guest.yield();
    expect(guest.exporter.spans.at(-1)?.parentSpanContext?.spanId).toBe(span.spanContext().spanId);
    expect(attributesOfLast()).toMatchObject({
      'error.type': 'ECONNREFUSED',
      'panorama.error.message': 'connect ECONNREFUSED 10.0.0.7:80',
    });
  });

  it('hears its first word only', () => {
    const pending = observer.begin(JOB);
    pending.healthy();
    pending.unhealthy(refused);
    pending.healthy();
    guest.clock.advance(1000);
    expect(guest.told()).toEqual(['job worker/w1 healthy ok 1']);
    expect(guest.processor.counts().inFlight).toBe(0);
  });

  describe('and never ends, with somebody of whom too little is known,', () => {
    /** Work that has ended well so often after so many ms, with one after the other. */
    function known(count: number, latencyMs: number, operation = 'job', subjects = ['worker/w2', 'worker/w3']): void {
      for (let work = 0; work < count; work++) {
        const pending = observer.begin({ subject: subjects[work % subjects.length], operation });
        guest.clock.advance(latencyMs);
        pending.healthy();
      }
      guest.clock.advance(1000);
      guest.told();
    }

    it('is told as it hangs by how long the same work takes with others', () => {
      known(20, 10);
      observer.begin(JOB);
      expect(toldAfterMs(guest, 2000)).toBeLessThanOrEqual(150);
    });

    it('is not suspected of what takes long with everybody', () => {
      known(20, 800);
      observer.begin(JOB);
      expect(toldAfterMs(guest, 10_000)).toBeGreaterThan(1400);
    });

    it('is not suspected of what takes over a second with everybody, though the first were', () => {
      known(20, 1500);
      observer.begin(JOB);
      expect(toldAfterMs(guest, 10_000)).toBeGreaterThan(2500);
    });

    it('is no longer judged by others once enough is known of the pair itself', () => {
      known(20, 800, 'job', [JOB.subject]);
      known(700, 10);
      observer.begin({ ...JOB, subject: 'worker/w4' });
      expect(toldAfterMs(guest, 10_000)).toBeLessThanOrEqual(150);
      observer.begin(JOB);
      guest.told();
      guest.clock.advance(1400);
      expect(guest.told().filter((line) => line.includes(JOB.subject))).toEqual([]);
    });

    it('is told after a second while of the same work with all together too little is known, or other work alone', () => {
      known(19, 10);
      known(1000, 10, 'other');
      observer.begin(JOB);
      expect(toldAfterMs(guest, 2000)).toBeGreaterThan(990);
    });

    it('is told after a second where 200 other operations were begun since: so many are remembered', () => {
      known(20, 10);
      for (let n = 1; n < 200; n++) observer.begin({ part: 'one', operation: `one ${n}` }).healthy();
      observer.begin(JOB).healthy();
      guest.clock.advance(1000);
      guest.told();
      const pending = observer.begin(JOB);
      expect(toldAfterMs(guest, 2000)).toBeLessThanOrEqual(150);
      pending.healthy();
      for (let n = 0; n < 200; n++) observer.begin({ part: 'two', operation: `two ${n}` }).healthy();
      guest.clock.advance(1000);
      guest.told();
      observer.begin(JOB);
      expect(toldAfterMs(guest, 2000)).toBeGreaterThan(990);
    });

    it('does not learn at once that hanging is usual', () => {
      known(40, 10);
      known(10, 500);
      observer.begin(JOB);
      expect(toldAfterMs(guest, 2000)).toBeLessThanOrEqual(150);
    });
  });

  it('and never ends is told as its like has it where that is known', () => {
    for (let job = 0; job < 100; job++) observer.begin(JOB).healthy();
    guest.clock.advance(1000);
    guest.told();
    observer.begin(JOB);
    guest.clock.advance(150);
    expect(guest.told()).toEqual(['job worker/w1 pending hung 1']);
  });
});

describe('a token', () => {
  it('is found where the request is, the newest first, and of whom it is asked', () => {
    withBaggage(() => {
      observer.begin(JOB);
      const second = { subject: 'worker/w2', operation: 'job' };
      observer.begin(second);
      observer.pending({ subject: 'worker/w1' })?.healthy();
      observer.pending()?.unhealthy(refused);
      expect(observer.pending(second)).toBeUndefined();
      expect(observer.pending({ operation: 'other' })).toBeUndefined();
    });
    expect(observer.pending()).toBeUndefined();
    guest.clock.advance(1000);
    expect(guest.told().sort()).toEqual(['job worker/w1 healthy ok 1', 'job worker/w2 unhealthy refused 1']);
  });

  it('is not found any more once its work is over, and what was begun before it is', () => {
    withBaggage(() => {
      const first = observer.begin(JOB);
      const second = observer.begin(JOB);
      second.healthy();
      observer.pending()?.unhealthy(refused);
      first.healthy();
      expect(observer.pending()).toBeUndefined();
    });
    guest.clock.advance(1000);
    expect(guest.told().sort()).toEqual(['job worker/w1 healthy ok 1', 'job worker/w1 unhealthy refused 1']);
  });

  it.each([
    ['healthy', ['job worker/w1 healthy ok 1']],
    ['unhealthy', ['job worker/w1 unhealthy refused 1']],
    ['unknown', []],
  ] as const)('settled in another process comes home with the reply: %s', async (word, told) => {
    const elsewhere = startGuest({ clock: guest.clock, random: countingRandom() });
    withBaggage(() => {
      observer.begin(JOB);
      const message = injectMessage({}, propagator);
      const reply = withMessage(
        message,
        () => {
          const pending = elsewhere.processor.observer.pending();
          pending?.[word](refused);
          expect(elsewhere.processor.observer.pending()).toBeUndefined();
          return replyMessage({});
        },
        propagator,
      );
      joinReply(JSON.parse(JSON.stringify(reply)));
    });
    guest.clock.advance(60_000);
    expect(elsewhere.told()).toEqual([]);
    expect(guest.told()).toEqual(told);
    expect(guest.processor.counts().inFlight).toBe(0);
    await elsewhere.processor.shutdown();
  });
});

describe('work that is observed', () => {
  it('gives back what it returns, and is well', async () => {
    expect(observer.observe(JOB, () => 7)).toBe(7);
    await expect(observer.observe(JOB, async () => 8)).resolves.toBe(8);
    guest.clock.advance(1000);
    expect(guest.told()).toEqual(['job worker/w1 healthy ok 2']);
  });

  it('throws and rejects what it throws and rejects, and has failed', async () => {
    const fail = () => {
      throw refused;
    };
    expect(() => observer.observe(JOB, fail)).toThrow(refused);
    await expect(observer.observe(JOB, async () => fail())).rejects.toBe(refused);
    guest.clock.advance(1000);
    expect(guest.told()).toEqual(['job worker/w1 unhealthy refused 1', 'job worker/w1 unhealthy refused 1']);
  });

  it('hangs as long as its promise is open', () => {
    observer.observe(JOB, () => undefined);
    guest.clock.advance(1000);
    guest.told();
    observer.observe(JOB, () => new Promise(() => undefined));
    guest.clock.advance(1100);
    expect(guest.told()).toEqual(['job worker/w1 pending hung 1']);
  });

  it('may be a part of this process, which then has a name of its own', () => {
    observer.observe({ part: 'block writer', operation: 'flush' }, () => undefined);
    guest.clock.advance(1000);
    expect(guest.told()).toEqual(['flush client/c1#block%20writer healthy ok 1']);
    expect(attributesOfLast()).toMatchObject({ 'panorama.observer': 'client/c1' });
  });
});

describe('a report', () => {
  it('is told as it is said', () => {
    observer.report({ ...JOB, status: 'maybe_unhealthy', error: refused, latencyMs: 30 });
    guest.yield();
    expect(guest.told()).toEqual(['job worker/w1 maybe_unhealthy reported 1']);
    expect(attributesOfLast()).toMatchObject({ 'panorama.source': 'report', 'panorama.latency.max': 0.03 });
  });

  it('of an address is of an address', () => {
    observer.report({ subject: '10.0.0.7:9000', operation: 'ping', status: 'dead' });
    guest.yield();
    expect(attributesOfLast()).toMatchObject({ 'panorama.subject.resolution': 'address', 'panorama.status': 'dead' });
  });
});
