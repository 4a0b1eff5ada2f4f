// SPDX-License-Identifier: Apache-2.0
/** Flushing and shutting down while the host goes on: nobody waits for longer than he must, and nothing is lost unseen. */
import { ExportResultCode } from '@opentelemetry/core';
import { describe, expect, it, vi } from 'vitest';
import { acquainted, begin, end } from './acquainted.js';
import { type Guest, startGuest } from './guest.js';
import { inTime, JOB } from './host.js';

/** An exporter that takes so long. */
function slow(guest: Guest, ms: number): void {
  guest.exporter.answer = (done) => {
    guest.clock.setTimer(ms, () => done({ code: ExportResultCode.SUCCESS }));
  };
}

/** What has happened of itself, without time. */
const turns = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
};

describe('a flush', () => {
  it('waits for what waited, and not for what comes in meanwhile', async () => {
    const guest = startGuest();
    slow(guest, 300);
    guest.call('GET web:80 503');
    const flushed = vi.fn();
    void guest.processor.forceFlush().then(flushed);
    let ms = 0;
    for (; ms < 5000 && flushed.mock.calls.length === 0; ms += 100) {
      guest.call(`GET web:${ms + 1} 503`);
      guest.clock.advance(100);
      await turns();
    }
    expect(ms).toBe(300);
    expect(guest.told().length).toBeGreaterThan(1);
  });

  it('waits for what there is no turn for at once', async () => {
    const guest = startGuest({ pairCountMax: 100_000 });
    slow(guest, 300);
    for (let call = 0; call < 1500; call++) guest.call(`GET web-${call}:80 503`);
    const flushed = vi.fn();
    void guest.processor.forceFlush().then(flushed);
    guest.clock.advance(300);
    await turns();
    expect(guest.exporter.batches.map(({ length }) => length)).toEqual([512, 512, 476]);
    expect(flushed).not.toHaveBeenCalled();
    guest.clock.advance(300);
    await turns();
    expect(flushed).toHaveBeenCalled();
    expect(guest.processor.counts()).toMatchObject({ exportedObservations: 1500, droppedObservations: 0 });
  });

  it('waits for the export that is under way, too', async () => {
    const guest = startGuest();
    slow(guest, 300);
    guest.call('GET web:80 503');
    guest.yield();
    const flushed = vi.fn();
    void guest.processor.forceFlush().then(flushed);
    guest.clock.advance(299);
    await turns();
    expect(flushed).not.toHaveBeenCalled();
    guest.clock.advance(1);
    await turns();
    expect(flushed).toHaveBeenCalled();
  });

  it('is over when the time for one export is, however much waits', async () => {
    const guest = startGuest({ exportTimeoutMs: 1000, queueCountMax: 65_536, pairCountMax: 100_000 });
    guest.exporter.answer = () => undefined;
    for (let call = 0; call < 5000; call++) guest.call(`GET web-${call}:80 503`);
    const flushed = vi.fn();
    void guest.processor.forceFlush().then(flushed);
    guest.clock.advance(1000);
    await turns();
    expect(flushed).toHaveBeenCalled();
  });

  it('waits for its time where the clock has lost it, but no longer than for its exports', async () => {
    const guest = startGuest();
    const { setTimer } = guest.clock;
    guest.call('GET web:80 503');
    guest.exporter.answer = () => {
      guest.clock.setTimer = () => {
        throw new Error('broken');
      };
    };
    const flushed = guest.processor.forceFlush();
    guest.clock.setTimer = setTimer;
    await inTime(guest.clock, () => flushed);
    expect(guest.processor.counts()).toMatchObject({ failedObservations: 1, faults: 1 });
  });
});

describe('shutting down', () => {
  it('while calls are out ends their watch; they come back unseen', async () => {
    const guest = acquainted();
    const [hung, young] = [begin(guest), begin(guest)];
    guest.clock.advance(150);
    await guest.processor.shutdown();
    expect(guest.told()).toEqual(['GET web:80 pending hung 1', 'GET web:80 pending hung 1']);
    guest.clock.advance(100_000);
    expect(guest.told()).toEqual([]);
    expect(guest.clock.timerCount).toBe(0);
    for (const span of [hung, young]) end(guest, span, 503);
    expect(guest.told()).toEqual([]);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, observed: 1000, hung: 2, faults: 0 });
  });

  it('makes the host’s own word inert, also that of work that is out', async () => {
    const guest = acquainted();
    const { observer } = guest.processor;
    const pending = observer.begin(JOB);
    await guest.processor.shutdown();
    pending.unhealthy(new Error('no'));
    observer.begin(JOB).unhealthy();
    observer.report({ ...JOB, status: 'unhealthy' });
    expect(observer.observe(JOB, () => 7)).toBe(7);
    guest.clock.advance(10_000);
    expect(guest.told()).toEqual([]);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, faults: 0, droppedObservations: 0 });
    expect(guest.clock.timerCount).toBe(0);
  });

  it('is one, also for an exporter that asks for it while it is given what waits', async () => {
    const guest = startGuest();
    guest.exporter.answer = (done) => {
      void guest.processor.shutdown();
      done({ code: ExportResultCode.SUCCESS });
    };
    guest.call('GET web:80 200');
    await guest.processor.shutdown();
    expect(guest.exporter.shutdown).toHaveBeenCalledTimes(1);
  });

  it('while a flush is under way waits for it, and a flush meanwhile ends as well', async () => {
    const guest = startGuest();
    slow(guest, 2000);
    guest.call('GET web:80 503');
    const all = [guest.processor.forceFlush(), guest.processor.shutdown(), guest.processor.forceFlush()];
    await turns();
    expect(guest.exporter.shutdown).not.toHaveBeenCalled();
    await inTime(guest.clock, () => Promise.all(all));
    expect(guest.exporter.shutdown).toHaveBeenCalledTimes(1);
    expect(guest.processor.counts()).toMatchObject({ exportedObservations: 1, faults: 0 });
  });

  it('gives up what an exporter that hangs would never take, counts it, and hands over nothing afterwards', async () => {
    const guest = startGuest({ exportTimeoutMs: 1000, queueCountMax: 65_536, pairCountMax: 100_000 });
    guest.exporter.answer = () => undefined;
    for (let call = 0; call < 5000; call++) guest.call(`GET web-${call}:80 503`);
    const shutDown = inTime(guest.clock, () => guest.processor.shutdown());
    const batches: number[] = [];
    guest.exporter.shutdown = async () => void batches.push(guest.exporter.batches.length);
    await shutDown;
    guest.clock.advance(60_000);
    expect(batches).toEqual([guest.exporter.batches.length]);
    const { droppedObservations, failedObservations, observed } = guest.processor.counts();
    expect(droppedObservations).toBeGreaterThan(0);
    expect(droppedObservations + failedObservations).toBe(observed);
    expect(guest.clock.timerCount).toBe(0);
  });
});
