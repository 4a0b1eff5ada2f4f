// SPDX-License-Identifier: Apache-2.0
/** Identities on their way: written for each call, kept or rewritten at each hop, and never given to a stranger. */
import {
  type Baggage,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { suppressTracing, W3CBaggagePropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readIdentity } from '../../../src/baggage/identity-entries.js';
import { activeScope, baggageCounts } from '../../../src/baggage/scope.js';
import { allowedDestinations } from '../../../src/baggage/transport/destinations.js';
import { PanoramaPropagator, type PanoramaPropagatorOptions } from '../../../src/baggage/transport/propagator.js';
import { IDENTITY_LENGTH_MAX } from '../../../src/model/limits.js';
import { observerOf } from '../../../src/observe/observer-identity.js';

const PRIVATE = { 'server.address': '10.0.0.7', 'server.port': 9000 };
const PUBLIC = { 'server.address': 'api.example.org' };

const UNRECORDED = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 });

/** A span as the component `service/instance` begins it. */
function spanOf(component: string, attributes: object, kind: SpanKind = SpanKind.CLIENT): Span {
  const [service = '', instance] = component.split('/');
  const resource = resourceFromAttributes({
    'service.name': service,
    ...(instance !== undefined && { 'service.instance.id': instance }),
  });
  const provider = new TracerProvider({ resource });
  return provider.getTracer('test').startSpan('call', { kind, attributes: { ...attributes } });
}

const baggageOf = (entries: Record<string, string>): Baggage =>
  propagation.createBaggage(Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, { value }])));

/** What a callee would read from the header that is written for the call. */
function sent(context: Context, options: PanoramaPropagatorOptions = {}): Record<string, string> {
  const carrier: Record<string, string> = {};
  new PanoramaPropagator(options).inject(context, carrier, defaultTextMapSetter);
  const read = new W3CBaggagePropagator().extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
  const entries = propagation.getBaggage(read)?.getAllEntries() ?? [];
  return Object.fromEntries(entries.map(([key, { value }]) => [key, value]));
}

function received(header: string): Context {
  return new PanoramaPropagator().extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter);
}

afterEach(() => diag.disable());

describe('a call', () => {
  it('carries who makes it, for whom, and whom it is meant for', () => {
    expect(sent(trace.setSpan(ROOT_CONTEXT, spanOf('client/c1', PRIVATE)))).toEqual({
      'panorama.observer': 'client/c1',
      'panorama.origin': 'client/c1',
      'panorama.subject': '10.0.0.7:9000',
    });
  });

  it('that hands a request on names the one who hands it on, and keeps the one who began', () => {
    const came = received('panorama.observer=client%2Fc1,panorama.origin=edge%2Fe1,panorama.subject=10.0.0.7%3A9000');
    expect(sent(trace.setSpan(came, spanOf('names/n1', { 'server.address': 'datanode-2' })))).toEqual({
      'panorama.observer': 'names/n1',
      'panorama.origin': 'edge/e1',
      'panorama.subject': 'datanode-2',
    });
  });

  it('names its own subject, and not the one that came', () => {
    const came = received('panorama.subject=someone');
    const call = { 'server.address': '10.0.0.7', 'service.peer.name': 'datanode' };
    expect(sent(trace.setSpan(came, spanOf('client/c1', call)))['panorama.subject']).toBe('datanode');
  });

  it('of a producer carries the same', () => {
    const span = spanOf('client/c1', PRIVATE, SpanKind.PRODUCER);
    expect(sent(trace.setSpan(ROOT_CONTEXT, span))['panorama.observer']).toBe('client/c1');
  });

  it.each([
    ['net.peer.name', { 'net.peer.name': 'datanode-2' }],
    ['network.peer.address', { 'network.peer.address': '10.0.0.7' }],
  ])('is allowed by %s where the span has no server.address', (_, attributes) => {
    expect(sent(trace.setSpan(ROOT_CONTEXT, spanOf('client/c1', attributes)))['panorama.observer']).toBe('client/c1');
  });

  it('without an instance id names the one that this process has made up for itself', () => {
    const span = spanOf('client', PRIVATE);
    const named = sent(trace.setSpan(ROOT_CONTEXT, span))['panorama.observer'];
    expect(named).toMatch(/^client\/[0-9a-f]{16}$/);
    expect(named).toBe(observerOf((span as unknown as ReadableSpan).resource));
  });

  it('names the instance once a detector has found it', async () => {
    let detect: (id: string) => void = () => undefined;
    const pending = new Promise<string>((resolve) => {
      detect = resolve;
    });
    const resource = resourceFromAttributes({ 'service.name': 'client', 'service.instance.id': pending });
    const provider = new TracerProvider({ resource });
    const span = provider.getTracer('test').startSpan('call', { kind: SpanKind.CLIENT, attributes: PRIVATE });
    const propagator = new PanoramaPropagator();
    const observer = () => {
      const carrier: Record<string, string> = {};
      propagator.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, defaultTextMapSetter);
      return /panorama\.observer=([^,]*)/.exec(carrier['baggage'] ?? '')?.[1];
    };
    expect(observer()).toBe('client');
    detect('c1');
    await resource.waitForAsyncAttributes?.();
    expect(observer()).toBe('client%2Fc1');
  });
});

