// SPDX-License-Identifier: Apache-2.0
/**
 * What the guest adds to a client span that went well: the same SDK with and without the processor, in turn. The
 * exporter takes and forgets, so what is measured is our work on the host's thread, not the network.
 */
import { SpanKind } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NoopSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { PanoramaSpanProcessor } from 'panorama-otel/processor';
import { median } from './rounds.js';

const ROUNDS = 21;
const SPANS_PER_ROUND = 50_000;

const exporter = {
  export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: async () => undefined,
};

/** @param count rounds; default 21 */
export async function benchProcessor(count: number = ROUNDS): Promise<object> {
  const without = roundOf(new NoopSpanProcessor());
  const withUs = roundOf(new PanoramaSpanProcessor({ exporter }));
  without();
  withUs();
  const heapBefore = heapMb();
  const rounds: { without: number; withUs: number }[] = [];
  for (let round = 0; round < count; round++) {
    rounds.push({ without: without(), withUs: withUs() });
    // Lets the window and the exporter run, as they would between requests.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const added = median(rounds.map((round) => round.withUs - round.without));
  const base = median(rounds.map((round) => round.without));
  const growth = heapMb() - heapBefore;
  process.stdout.write(
    `${count} alternating rounds of ${SPANS_PER_ROUND} healthy client spans, medians:\n` +
      `  the SDK alone     ${base.toFixed(0)} ns a span\n` +
      `  the guest adds    ${added.toFixed(0)} ns a span\n` +
      `  heap growth       ${growth.toFixed(1)} MB\n`,
  );
  return { ns_per_span: Math.round(added), heap_growth_mb: Number(growth.toFixed(1)) };
}

/** One round: starts and ends spans as an HTTP client's instrumentation does; nanoseconds a span. */
function roundOf(processor: SpanProcessor): () => number {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench', 'service.instance.id': '1' }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('bench');
  const attributes = {
    'http.request.method': 'GET',
    'url.full': 'http://10.0.0.1:8080/orders/1',
    'server.address': '10.0.0.1',
    'server.port': 8080,
  };
  return () => {
    const start = process.hrtime.bigint();
    for (let index = 0; index < SPANS_PER_ROUND; index++) {
      const span = tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes });
      span.setAttribute('http.response.status_code', 200);
      span.end();
    }
    return Number(process.hrtime.bigint() - start) / SPANS_PER_ROUND;
  };
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}
