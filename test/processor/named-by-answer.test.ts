// SPDX-License-Identifier: Apache-2.0
/**
 * A callee that has Panorama too says with its answer which instance it is. A call that hangs has no answer, and must be held
 * against the history of those that had one.
 */
import { type Span, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../src/baggage/bag/baggage.js';
import { joinAnswers, noteCall } from '../../src/baggage/transport/calls.js';
import { textOfBag } from '../../src/baggage/transport/header-text.js';
import { begin, end, GET } from './acquainted.js';
import { type Guest, startGuest } from './guest.js';

const answerOf = (subject: string) => textOfBag(new Baggage().answer().serialize({ subject }));

/** A call that `subject` answers after so long. */
function answered(guest: Guest, subject: string, latencyMs: number, attributes = GET): Span {
  const span = begin(guest, attributes);
  noteCall(span, undefined);
  guest.clock.advance(latencyMs);
  joinAnswers(span, [answerOf(subject)]);
  end(guest, span);
  return span;
}

describe('a callee that answers by its name', () => {
  it.each(['', 'web-of-mine'])('and then hangs is told of, by what the call says of it: "%s"', (subject) => {
    const guest = startGuest();
    const attributes = subject === '' ? GET : { ...GET, 'panorama.subject': subject };
    for (let call = 0; call < 100; call++) answered(guest, `web/w${call % 3}`, 1, attributes);
    guest.clock.advance(1000);
    expect(guest.told().map((line) => line.split(' ')[1])).toEqual(['web/w0', 'web/w1', 'web/w2']);
    begin(guest, attributes);
    guest.clock.advance(250);
    expect(guest.told()).toEqual([`GET ${subject || 'web:80'} pending hung 1`]);
  });

  it('is waited for as long as usual before a caller that leaves accuses it', () => {
    const guest = startGuest();
    for (let call = 0; call < 30; call++) answered(guest, 'web/w1', 150);
    guest.clock.advance(1000);
    guest.told();
    const span = begin(guest);
    guest.clock.advance(180);
    // As undici leaves a request that its caller aborts: after a little more than is usual, and less than a second.
    span.end(guest.clock.nowMs());
    guest.clock.advance(1000);
    expect(guest.told()).toEqual(['GET web:80 unhealthy timeout 1']);
  });

  it('keeps its history while it is in use, though all news is of its name', () => {
    const guest = startGuest({ pairCountMax: 10 });
    for (let call = 0; call < 50; call++) answered(guest, 'web/w1', 1);
    for (let other = 0; other < 50; other++) {
      guest.call(`GET other:${other + 1} 200`);
      answered(guest, 'web/w1', 1);
      guest.clock.advance(1000);
    }
    guest.told();
    begin(guest);
    guest.clock.advance(250);
    expect(guest.told()).toContain('GET web:80 pending hung 1');
  });

  it('whose head has come and whose body hangs is told of as it was called', () => {
    const guest = startGuest();
    for (let call = 0; call < 100; call++) answered(guest, 'web/w1', 1);
    guest.clock.advance(1000);
    guest.told();
    const span = begin(guest);
    noteCall(span, undefined);
    joinAnswers(span, [answerOf('web/w1')]);
    guest.clock.advance(250);
    expect(guest.told()).toEqual(['GET web:80 pending hung 1']);
    span.setStatus({ code: SpanStatusCode.ERROR });
    end(guest, span, 500);
    expect(guest.told()).toEqual(['GET web:80 unhealthy server_error 1']);
  });
});