describe('a stranger', () => {
  const came = propagation.setBaggage(
    ROOT_CONTEXT,
    baggageOf({
      'panorama.observer': 'client/c1',
      'panorama.origin': 'edge/e1',
      'panorama.subject': 'names',
      tenant: 'acme',
    }),
  );

  it.each<[string, Context]>([
    ['a public host', trace.setSpan(came, spanOf('names/n1', PUBLIC))],
    ['a destination that is not known', trace.setSpan(came, spanOf('names/n1', {}))],
    ['whoever a span that is not recorded calls', trace.setSpan(came, UNRECORDED)],
    ['whoever is called without a span', came],
    // Its server.address is its own: it does not say where a message sent from inside it goes.
    ['whoever is called inside a server span', trace.setSpan(came, spanOf('names/n1', PRIVATE, SpanKind.SERVER))],
    ['whoever is called inside an internal span', trace.setSpan(came, spanOf('names/n1', PRIVATE, SpanKind.INTERNAL))],
  ])('gets the entries of the user and none of ours: %s', (_, context) => {
    expect(sent(context)).toEqual({ tenant: 'acme' });
  });

  it('is told where the policy of the user says so', () => {
    const context = trace.setSpan(ROOT_CONTEXT, spanOf('client/c1', PUBLIC));
    expect(sent(context, { destinations: allowedDestinations(['example.org']) })['panorama.observer']).toBe(
      'client/c1',
    );
  });
});

describe("the user's own entries", () => {
  it('are untouched, with their metadata', () => {
    const entry = { value: 'acme corp', metadata: { toString: () => 'ttl=30' } as never };
    const context = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ tenant: entry }));
    const carrier: Record<string, string> = {};
    const call = trace.setSpan(context, spanOf('client/c1', PRIVATE));
    new PanoramaPropagator().inject(call, carrier, defaultTextMapSetter);
    expect(carrier['baggage']?.split(',')[0]).toBe('tenant=acme%20corp;ttl=30');
    expect(carrier['baggage']).toContain('panorama.observer=client%2Fc1');
  });

  it('arrive, also those that are named almost like ours', () => {
    const baggage = propagation.getBaggage(received('tenant=acme,panorama.observers=all,panorama=x'));
    expect(baggage?.getAllEntries().map(([key]) => key)).toEqual(['tenant', 'panorama.observers', 'panorama']);
  });

  it('do not change in the context of the caller', () => {
    const baggage = baggageOf({ tenant: 'acme' });
    const context = propagation.setBaggage(ROOT_CONTEXT, baggage);
    sent(trace.setSpan(context, spanOf('client/c1', PRIVATE)));
    expect(propagation.getBaggage(context)?.getAllEntries()).toEqual([['tenant', { value: 'acme' }]]);
  });
});

