// SPDX-License-Identifier: Apache-2.0
/** A guest that has seen how long `GET web:80` takes, and calls of it that begin and end when a test says so. */
import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { PanoramaSpanProcessorOptions } from '../../src/processor/options.js';
import { type Guest, startGuest } from './guest.js';

export const GET = { 'http.request.method': 'GET', 'server.address': 'web', 'server.port': 80 };

/** A guest that has seen so many calls of `GET web:80`, each of so many ms. */
export function acquainted(
  { count = 1000, latencyMs = 1 }: { count?: number; latencyMs?: number } = {},
  options: Partial<PanoramaSpanProcessorOptions> = {},
): Guest {
  const guest = startGuest(options);
  for (let call = 0; call < count; call++) guest.call('GET web:80 200', { latencyMs });
  guest.clock.advance(1000);
  guest.told();
  return guest;
}

export function begin(guest: Guest, attributes: Record<string, string | number> = GET, kind = SpanKind.CLIENT): Span {
  return guest.tracer.startSpan('GET', { kind, attributes, startTime: guest.clock.nowMs() });
}

export function end(guest: Guest, span: Span, code = 200): void {
  span.setAttribute('http.response.status_code', code);
  if (code >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(guest.clock.nowMs());
  guest.yield();
}

/** When something is first told, in ms from now, within `withinMs`; nothing where it is not. */
export function toldAfterMs(guest: Guest, withinMs: number): number | undefined {
  for (let ms = 0; ms <= withinMs; ms += 5) {
    if (guest.told().length > 0) return ms;
    guest.clock.advance(5);
  }
  return undefined;
}
