// SPDX-License-Identifier: Apache-2.0
/** What the processor tells finds its request: by the span of the call where that is known, by the trace where it is not. */
import { context, ROOT_CONTEXT, type Span, SpanKind, trace } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { BLAME } from '../../../src/baggage/blame.js';
import { BaggageScope, withScope } from '../../../src/baggage/scope.js';
import { noteCall } from '../../../src/baggage/transport/calls.js';
import { blamed, servedBy } from '../../../src/baggage/transport/told-by-processor.js';
import { startHere } from './fixtures/one-process.js';

startHere();

const tracer = new TracerProvider().getTracer('test');
const BLAMES = { observer: 'shop/s1', subject: 'orders', operation: 'SELECT', reason: 'timeout' };

/** A request that is being served: its scope, and work within its trace. */
function requestOf(): { scope: BaggageScope; call: () => Span; within: (work: () => void) => void } {
  const scope = new BaggageScope();
  const served = trace.setSpan(withScope(ROOT_CONTEXT, scope), tracer.startSpan('serve', { root: true }));
  return {
    scope,
    call: () => tracer.startSpan('SELECT', { kind: SpanKind.CLIENT }, served),
    within: (work) => context.with(served, work),
  };
}

const blameOf = ({ scope }: { scope: BaggageScope }) => scope.unpack(BLAME).map(({ subject }) => subject);

describe('blame', () => {
  it('is packed where the call was made, though it ends in another request’s context', () => {
    const [made, other] = [requestOf(), requestOf()];
    const call = made.call();
    noteCall(call, made.scope);
    other.within(() => blamed(call, BLAMES));
    expect([blameOf(made), blameOf(other)]).toEqual([['orders'], []]);
  });

  it('of a call that carries no baggage is packed into the active scope, where that is of its trace', () => {
    const made = requestOf();
    made.within(() => blamed(made.call(), BLAMES));
    expect(blameOf(made)).toEqual(['orders']);
  });

  it('of a call that carries no baggage is nobody’s in another request’s context, and outside any', () => {
    const [made, other] = [requestOf(), requestOf()];
    const call = made.call();
    other.within(() => blamed(call, BLAMES));
    blamed(call, BLAMES);
    expect([blameOf(made), blameOf(other)]).toEqual([[], []]);
  });
});

describe('who serves a request', () => {
  it('is known to its scope, and to nobody else’s', () => {
    const [one, other] = [requestOf(), requestOf()];
    one.within(() => servedBy(context.active(), 'orders/o1'));
    servedBy(ROOT_CONTEXT, 'orders/o2');
    expect([one.scope.subject, other.scope.subject]).toEqual(['orders/o1', undefined]);
  });
});
