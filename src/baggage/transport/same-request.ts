// SPDX-License-Identifier: Apache-2.0
/**
 * Whether a carrier is the request whose scope a context has already. Handlers extract a second time what the
 * instrumentation extracted before they were called; in a second scope their tuples would be answered to nobody.
 *
 * Told by what came: the text of `baggage` and of `traceparent`. Two requests may have the same, but neither of them is
 * extracted in the context of the other. Nothing is read before somebody extracts a second time.
 */
import type { Context, TextMapGetter } from '@opentelemetry/api';
import { activeScope, type BaggageScope } from '../scope.js';
import { BAG_ENTRY, BAGGAGE_HEADER, headerOf } from './header-text.js';

/** What a request came in. */
interface Request {
  readonly carrier: unknown;
  readonly getter: TextMapGetter;
}

/** Where a scope keeps what it began with. A property, since a `WeakMap` takes longer than all the rest. */
const REQUEST = Symbol('panorama.request');

type RequestScope = BaggageScope & { [REQUEST]?: Request };

/** The scope, which begins with this request. */
export function rememberRequest(scope: BaggageScope, carrier: unknown, getter: TextMapGetter): BaggageScope {
  (scope as RequestScope)[REQUEST] = { carrier, getter };
  return scope;
}

/** The context's scope where it began with this very request. One that says nothing of itself may be any. */
export function scopeOfRequest(of: Context, carrier: unknown, getter: TextMapGetter): BaggageScope | undefined {
  const scope = activeScope(of);
  const began = (scope?.root as RequestScope | undefined)?.[REQUEST];
  if (!began) return undefined;
  const saysWhich =
    headerOf(carrier, 'traceparent', getter) ?? headerOf(carrier, BAGGAGE_HEADER, getter)?.includes(BAG_ENTRY);
  const isSame = (name: string) => headerOf(carrier, name, getter) === headerOf(began.carrier, name, began.getter);
  return saysWhich && isSame('traceparent') && isSame(BAGGAGE_HEADER) ? scope : undefined;
}
