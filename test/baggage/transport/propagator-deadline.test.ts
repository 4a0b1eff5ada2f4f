// SPDX-License-Identifier: Apache-2.0
/** The deadline on its way: sent with each call to one of ours, a moment again on arrival, and never told to a stranger. */
import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { StackContextManager, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEADLINE_MS_MAX, remainingMs, withDeadline } from '../../../src/baggage/deadline.js';
import { allowedDestinations } from '../../../src/baggage/transport/destinations.js';
import { injectMessage, withMessage } from '../../../src/baggage/transport/message.js';
import { PanoramaPropagator, type PanoramaPropagatorOptions } from '../../../src/baggage/transport/propagator.js';
import { systemClock } from '../../../src/model/clock.js';
import { FakeClock } from '../../support/fake-clock.js';

const PRIVATE = { 'server.address': '10.0.0.7', 'server.port': 9000 };
const PUBLIC = { 'server.address': 'api.example.org' };

const resource = resourceFromAttributes({ 'service.name': 'client', 'service.instance.id': 'c1' });
const tracer = new TracerProvider({ resource }).getTracer('test');
const UNRECORDED = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 });

let clock: FakeClock;
beforeAll(() => {
  context.setGlobalContextManager(new StackContextManager().enable());
});
beforeEach(() => {
  clock = new FakeClock();
  // What arrives is measured with the clock of the system.
  vi.spyOn(systemClock, 'monotonicMs').mockImplementation(() => clock.monotonicMs());
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => context.disable());

/** The context of work under a deadline. */
const under = (budgetMs: number, of: Context = ROOT_CONTEXT): Context =>
  context.with(of, () => withDeadline(budgetMs, () => context.active(), clock));

const spanTo = (attributes: object, kind: SpanKind = SpanKind.CLIENT): Span =>
  tracer.startSpan('call', { kind, attributes: { ...attributes } });

/** The context of a call out of that work. */
const calling = (attributes: object, of: Context, kind?: SpanKind): Context =>
  trace.setSpan(of, spanTo(attributes, kind));

/** The header that is written for a call. */
function header(of: Context, options: PanoramaPropagatorOptions = {}): string {
  const carrier: Record<string, string> = {};
  new PanoramaPropagator(options).inject(of, carrier, defaultTextMapSetter);
  return carrier['baggage'] ?? '';
}

/** The deadline that the header of a call tells, as text. */
const told = (of: Context, options?: PanoramaPropagatorOptions): string | undefined =>
  /(?:^|,)panorama\.deadline=([^,]*)/.exec(header(of, options))?.[1];

const received = (baggage: string, into: Context = ROOT_CONTEXT): Context =>
  new PanoramaPropagator().extract(into, { baggage }, defaultTextMapGetter);

const keysIn = (of: Context): string[] =>
  (propagation.getBaggage(of)?.getAllEntries() ?? []).map(([key]) => key).sort();

describe('a call of work under a deadline', () => {
  it('tells how many milliseconds remain when it is sent', () => {
    const work = under(5000);
    expect(told(calling(PRIVATE, work))).toBe('5000');
    clock.advance(200);
    expect(told(calling(PRIVATE, work))).toBe('4800');
    clock.advance(10_000);
    expect(told(calling(PRIVATE, work))).toBe('0');
  });

  it('tells it beside who calls, and beside what the user sends', () => {
    const work = propagation.setBaggage(under(5000), propagation.createBaggage({ tenant: { value: 'acme' } }));
    expect(header(calling(PRIVATE, work)).split(',').sort()).toEqual([
      'panorama.deadline=5000',
      'panorama.observer=client%2Fc1',
      'panorama.origin=client%2Fc1',
      'panorama.subject=10.0.0.7%3A9000',
      'tenant=acme',
    ]);
  });

  it('to a destination that the user allows tells it too', () => {
    const destinations = allowedDestinations(['example.org']);
    expect(told(calling(PUBLIC, under(5000)), { destinations })).toBe('5000');
  });
});

describe('a call of work without a deadline', () => {
  it('tells none', () => {
    expect(header(calling(PRIVATE, ROOT_CONTEXT))).toContain('panorama.observer=client');
    expect(told(calling(PRIVATE, ROOT_CONTEXT))).toBeUndefined();
  });

  it('tells none that somebody put into the baggage by hand', () => {
    const byHand = propagation.createBaggage({ 'panorama.deadline': { value: '5000' } });
    expect(told(calling(PRIVATE, propagation.setBaggage(ROOT_CONTEXT, byHand)))).toBeUndefined();
  });
});

describe('on arrival', () => {
  it('the deadline counts from now on, and its entry stands in the baggage no longer', () => {
    const came = received('tenant=acme,panorama.deadline=4800,panorama.observer=client');
    expect(remainingMs(came)).toBe(4800);
    clock.advance(300);
    expect(remainingMs(came)).toBe(4500);
    expect(keysIn(came)).toEqual(['panorama.observer', 'tenant']);
  });

  it('what was sent is what remains', () => {
    const work = under(5000);
    clock.advance(700);
    expect(remainingMs(received(header(calling(PRIVATE, work))))).toBe(4300);
  });

  it('the deadline goes on to the next, less by what was spent here', () => {
    const came = received('panorama.deadline=4800');
    clock.advance(300);
    expect(told(calling(PRIVATE, came))).toBe('4500');
  });

  it('an earlier deadline of the work here holds for the next, and a later one does not', () => {
    const came = received('panorama.deadline=4800');
    expect(told(calling(PRIVATE, under(1000, came)))).toBe('1000');
    expect(told(calling(PRIVATE, under(60_000, came)))).toBe('4800');
  });

  it('a request without one has none, beside its other entries', () => {
    expect(remainingMs(received('tenant=acme,panorama.observer=client'))).toBeUndefined();
    expect(remainingMs(received(''))).toBeUndefined();
  });

  it.each([
    ['a word', 'soon'],
    ['empty', ''],
    ['negative', '-1'],
    ['a fraction', '1.5'],
    ['with a unit', '50ms'],
    ['more than a day', String(DEADLINE_MS_MAX + 1)],
    ['of too many digits', '0000000050'],
    ['encoded so that it is no number', '5%300%2C'],
  ])('one that is %s is dropped, and the rest is kept', (_, value) => {
    const came = received(`tenant=acme,panorama.deadline=${value},panorama.observer=client`);
    expect(remainingMs(came)).toBeUndefined();
    expect(keysIn(came)).toEqual(['panorama.observer', 'tenant']);
    expect(told(calling(PRIVATE, came))).toBeUndefined();
  });
});

describe('a stranger is told no deadline', () => {
  const strangers: readonly [string, (of: Context) => Context][] = [
    ['a public host', (of) => calling(PUBLIC, of)],
    ['a destination that is not known', (of) => calling({}, of)],
    ['whoever is called without a span', (of) => of],
    ['whoever a span that is not recorded calls', (of) => trace.setSpan(of, UNRECORDED)],
    ['whoever is called inside a server span', (of) => calling(PRIVATE, of, SpanKind.SERVER)],
    ['whoever is called while tracing is suppressed', (of) => suppressTracing(calling(PRIVATE, of))],
  ];

  it.each(strangers)('of the work here: %s', (_, call) => {
    expect(header(call(under(5000)))).toBe('');
  });

  it.each(strangers)('that came with the request that is served: %s', (_, call) => {
    const came = received('tenant=acme,panorama.deadline=4800,panorama.observer=client');
    expect(header(call(came))).not.toContain('panorama');
  });

  it.each(strangers)('that another propagator left in the baggage: %s', (_, call) => {
    const entries = { tenant: { value: 'acme' }, 'panorama.deadline': { value: '4800' } };
    const left = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(entries));
    expect(['', 'tenant=acme']).toContain(header(call(left)));
  });

  it('even where the policy of the user breaks', () => {
    const destinations = () => {
      throw new Error('broken');
    };
    expect(header(calling(PRIVATE, under(5000)), { destinations })).toBe('');
  });
});

