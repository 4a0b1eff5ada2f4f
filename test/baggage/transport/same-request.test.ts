// SPDX-License-Identifier: Apache-2.0
/** A handler that extracts for itself what its instrumentation has extracted before: one request, one scope, one answer. */
import { type Context, context, defaultTextMapGetter, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { describe, expect, it } from 'vitest';
import { pack, unpack, withBaggage } from '../../../src/baggage/in-process.js';
import { activeScope, BaggageScope } from '../../../src/baggage/scope.js';
import { textOfBag } from '../../../src/baggage/transport/header-text.js';
import { injectMessage, withMessage } from '../../../src/baggage/transport/message.js';
import { PanoramaPropagator } from '../../../src/baggage/transport/propagator.js';
import { withResponses } from '../../../src/baggage/transport/response-hooks.js';
import { request, serve, startHere } from './fixtures/one-process.js';

startHere(withResponses([new HttpInstrumentation()]));

/** How handlers hand the headers over. */
const CARRIERS: Record<string, (headers: Record<string, unknown>) => object> = {
  'the same object': (headers) => headers,
  'a copy': (headers) => ({ ...headers }),
};

describe.each(Object.entries(CARRIERS))(
  'a handler under a context that it extracts itself, from %s',
  (_, carrierOf) => {
    it('packs into the scope that is answered', async () => {
      const url = await serve((incoming, response) => {
        const extracted = propagation.extract(context.active(), carrierOf(incoming.headers));
        context.with(extracted, () => {
          pack('seen', { at: 'handler', came: unpack('seen').length });
          response.end();
        });
      });
      await withBaggage(async () => {
        await request(url);
        pack('seen', { at: 'client' });
        await request(url);
        expect(unpack('seen')).toEqual([{ at: 'handler', came: 0 }, { at: 'client' }, { at: 'handler', came: 2 }]);
      });
    });
  },
);

function bagOf(at: string): string {
  const scope = new BaggageScope();
  scope.pack('seen', { at });
  return textOfBag(scope.outgoing() as Uint8Array);
}

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const OTHER_TRACE = `00-${'a'.repeat(32)}-${'c'.repeat(16)}-01`;
const [bag, otherBag] = [`panorama.bag=${bagOf('one')}`, `panorama.bag=${bagOf('other')}`];

type Headers = Record<string, string | string[]>;

const propagators = {
  'behind that of the trace': new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new PanoramaPropagator()],
  }),
  'before it': new CompositePropagator({ propagators: [new PanoramaPropagator(), new W3CTraceContextPropagator()] }),
};

describe.each(Object.entries(propagators))('with our propagator %s, a carrier', (_, propagator) => {
  const extract = (of: Context, headers: Headers) => propagator.extract(of, headers, defaultTextMapGetter);

  it.each<[string, Headers, Headers]>([
    ['with the same bag', { baggage: bag, traceparent: TRACE }, { baggage: bag, traceparent: TRACE }],
    ['with the same bag and no trace that we know', { baggage: bag }, { baggage: [bag] }],
    ['with no baggage, of the same trace', { traceparent: TRACE }, { traceparent: TRACE }],
  ])('%s is the same request', (_case, first, second) => {
    const begun = extract(ROOT_CONTEXT, first);
    expect(activeScope(extract(begun, second))).toBe(activeScope(begun));
  });

  it.each<[string, Headers, Headers]>([
    ['another bag', { baggage: bag, traceparent: TRACE }, { baggage: otherBag, traceparent: TRACE }],
    ['another trace', { baggage: bag, traceparent: TRACE }, { baggage: bag, traceparent: OTHER_TRACE }],
    ['no bag', { baggage: bag, traceparent: TRACE }, { traceparent: TRACE }],
    ['neither', {}, {}],
    ['the name of the same sender alone', { baggage: 'panorama.observer=c' }, { baggage: 'panorama.observer=c' }],
  ])('with %s is another', (_case, first, second) => {
    const begun = extract(ROOT_CONTEXT, first);
    expect(activeScope(extract(begun, second))).not.toBe(activeScope(begun));
  });

  it('that comes twice is two requests', () => {
    const headers = { baggage: bag, traceparent: TRACE };
    const scopes = [extract(ROOT_CONTEXT, headers), extract(ROOT_CONTEXT, headers)].map((each) => activeScope(each));
    expect(scopes[0]).not.toBe(scopes[1]);
  });

  it('is read once: its tuples are there once, and what it knows of the deadline does not begin anew', () => {
    const headers = { baggage: `${bag},tenant=acme,panorama.deadline=1000`, traceparent: TRACE };
    const twice = extract(extract(ROOT_CONTEXT, headers), headers);
    expect(activeScope(twice)?.unpack('seen')).toEqual([{ at: 'one' }]);
    expect(propagation.getBaggage(twice)?.getAllEntries()).toEqual([['tenant', { value: 'acme' }]]);
  });
});

describe('a message', () => {
  it('that is worked on twice begins a scope each time, also within its own', () => {
    withBaggage(() => {
      pack('seen', { at: 'sender' });
      const message = injectMessage({});
      withMessage(message, () => {
        const outer = activeScope();
        withMessage(message, () => expect(activeScope()).not.toBe(outer));
      });
    });
  });
});
