// SPDX-License-Identifier: Apache-2.0
/** A span that waits for its export holds nothing of the request that it was a part of, whatever became of the call. */
import type { Span } from '@opentelemetry/api';
import { SpanKind } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { BLAME } from '../../src/baggage/blame.js';
import { BaggageScope } from '../../src/baggage/scope.js';
import { noteCall, scopeOfCall } from '../../src/baggage/transport/calls.js';
import { type Guest, startGuest } from './guest.js';

/** A call from a scope, which ends. */
function endedIn(guest: Guest, scope: BaggageScope, attributes: Record<string, string | number>): Span {
  const span = guest.tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes });
  noteCall(span, scope);
  span.end();
  return span;
}

const SERVER = { 'server.address': 'web', 'server.port': 80, 'http.request.method': 'GET' };

describe('a call that has ended', () => {
  it('lets its scope go, once the scope knows whose failure it was', () => {
    const scope = new BaggageScope();
    const span = endedIn(startGuest(), scope, { ...SERVER, 'http.response.status_code': 503 });
    expect(scope.unpack(BLAME)).toMatchObject([{ subject: 'web:80' }]);
    expect(scopeOfCall(span)).toBeUndefined();
  });

  it('lets it go though nobody knows whom it called', () => {
    expect(scopeOfCall(endedIn(startGuest(), new BaggageScope(), {}))).toBeUndefined();
  });

  it('lets it go though the processor fails of it', () => {
    const identify = () => {
      throw new Error('broken');
    };
    const guest = startGuest({ rules: { subjects: [{ name: 'broken', identify }] } });
    expect(scopeOfCall(endedIn(guest, new BaggageScope(), SERVER))).toBeUndefined();
    expect(guest.processor.counts().faults).toBeGreaterThan(0);
  });

  it('lets it go after the processor was shut down', async () => {
    const guest = startGuest();
    await guest.processor.shutdown();
    expect(scopeOfCall(endedIn(guest, new BaggageScope(), SERVER))).toBeUndefined();
  });
});
