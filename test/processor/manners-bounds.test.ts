// SPDX-License-Identifier: Apache-2.0
/** What a guest takes while its host does more than anybody should: memory is bounded, and the counts add up. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { observer } from '../../src/processor/host-observer.js';
import { PanoramaSpanProcessor } from '../../src/processor/panorama-span-processor.js';
import { acquainted, begin, GET } from './acquainted.js';
import { KeepingExporter, startGuest } from './guest.js';
import { JOB } from './host.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use once all that can go is gone. */
async function heapUsed(): Promise<number> {
  // What was looked at through a weak reference stays until the turn is over.
  await new Promise(setImmediate);
  collect();
  return process.memoryUsage().heapUsed;
}

const MB = 1 << 20;

/** A million calls of a host that never lets a timer run, in parts that say something, nothing, and of nobody. */
const CALLS = 1_000_000;

describe('a million calls without a turn of the event loop', () => {
  it('take bounded memory, and are all accounted for', { timeout: 120_000 }, async () => {
    const exporter = new KeepingExporter();
    const processor = new PanoramaSpanProcessor({
      exporter,
      rules: { outcomes: [{ operation: 'PUT', status: 'ignore' }] },
    });
    const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test');
    const before = await heapUsed();
    for (let call = 0; call < CALLS; call++) {
      const kind = call % 10;
      const span = tracer.startSpan('GET', {
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': kind === 1 ? 'PUT' : 'GET',
          'server.address': kind === 2 ? '' : `web-${call % 3000}`,
          'http.response.status_code': kind === 3 ? 503 : 200,
          ...(kind === 4 && { 'error.type': 'AbortError' }),
        },
      });
      if (kind === 3 || kind === 4) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    }
    const { observed, unidentified, abandoned, ignored, ...counts } = processor.counts();
    expect(observed + unidentified + abandoned + ignored).toBe(CALLS);
    expect(unidentified).toBe(CALLS / 10);
    expect(counts).toMatchObject({ inFlight: 0, unwatched: 0, forgotten: 0, folded: 0, hung: 0, faults: 0 });
    // Two thousand pairs are remembered; of the other thousand all is lost, and all of it is counted.
    expect(counts.droppedCalls).toBeGreaterThan(0);
    expect((await heapUsed()) - before).toBeLessThan(30 * MB);
    await processor.forceFlush();
    const told = exporter.spans.reduce((sum, { attributes }) => sum + Number(attributes['panorama.count']), 0);
    expect(told).toBe(observed - counts.droppedCalls);
    expect(processor.counts()).toMatchObject({ exportedObservations: exporter.spans.length, failedObservations: 0 });
    await processor.shutdown();
  });
});

describe('a hundred thousand calls that never end', () => {
  it('are a table of bounded size, and forgotten when their host has forgotten them', async () => {
    const guest = acquainted();
    let spans: unknown[] | undefined = Array.from({ length: 100_000 }, () => begin(guest));
    expect(guest.processor.counts()).toMatchObject({ inFlight: 10_000, unwatched: 90_000 });
    guest.clock.advance(2000);
    expect(guest.processor.counts().hung).toBeGreaterThanOrEqual(10_000);
    await heapUsed();
    guest.clock.advance(60_000);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 10_000, forgotten: 0 });
    expect(spans).toHaveLength(100_000);
    spans = undefined;
    for (let turn = 0; turn < 10 && guest.processor.counts().inFlight > 0; turn++) {
      await heapUsed();
      guest.clock.advance(30_000);
    }
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, forgotten: 10_000, faults: 0 });
    guest.clock.advance(2000);
    expect(guest.clock.timerCount).toBe(0);
  });

  it('hold no span from the first look on, though nothing is known of their like', async () => {
    const guest = startGuest();
    const refs = Array.from({ length: 100 }, () => new WeakRef(begin(guest)));
    guest.clock.advance(200);
    await heapUsed();
    expect(refs.filter((ref) => ref.deref())).toEqual([]);
    guest.clock.advance(60_000);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, forgotten: 100 });
  });

  it('may be work that the host has begun: what was begun first is forgotten first', async () => {
    const guest = startGuest({ inFlightCountMax: 1000 });
    guest.tracer.startSpan('start').end();
    const before = await heapUsed();
    for (let work = 0; work < 100_000; work++) guest.processor.observer.begin(JOB);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 1000, unwatched: 99_000, faults: 0 });
    expect((await heapUsed()) - before).toBeLessThan(5 * MB);
    guest.clock.advance(3_700_000);
    expect(guest.processor.counts()).toMatchObject({ inFlight: 0, forgotten: 1000 });
    expect(guest.clock.timerCount).toBe(0);
  });
});

describe('a processor that its host has dropped without a word', () => {
  it('is kept alive by nobody, and the next one speaks for the process', async () => {
    const dropped = Array.from({ length: 10 }, () => new WeakRef(startGuest().processor));
    const guest = startGuest();
    guest.tracer.startSpan('start').end();
    for (let turn = 0; turn < 10; turn++) await heapUsed();
    expect(dropped.filter((ref) => ref.deref())).toEqual([]);
    observer.report({ ...JOB, status: 'unhealthy' });
    guest.yield();
    expect(guest.told()).toEqual(['job worker/w1 unhealthy reported 1']);
  });
});

describe('names without end', () => {
  it.each<[string, (call: number) => object]>([
    ['subjects', (call) => ({ 'server.address': `web-${call}` })],
    ['operations of one subject', (call) => ({ 'url.template': `/orders/${call}` })],
    ['both', (call) => ({ 'server.address': `web-${call % 5000}`, 'url.template': `/orders/${call}` })],
  ])('take bounded memory, and each call is told of or counted as lost: %s', async (_, names) => {
    const guest = startGuest({ pairCountMax: 500 });
    guest.exporter.answer = (done) => {
      toldCount += guest.exporter.spans.reduce((sum, { attributes }) => sum + Number(attributes['panorama.count']), 0);
      guest.exporter.batches.length = 0;
      done({ code: 0 });
    };
    let toldCount = 0;
    let calls = 0;
    const burst = (count: number) => {
      for (let call = 0; call < count; call++, calls++) {
        guest.call('GET web:80 200', { attributes: { ...GET, ...names(calls) } as never });
        if (call % 600 === 0) guest.clock.advance(1000);
      }
    };
    burst(30_000);
    const before = await heapUsed();
    burst(60_000);
    expect((await heapUsed()) - before).toBeLessThan(3 * MB);
    await guest.processor.forceFlush();
    const { observed, droppedCalls } = guest.processor.counts();
    expect(observed).toBe(calls);
    expect(toldCount).toBe(calls - droppedCalls);
  });
});