describe('what arrives', () => {
  it('is read as it was sent', () => {
    const came = received('panorama.observer=client%2Fc1,panorama.origin=edge%2Fe1,panorama.subject=names');
    expect(readIdentity(propagation.getBaggage(came))).toEqual({
      observer: 'client/c1',
      origin: 'edge/e1',
      subject: 'names',
    });
  });

  it.each([
    ['over-long', 'x'.repeat(IDENTITY_LENGTH_MAX + 1)],
    ['of two lines', 'a%0Ab'],
    ['with a blank', 'a%20b'],
    ['with a control character', 'a%00'],
    ['turned round', 'a%E2%80%AEb'],
  ])('is dropped where it is %s, and the rest is kept', (_, value) => {
    const came = received(`panorama.observer=${value},panorama.origin=edge%2Fe1,tenant=acme`);
    const entries = propagation.getBaggage(came)?.getAllEntries() ?? [];
    expect(Object.fromEntries(entries.map(([key, entry]) => [key, entry.value]))).toEqual({
      'panorama.origin': 'edge/e1',
      tenant: 'acme',
    });
  });

  it('never makes it throw, whatever stands in the header', () => {
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('panorama.observer', '=', ',', ';', '%', '%0', 'a', '"') }),
    );
    fc.assert(
      fc.property(header, (baggage) => {
        const { observer } = readIdentity(propagation.getBaggage(received(baggage)));
        expect(observer?.length ?? 0).toBeLessThanOrEqual(IDENTITY_LENGTH_MAX);
      }),
    );
  });

  it('without a header is an empty scope, and no baggage', () => {
    const begun = new PanoramaPropagator().extract(ROOT_CONTEXT, {}, defaultTextMapGetter);
    expect(propagation.getBaggage(begun)).toBeUndefined();
    expect(activeScope(begun)?.isEmpty).toBe(true);
  });
});

describe('while tracing is suppressed', () => {
  it('nothing is sent', () => {
    const call = trace.setSpan(ROOT_CONTEXT, spanOf('client/c1', PRIVATE));
    expect(sent(suppressTracing(call))).toEqual({});
  });
});

describe('the propagator never throws', () => {
  const call = () => trace.setSpan(ROOT_CONTEXT, spanOf('client/c1', PRIVATE));
  const thrower = () => {
    throw new Error('broken');
  };

  it.each<[string, unknown]>([
    [
      'with attributes that cannot be read',
      {
        kind: SpanKind.CLIENT,
        resource: {},
        get attributes() {
          return thrower();
        },
      },
    ],
    ['with a resource that is none', { kind: SpanKind.CLIENT, attributes: PRIVATE, resource: 7 }],
    ['with nothing', {}],
  ])('at a foreign span %s, and sends the entries of the user', (_, span) => {
    const context = propagation.setBaggage(ROOT_CONTEXT, baggageOf({ tenant: 'acme', 'panorama.origin': 'edge' }));
    expect(sent(trace.setSpan(context, span as Span))).toEqual({ tenant: 'acme' });
  });

  it('at a policy that does, and treats everybody as a stranger then', () => {
    expect(sent(call(), { destinations: thrower })).toEqual({});
  });

  it('at a delegate or a carrier that does, and counts it', () => {
    const error = vi.fn();
    diag.setLogger({ error, warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() });
    const before = baggageCounts().faults;
    const propagator = new PanoramaPropagator({ delegate: { inject: thrower, extract: thrower, fields: () => [] } });
    for (let i = 0; i < 3; i++) {
      propagator.inject(call(), {}, defaultTextMapSetter);
      expect(propagation.getBaggage(propagator.extract(ROOT_CONTEXT, {}, defaultTextMapGetter))).toBeUndefined();
    }
    expect(baggageCounts().faults - before).toBe(6);
    // Once a process, here or in a test before this one.
    expect(error.mock.calls.length).toBeLessThanOrEqual(1);
    new PanoramaPropagator().inject(call(), {}, { set: thrower });
    new PanoramaPropagator().inject(call(), undefined, defaultTextMapSetter);
    const read = new PanoramaPropagator().extract(ROOT_CONTEXT, null, { get: thrower, keys: () => [] });
    expect(propagation.getBaggage(read)).toBeUndefined();
  });

  it('at a baggage entry that is no text', () => {
    const baggage = { ...baggageOf({}), getEntry: () => ({ value: null }) } as unknown as Baggage;
    expect(readIdentity(baggage)).toEqual({});
  });
});

describe('the fields', () => {
  it('are the header that is written', () => {
    expect(new PanoramaPropagator().fields()).toEqual(['baggage']);
  });
});
