// SPDX-License-Identifier: Apache-2.0
/**
 * Who waits for the scope of a request that is about to be extracted. A gRPC server interceptor sees the metadata first,
 * the instrumentation extracts from the same object later; this is the thread between them.
 */
import type { BaggageScope } from '../scope.js';

type Listener = (scope: BaggageScope) => void;

const listeners = new WeakMap<object, Listener>();

/** Calls the listener with the scope that is made of the carrier, once. */
export function onExtract(carrier: object, listener: Listener): void {
  listeners.set(carrier, listener);
}

/** Tells whoever waits for this carrier. */
export function extracted(carrier: unknown, scope: BaggageScope): void {
  if (typeof carrier !== 'object' || carrier === null) return;
  const listener = listeners.get(carrier);
  if (!listener) return;
  listeners.delete(carrier);
  listener(scope);
}