describe('a message', () => {
  const propagator = new PanoramaPropagator();

  it('carries no deadline, whoever makes its headers', () => {
    const work = under(5000);
    const byHand = context.with(work, () => injectMessage<Record<string, string>>({}, propagator));
    const insideCall = context.with(calling(PRIVATE, work), () =>
      injectMessage<Record<string, string>>({}, propagator),
    );
    expect(insideCall['baggage']).toContain('panorama.observer=client');
    expect(`${byHand['baggage']} ${insideCall['baggage']}`).not.toContain('deadline');
    expect(header(calling(PRIVATE, work, SpanKind.PRODUCER))).toContain('panorama.observer=client');
    expect(told(calling(PRIVATE, work, SpanKind.PRODUCER))).toBeUndefined();
  });

  it('carries none that came with the request during which it is sent', () => {
    const came = received('panorama.deadline=4800');
    const headers = context.with(came, () => injectMessage<Record<string, string>>({}, propagator));
    expect(headers['baggage'] ?? '').not.toContain('deadline');
  });

  it('is worked on under no deadline, neither of its sender nor of whoever takes it', () => {
    const headers = context.with(under(5000), () => injectMessage({ job: 'j1' }, propagator));
    const left = () => withMessage(headers, () => [remainingMs()], propagator);
    expect(left()).toEqual([undefined]);
    expect(context.with(under(1000), left)).toEqual([undefined]);
  });
});
