// SPDX-License-Identifier: Apache-2.0
/** Headers that are remembered: what is written and read is to the letter what it would be without a memory. */
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { remainingMs } from '../../../src/baggage/deadline.js';
import { readIdentity } from '../../../src/baggage/identity-entries.js';
import { activeScope } from '../../../src/baggage/scope.js';
import { KnownHeaders } from '../../../src/baggage/transport/known-headers.js';
import { PanoramaPropagator } from '../../../src/baggage/transport/propagator.js';

const tracers = ['web/1', 'shop/2'].map((component) => {
  const [service = '', instance = ''] = component.split('/');
  const resource = resourceFromAttributes({ 'service.name': service, 'service.instance.id': instance });
  return new TracerProvider({ resource }).getTracer('test');
});

interface Call {
  readonly caller: number;
  readonly host: string;
  readonly kind: SpanKind;
}

/** The context of a call, whose span begins in the context of a request. */
function calling({ caller, host, kind }: Call, within: Context): Context {
  const attributes = { 'server.address': host, 'server.port': 80 };
  return trace.setSpan(within, tracers[caller]!.startSpan('call', { kind, attributes }, within));
}

function headersOf(propagator: PanoramaPropagator, of: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagator.inject(of, headers, defaultTextMapSetter);
  return headers;
}

const received = (propagator: PanoramaPropagator, headers: object) =>
  propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);

/** All that a context of a request says of its baggage. */
function saidBy(context: Context): object {
  const baggage = propagation.getBaggage(context);
  return {
    entries: baggage?.getAllEntries().map(([key, { value, metadata }]) => [key, value, metadata?.toString()]),
    identity: readIdentity(baggage),
    isEmpty: activeScope(context)?.isEmpty,
    isAnswered: activeScope(context)?.answersTo('10.0.0.1'),
    hasDeadline: remainingMs(context) !== undefined,
  };
}

const identity = fc.constantFrom('web/1', 'edge', 'a:b/c', 'gr%C3%BCn/1', 'with blank', '', 'ü/ß', '%');
const member = fc.oneof(
  fc
    .tuple(fc.constantFrom('panorama.observer', 'panorama.origin', 'panorama.subject'), identity)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`),
  fc.constantFrom('panorama.deadline=60000', 'panorama.deadline=soon', 'panorama.bag=bad!', 'panorama.next=1'),
  fc.constantFrom('tenant=acme', 'panorama.origin=web%2F1;note', '=', 'broken', 'panorama.observer=%', ' '),
);
const header = fc.array(member, { maxLength: 5 }).map((members) => members.join(','));
const call = fc.record({
  caller: fc.nat({ max: 1 }),
  host: fc.constantFrom('10.0.0.7', '10.0.0.8', 'stock', 'api.example.org'),
  kind: fc.constantFrom(SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.SERVER),
});

describe('a propagator that remembers headers', () => {
  it('reads and writes what one without a memory does, however often', () => {
    const remembering = new PanoramaPropagator();
    // One that is given what reads and writes the header remembers nothing.
    const forgetful = new PanoramaPropagator({ delegate: new W3CBaggagePropagator() });
    fc.assert(
      fc.property(fc.option(header), fc.array(call, { minLength: 1, maxLength: 4 }), (text, calls) => {
        const headers = text === null ? {} : { baggage: text };
        for (let time = 0; time < 3; time++) {
          const [mine, theirs] = [received(remembering, headers), received(forgetful, headers)];
          expect(saidBy(mine)).toEqual(saidBy(theirs));
          for (const each of calls) {
            const written = headersOf(remembering, calling(each, mine))['baggage']?.replace(/deadline=\d+/, 'deadline');
            const expected = headersOf(forgetful, calling(each, theirs))['baggage']?.replace(
              /deadline=\d+/,
              'deadline',
            );
            expect(written).toBe(expected);
          }
        }
      }),
    );
  });

  it('leaves one request out of another, though both came with the same header', () => {
    const propagator = new PanoramaPropagator();
    const headers = { baggage: 'panorama.observer=web%2F1,panorama.origin=web%2F1' };
    const [first, second] = [received(propagator, headers), received(propagator, headers)];
    activeScope(first)?.pack('n', { n: 1 });
    const changed = propagation.getBaggage(first)!.setEntry('tenant', { value: 'acme' });
    const callee = { caller: 1, host: 'stock', kind: SpanKind.CLIENT };
    expect(headersOf(propagator, calling(callee, propagation.setBaggage(first, changed)))['baggage']).toMatch(
      /tenant=acme.*panorama\.bag=/,
    );
    expect(headersOf(propagator, calling(callee, second))['baggage']).toBe(
      'panorama.observer=shop%2F2,panorama.origin=web%2F1,panorama.subject=stock%3A80',
    );
  });
});

describe('what is remembered', () => {
  const baggageOf = (origin: string) => propagation.createBaggage({ 'panorama.origin': { value: origin } });

  it('is bounded: what was learned first is forgotten', () => {
    const known = new KnownHeaders();
    for (let n = 0; n < 10_000; n++) known.learn(`panorama.origin=${n}`, baggageOf(`${n}`));
    expect(known.read('panorama.origin=0')).toBeUndefined();
    expect(known.read('panorama.origin=9999')).toBeDefined();
  });

  it('is neither a long text nor one with anything but identity in it', () => {
    const known = new KnownHeaders();
    const long = `panorama.origin=${'a'.repeat(200)}${' '.repeat(5000)}`;
    known.learn(long, baggageOf('a'.repeat(200)));
    known.learn('tenant=acme', propagation.createBaggage({ tenant: { value: 'acme' } }));
    expect([known.read(long), known.read('tenant=acme')]).toEqual([undefined, undefined]);
  });

  it('is written for one caller at a time', () => {
    const known = new KnownHeaders();
    const asked: string[] = [];
    const written = (observer: string) =>
      known.written(undefined, observer, 'stock', () => {
        asked.push(observer);
        return `header of ${observer}`;
      });
    expect(['web', 'web', 'shop', 'web'].map(written)).toEqual([
      'header of web',
      'header of web',
      'header of shop',
      'header of web',
    ]);
    expect(asked).toEqual(['web', 'shop', 'web']);
  });
});
