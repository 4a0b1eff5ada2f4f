// SPDX-License-Identifier: Apache-2.0
/**
 * What the processor adds to a client span that went well, started and ended as an HTTP client's instrumentation does it:
 * time, memory that is allocated, memory that stays. The same SDK with and without it, in turn, in one process. The
 * exporter takes and forgets, so what is measured is our work on the host's thread, not the network.
 */
import { SpanKind } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NoopSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { PanoramaSpanProcessor } from 'panorama-otel/processor';
import { median, type Spread, spreadOf } from './rounds.js';

/** Some ten milliseconds of them: what disturbs one round rarely spares the next. */
const SPANS_PER_ROUND = 10_000;

/** So few that what they allocate fits where the collector need not run meanwhile. */
const SPANS_PER_ALLOCATION = 1000;

const exporter = {
  export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: async () => undefined,
};

export interface SpanFigures {
  /** Spans that the processor saw. */
  readonly spanCount: number;
  readonly baseNs: number;
  readonly addedNs: Spread;
  readonly baseBytes: number;
  readonly addedBytes: Spread;
  /** How much more heap is in use after all spans than after the first. */
  readonly growthMb: number;
}

/** Needs `--expose-gc`. */
export async function spanCost(rounds: number): Promise<SpanFigures> {
  const without = workOf(new NoopSpanProcessor());
  const withUs = workOf(new PanoramaSpanProcessor({ exporter }));
  timed(without);
  timed(withUs);
  const heapBefore = heapMb();
  const ns: { without: number; withUs: number }[] = [];
  const bytes: { without: number; withUs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    ns.push({ without: timed(without), withUs: timed(withUs) });
    // Not each time, for it collects, and what follows would be measured with an empty heap.
    if (round % 10 === 0) bytes.push({ without: bytesPerSpan(without), withUs: bytesPerSpan(withUs) });
    // Lets the window and the exporter run, as they would between requests.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    spanCount: rounds * SPANS_PER_ROUND,
    baseNs: median(ns.map((round) => round.without)),
    addedNs: spreadOf(ns.map((round) => round.withUs - round.without)),
    baseBytes: median(bytes.map((round) => round.without)),
    addedBytes: spreadOf(bytes.map((round) => round.withUs - round.without)),
    growthMb: heapMb() - heapBefore,
  };
}

/** A few callees, as a service has them, and a new text for each call where an instrumentation makes one. */
const CALLEES = Array.from({ length: 8 }, (_, n) => `10.0.0.${n + 1}`);

function workOf(processor: SpanProcessor): (count: number) => void {
  const tracer = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench', 'service.instance.id': '1' }),
    spanProcessors: [processor],
  }).getTracer('bench');
  return (count) => {
    for (let index = 0; index < count; index++) {
      const address = CALLEES[index % CALLEES.length] as string;
      const span = tracer.startSpan('GET', {
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': 'GET',
          'url.full': `http://${address}:8080/orders/${index}`,
          'server.address': address,
          'server.port': 8080,
        },
      });
      span.setAttribute('http.response.status_code', 200);
      span.end();
    }
  };
}

/** CPU time of a span in ns, with what the collector's threads take; of a machine that others use too that is all one can know. */
function timed(work: (count: number) => void): number {
  const before = process.cpuUsage();
  work(SPANS_PER_ROUND);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / SPANS_PER_ROUND;
}

/** By how much the heap grows while the collector does not run. */
function bytesPerSpan(work: (count: number) => void): number {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  work(SPANS_PER_ALLOCATION);
  return (process.memoryUsage().heapUsed - before) / SPANS_PER_ALLOCATION;
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}
