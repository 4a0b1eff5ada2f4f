// SPDX-License-Identifier: Apache-2.0
/** The look at calls that are out, while the host's own code changes them under it, and of many at a time. */
import type { Span } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { acquainted, begin, end, GET } from './acquainted.js';
import { broken } from './seams.js';

let asked: () => void = () => undefined;
afterEach(() => {
  asked = () => undefined;
});
/** A rule of the user that is asked whom a call concerns, and does as it likes. */
const rules = { subjects: [{ name: 'own', identify: () => asked() as undefined }] };

describe('a look', () => {
  it.each([
    ['the call that is looked at', 0],
    ['one that is due with it', 1],
    ['one that was looked at before', -1],
  ])('in which %s ends leaves nothing behind', (_, offset) => {
    const guest = acquainted({}, { rules });
    const spans: Span[] = Array.from({ length: 3 }, () => begin(guest));
    const ending = spans[1 + offset] as Span;
    let looks = 0;
    asked = () => {
      looks++;
      if (looks !== 2) return;
      asked = () => undefined;
      end(guest, ending);
    };
    guest.clock.advance(130);
    expect(guest.processor.counts().inFlight).toBe(2);
    for (const span of spans) if (span !== ending) end(guest, span);
    guest.clock.advance(30_000);
    const counts = guest.processor.counts();
    expect(counts).toMatchObject({ inFlight: 0, observed: 1003, faults: 0, forgotten: 0 });
    expect(guest.clock.timerCount).toBe(0);
  });

  it('at thousands of calls is as long as at a thousand, and the others have their turn in the next', () => {
    const guest = acquainted();
    const spans = Array.from({ length: 2500 }, () => begin(guest));
    const hungAfter = (ms: number) => {
      guest.clock.advance(ms);
      return guest.processor.counts().hung;
    };
    expect([hungAfter(125), hungAfter(25), hungAfter(25)]).toEqual([1000, 2000, 2500]);
    for (const span of spans) end(guest, span);
    guest.clock.advance(1000);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, observed: 3500 });
  });

  it('tells of calls that began at different times how unlikely each is', () => {
    const guest = acquainted({ latencyMs: 100 });
    const other = { ...GET, 'server.port': 81 };
    for (let call = 0; call < 10; call++) end(guest, begin(guest, other));
    const early = begin(guest);
    guest.clock.advance(50);
    const late = begin(guest);
    const elsewhere = begin(guest, other);
    guest.clock.advance(800);
    const phis = (subject: string) =>
      guest.exporter.spans
        .filter(({ attributes }) => attributes['panorama.subject'] === subject)
        .flatMap(({ attributes }) => attributes['panorama.suspicion'] ?? [])
        .map(Number);
    expect(phis('web:80').length).toBeGreaterThan(0);
    expect(Math.max(...phis('web:81'))).toBeGreaterThan(10 * Math.max(...phis('web:80')));
    for (const span of [early, late, elsewhere]) end(guest, span);
  });

  it('at a call whose rules break ends its watch and no other', () => {
    const guest = acquainted({}, { rules });
    const spans = [begin(guest), begin(guest)];
    asked = () => {
      asked = () => undefined;
      broken();
    };
    guest.clock.advance(130);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 1, faults: 1, hung: 1 });
    for (const span of spans) end(guest, span);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, observed: 1002 });
  });
});

describe('a suspicion', () => {
  it('is taken back though the rules of the user break at the end', () => {
    let isBroken = false;
    const override = {
      get operation(): string {
        return isBroken ? broken() : 'none';
      },
      status: 'ignore' as const,
    };
    const guest = acquainted({}, { rules: { outcomes: [override] } });
    const span = begin(guest);
    guest.clock.advance(400);
    expect(guest.told()).toEqual(['GET web:80 pending hung 1']);
    isBroken = true;
    end(guest, span, 503);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, faults: 1, observed: 1001 });
  });

  it('is taken back of a pair that was forgotten meanwhile', () => {
    const guest = acquainted({}, { pairCountMax: 1 });
    const span = begin(guest);
    // It is told again at 9 s, and then not before 18.
    guest.clock.advance(12_000);
    guest.call('GET db:80 200');
    guest.clock.advance(2000);
    expect(guest.told().slice(-2)).toEqual(['GET web:80 pending hung 1', 'GET db:80 healthy ok 1']);
    end(guest, span);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    expect(guest.processor.counts()).toMatchObject({ observed: 1002, droppedCalls: 0, inFlight: 0 });
  });

  it('is of so long at the least as the call has been out, though the machine’s clock was set back', () => {
    const guest = acquainted();
    begin(guest);
    guest.clock.jump(-3_600_000);
    guest.clock.advance(130);
    const max = Number(guest.exporter.spans.at(-1)?.attributes['panorama.latency.max']);
    expect(max).toBeGreaterThanOrEqual(0.1);
    expect(max).toBeLessThan(0.2);
  });

  it('of a call that is ended by nobody is not counted among those that came back', () => {
    const guest = acquainted();
    const span = begin(guest);
    guest.clock.advance(3_700_000);
    expect(guest.processor.counts()).toMatchObject({ forgotten: 1, inFlight: 0, observed: 1000 });
    guest.told();
    end(guest, span);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    expect(guest.processor.counts()).toMatchObject({ forgotten: 1, inFlight: 0, observed: 1001 });
  });
});
