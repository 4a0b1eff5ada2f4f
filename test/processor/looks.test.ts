// SPDX-License-Identifier: Apache-2.0
/** The look at calls that are out, while the host's own code changes them under it, and of many at a time. */
import type { Span } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { acquainted, begin, end, GET } from './acquainted.js';
import { startGuest } from './guest.js';
import { JOB } from './host.js';
import { broken } from './seams.js';

let asked: () => void = () => undefined;
afterEach(() => {
  asked = () => undefined;
});
/** A rule of the user that is asked whom a call concerns, and does as it likes. */
const rules = { subjects: [{ name: 'own', identify: () => asked() as undefined }] };

describe('a look', () => {
  it.each([
    ['the call that is looked at', 0, 2],
    ['one that is due with it', 1, 2],
    ['one that was looked at before', -1, 3],
  ])('in which %s ends leaves nothing behind, and tells of none that is over', (_, offset, hung) => {
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
    expect(guest.processor.counts()).toMatchObject({ inFlight: 2, hung });
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

  it('tells of each call how unlikely it is, of whatever pair, and whenever it began', async () => {
    const guest = acquainted();
    const slow = { ...GET, 'server.port': 81 };
    for (let call = 0; call < 20; call++) guest.call('GET web:81 200', { latencyMs: 90 });
    guest.clock.advance(1000);
    guest.told();
    const spans = [begin(guest, slow), begin(guest)];
    guest.clock.advance(125);
    expect(guest.told()).toEqual(['GET web:80 pending hung 1']);
    guest.clock.advance(1875);
    // Its first look comes with the third at the other, a second after the second.
    guest.clock.advance(200);
    spans.push(begin(guest));
    guest.clock.advance(125);
    await guest.processor.forceFlush();
    const phis = guest.exporter.spans
      .filter(({ attributes }) => attributes['panorama.subject'] === 'web:80')
      .flatMap(({ attributes }) => attributes['panorama.suspicion'] ?? []);
    const [first, sure, second, other] = phis.map(Number) as [number, number, number, number];
    expect(sure / first).toBeGreaterThan(2);
    expect(second / first).toBeGreaterThan(10);
    expect(other).toBeCloseTo(first, 9);
    for (const span of spans) end(guest, span);
  });

  it('is the last where a rule shuts the processor down, and no timer stays', async () => {
    const guest = acquainted({}, { rules });
    for (let call = 0; call < 3; call++) begin(guest);
    asked = () => void guest.processor.shutdown();
    guest.clock.advance(125);
    await guest.processor.shutdown();
    expect(guest.clock.timerCount).toBe(0);
    expect(guest.processor.counts().hung).toBe(0);
  });

  it('comes also where the host has flushed while the call was out', async () => {
    const guest = acquainted();
    begin(guest);
    await guest.processor.forceFlush();
    guest.clock.advance(125);
    expect(guest.told()).toEqual(['GET web:80 pending hung 1']);
  });

  it('never takes a call for older than it is', () => {
    const guest = acquainted();
    begin(guest, { 'http.request.method': 'GET', 'server.address': 'unknown' });
    guest.clock.advance(24);
    begin(guest);
    const startMs = guest.clock.nowMs();
    guest.clock.jump(-3_600_000);
    while (guest.told().length === 0) guest.clock.advance(1);
    const outSeconds = Number(guest.exporter.spans.at(-1)?.attributes['panorama.latency.max']);
    expect(outSeconds).toBeGreaterThan(0.09);
    expect(outSeconds).toBeLessThanOrEqual((guest.clock.nowMs() + 3_600_000 - startMs) / 1000);
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
  it('comes within 20 s from when it can, however long nothing was known', () => {
    const guest = startGuest();
    begin(guest);
    guest.clock.advance(60_000);
    for (let call = 0; call < 20; call++) guest.call('GET web:80 200', { latencyMs: 1 });
    guest.clock.advance(20_100);
    expect(guest.told()).toContain('GET web:80 pending hung 1');
  });

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
    expect(new Set(guest.told())).toEqual(new Set(['GET web:80 pending hung 1']));
    isBroken = true;
    end(guest, span, 503);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, faults: 1, observed: 1001 });
  });

  it('is taken back though nobody can say any more whom the call concerned', () => {
    const guest = acquainted({}, { rules });
    const span = begin(guest);
    guest.clock.advance(400);
    guest.told();
    asked = broken;
    end(guest, span);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
  });

  it('comes as soon the sixth time within a minute: hanging does not become usual by it', () => {
    const guest = acquainted();
    const { observer } = guest.processor;
    for (let work = 0; work < 1000; work++) observer.begin(JOB).healthy();
    for (let incident = 0; incident < 6; incident++) {
      guest.clock.advance(1000);
      guest.told();
      const span = begin(guest);
      const pending = observer.begin(JOB);
      guest.clock.advance(130);
      expect(guest.told().sort()).toEqual(['GET web:80 pending hung 1', 'job worker/w1 pending hung 1']);
      guest.clock.advance(5000);
      end(guest, span);
      pending.healthy();
    }
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

  it('is told again though a call that began no later has come back', () => {
    const guest = acquainted();
    begin(guest);
    end(guest, begin(guest));
    guest.clock.advance(5000);
    expect(guest.told().filter((line) => line === 'GET web:80 pending hung 1').length).toBeGreaterThan(1);
  });

  it('is told once more though a call that began later has come back, and then no more', () => {
    const guest = acquainted();
    begin(guest);
    guest.clock.advance(125);
    end(guest, begin(guest));
    guest.told();
    guest.clock.advance(875);
    expect(guest.told()).toEqual([]);
    guest.clock.advance(25);
    expect(guest.told()).toEqual(['GET web:80 pending hung 1']);
    guest.clock.advance(60_000);
    expect(guest.told()).toEqual([]);
  });

  it('is told again as soon where a part of an operation hangs and the rest is answered', () => {
    const guest = acquainted();
    for (let beat = 0; beat < 40; beat++) {
      begin(guest);
      guest.clock.advance(50);
      guest.call('GET web:80 200', { latencyMs: 1 });
    }
    guest.clock.advance(2025);
    const counts = guest.exporter.spans
      .filter(({ attributes }) => attributes['panorama.again'] === true)
      .map(({ attributes }) => Number(attributes['panorama.count']));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40);
  });

  it('stays with the pair that was accused, whatever the span says later', () => {
    const guest = acquainted();
    const span = begin(guest);
    guest.clock.advance(125);
    guest.told();
    span.setAttribute('panorama.subject', 'web/w1');
    guest.clock.advance(5000);
    expect(new Set(guest.told())).toEqual(new Set(['GET web:80 pending hung 1']));
  });

  it('is taken back of the operation that was accused, though its name by now would fold', () => {
    const guest = acquainted();
    const span = begin(guest);
    guest.clock.advance(125);
    for (let id = 0; id < 199; id++) guest.call('GET web:80 200', { attributes: { 'url.template': `/${id}` } });
    guest.clock.advance(1000);
    guest.told();
    expect(guest.processor.counts().folded).toBe(0);
    span.setAttribute('url.template', '/late');
    end(guest, span);
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    expect(guest.processor.counts().folded).toBe(0);
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
