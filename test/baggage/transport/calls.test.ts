// SPDX-License-Identifier: Apache-2.0
/** The thread between a call's span and the scope that made the call. */
import { SpanKind } from '@opentelemetry/api';
import { type ReadableSpan, type Span, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it, vi } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import type { Tuple } from '../../../src/baggage/bag/packing.js';
import { BaggageScope, baggageCounts } from '../../../src/baggage/scope.js';
import { forgetCall, joinAnswers, noteCall, scopeOfCall } from '../../../src/baggage/transport/calls.js';
import { textOfBag } from '../../../src/baggage/transport/header-text.js';

const tracer = new TracerProvider().getTracer('test');
const callOf = () => tracer.startSpan('GET', { kind: SpanKind.CLIENT }) as Span & ReadableSpan;

function answerOf(subject: string, tuple: Tuple): string {
  const scope = new BaggageScope();
  scope.subject = subject;
  scope.pack('seen', tuple);
  return textOfBag(scope.answer() as Uint8Array);
}

const FRAME = new Uint8Array(8).fill(65);

/** The text of an answer that says who gave it, and nothing else. */
function identityOf(subject: string): string {
  const scope = new BaggageScope();
  scope.subject = subject;
  return textOfBag(scope.answer() as Uint8Array);
}

describe('a call that was noted', () => {
  it('is known by its span, and takes the answer to the scope that made it', () => {
    const [one, other] = [new BaggageScope(), new BaggageScope()];
    const [first, second] = [callOf(), callOf()];
    noteCall(first, one);
    noteCall(second, other);
    expect([scopeOfCall(first), scopeOfCall(second)]).toEqual([one, other]);
    joinAnswers(second, [answerOf('datanode/dn2', { n: 2 })]);
    joinAnswers(first, [answerOf('datanode/dn1', { n: 1 })]);
    expect([one.unpack('seen'), other.unpack('seen')]).toEqual([[{ n: 1 }], [{ n: 2 }]]);
    expect([first, second].map(({ attributes }) => attributes['panorama.subject'])).toEqual([
      'datanode/dn1',
      'datanode/dn2',
    ]);
  });

  it('outside any scope takes who answered, and nothing more', () => {
    const call = callOf();
    noteCall(call, undefined);
    expect(scopeOfCall(call)).toBeUndefined();
    joinAnswers(call, [answerOf('datanode/dn1', { n: 1 })]);
    expect(call.attributes['panorama.subject']).toBe('datanode/dn1');
  });

  it('and made again takes the answer to the scope that made it last', () => {
    const [one, other] = [new BaggageScope(), new BaggageScope()];
    const call = callOf();
    noteCall(call, one);
    noteCall(call, other);
    joinAnswers(call, [answerOf('datanode/dn1', { n: 1 })]);
    expect([one.isEmpty, other.isEmpty]).toEqual([true, false]);
  });

  it('is told each time who answered, where the answer says nothing else', () => {
    const scope = new BaggageScope();
    const [one, other] = [identityOf('datanode/dn1'), identityOf('datanode/dn2')];
    const told = [one, other, one, other, one].map((text) => {
      const call = callOf();
      noteCall(call, scope);
      joinAnswers(call, [text]);
      return call.attributes['panorama.subject'];
    });
    expect(told).toEqual(['datanode/dn1', 'datanode/dn2', 'datanode/dn1', 'datanode/dn2', 'datanode/dn1']);
    expect(scope.isEmpty).toBe(true);
  });

  it('takes back its part of the clock from every answer that gives one, though nothing was packed', () => {
    const scope = new BaggageScope(new Baggage(FRAME));
    const answerTo = (sent: Uint8Array) => {
      const served = new BaggageScope(Baggage.enter(Baggage.deserialize(sent)));
      served.subject = 'datanode/dn1';
      return textOfBag(served.answer() as Uint8Array);
    };
    for (let n = 0; n < 3; n++) {
      scope.pack('seen', { n });
      const call = callOf();
      noteCall(call, scope);
      joinAnswers(call, [answerTo(scope.outgoing() as Uint8Array)]);
    }
    // Whole again after each, so what was packed between them was united. A lost part would hold three instances apart.
    expect(Baggage.deserialize(scope.outgoing() as Uint8Array).instanceCount).toBe(1);
  });

  it('and has ended brings its tuples all the same', () => {
    const scope = new BaggageScope();
    const call = callOf();
    noteCall(call, scope);
    call.end();
    joinAnswers(call, [answerOf('datanode/dn1', { n: 1 })]);
    expect(scope.unpack('seen')).toEqual([{ n: 1 }]);
    expect(call.attributes).not.toHaveProperty('panorama.subject');
  });

  it('and is over is nobody’s, and its answer nobody’s any more', () => {
    const scope = new BaggageScope();
    const [call, outside, never] = [callOf(), callOf(), callOf()];
    noteCall(call, scope);
    noteCall(outside, undefined);
    for (const each of [call, outside, never]) {
      forgetCall(each);
      expect(scopeOfCall(each)).toBeUndefined();
    }
    joinAnswers(call, [answerOf('datanode/dn1', { n: 1 })]);
    expect(scope.isEmpty).toBe(true);
  });

  it('is given what is no text, too, and passes over it', () => {
    const scope = new BaggageScope();
    const call = callOf();
    noteCall(call, scope);
    const { faults } = baggageCounts();
    joinAnswers(call, [undefined, null, 7, {}, Buffer.from('a'), answerOf('datanode/dn1', { n: 1 })]);
    expect(scope.unpack('seen')).toEqual([{ n: 1 }]);
    expect(baggageCounts().faults).toBe(faults);
  });

  it('shows nothing of ours on its span', () => {
    const call = callOf();
    const before = JSON.stringify(Object.keys(call));
    noteCall(call, new BaggageScope());
    expect(JSON.stringify(Object.keys(call))).toBe(before);
    expect(call.attributes).toEqual({});
  });
});

describe('a call that was not noted', () => {
  it('may carry no baggage, so its answer is nobody’s', () => {
    const call = callOf();
    const { malformed } = baggageCounts();
    joinAnswers(call, [answerOf('datanode/dn1', { n: 1 }), 'bad!']);
    expect(call.attributes).toEqual({});
    expect(scopeOfCall(call)).toBeUndefined();
    expect(baggageCounts().malformed).toBe(malformed);
  });
});

describe('a span that is none', () => {
  it.each([undefined, null, 7, Object.freeze({})])('makes nobody throw (%j)', (span) => {
    joinAnswers(span as never, [answerOf('datanode/dn1', { n: 1 })]);
  });

  it('or throws itself, is contained and counted', () => {
    const call = callOf();
    noteCall(call, new BaggageScope());
    vi.spyOn(call, 'setAttribute').mockImplementation(() => {
      throw new Error('broken');
    });
    const { faults } = baggageCounts();
    joinAnswers(call, [answerOf('datanode/dn1', { n: 1 })]);
    expect(baggageCounts().faults).toBe(faults + 1);
  });
});
