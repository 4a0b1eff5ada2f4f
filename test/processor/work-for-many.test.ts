// SPDX-License-Identifier: Apache-2.0
/** A call that is made for many requests, as a group commit's: it is told with the traces of those that wait for it, and not of its own alone. */
import { type Context, context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { StackContextManager } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resumeTogether, type Stored, storeWith } from '../../src/baggage/in-process.js';
import { acquainted, GET } from './acquainted.js';
import type { Guest } from './guest.js';

beforeAll(() => {
  context.setGlobalContextManager(new StackContextManager().enable());
});
afterAll(() => context.disable());

/** A request's context, of a trace that ends in this digit. */
const requestOf = (digit: number): Context =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId: `${digit}`.padStart(32, '0'), spanId: '1'.repeat(16), traceFlags: 1 });

/** Begins a call in work that is done for these requests together. */
function beginFor(guest: Guest, ...digits: number[]) {
  const batch: Stored<number>[] = digits.map((digit) => context.with(requestOf(digit), () => storeWith(digit)));
  const startTime = guest.clock.nowMs();
  return resumeTogether(batch, () =>
    guest.tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes: GET, startTime }, context.active()),
  );
}

/** The last digits of the traces that the last observation was told with. */
const shownLast = (guest: Guest) =>
  guest.exporter.spans.at(-1)?.links.map(({ context: { traceId } }) => Number(traceId.slice(-1)));

describe('a call for many requests', () => {
  it('is told with their traces while it hangs, its own first', () => {
    const guest = acquainted();
    beginFor(guest, 1, 2, 3);
    guest.clock.advance(125);
    expect(guest.told()).toEqual(['GET web:80 pending hung 1']);
    expect(shownLast(guest)).toEqual([1, 2, 3]);
  });

  it('is told with them when it fails, each trace once, and as many as an observation shows', () => {
    const guest = acquainted();
    for (const digits of [
      [1, 2, 2, 1, 3],
      [1, 2, 3, 4, 5, 6],
    ]) {
      const span = beginFor(guest, ...digits);
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', 'ECONNREFUSED');
      span.end(guest.clock.nowMs());
      guest.clock.advance(1000);
    }
    const told = guest.exporter.spans
      .slice(-2)
      .map(({ links }) => links.map((link) => Number(link.context.traceId.slice(-1))));
    expect(told).toEqual([
      [1, 2, 3],
      [1, 2, 3, 4],
    ]);
  });

  it('is one as any other where nobody else waits, or nobody knows where the others come from', () => {
    const guest = acquainted();
    beginFor(guest, 1);
    guest.clock.advance(125);
    expect(shownLast(guest)).toEqual([1]);
    const other = acquainted();
    const strangers = [undefined, {}, JSON.parse(JSON.stringify(storeWith(2)))] as unknown as Stored<number>[];
    const batch = [context.with(requestOf(1), () => storeWith(1)), ...strangers];
    const startTime = other.clock.nowMs();
    resumeTogether(batch, () =>
      other.tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes: GET, startTime }, context.active()),
    );
    other.clock.advance(125);
    expect(shownLast(other)).toEqual([1]);
  });
});
