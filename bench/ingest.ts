// SPDX-License-Identifier: Apache-2.0
/** What the engine takes in: a running engine is loaded from another process, all the way to verdicts. */
import { startChild } from './child.js';
import { startEngineUnderLoad } from './ingest/engine-under-load.js';
import type { LoadMessage, LoadOrder, LoadResult, Transport } from './ingest/load-message.js';
import { cpuSecondsOf, memoryOf } from './ingest/process-figures.js';
import { type LoadShape, lapsUntilAllCalled } from './ingest/request-template.js';
import { nodeCountFor, viewCountOf } from './ingest/world.js';
import { median, quantile } from './rounds.js';

export interface IngestOptions {
  readonly rounds?: number | undefined;
  /** Of one round. */
  readonly seconds?: number | undefined;
  readonly views?: number | undefined;
  readonly spansPerRequest?: number | undefined;
  readonly inFlight?: number | undefined;
  readonly transports?: readonly Transport[] | undefined;
  readonly gzip?: boolean | undefined;
  readonly workers?: number | undefined;
  readonly profile?: string | undefined;
}

interface Figures {
  readonly spans_per_s: number;
  readonly spans_per_cpu_s: number;
  readonly verdict_p50_ms: number;
  readonly verdict_p99_ms: number;
  readonly rss_mb: number;
  readonly loop_p99_ms: number;
}

const ROUNDS = 5;
const SECONDS = 3;
const VIEWS = 100_000;
const SPANS_PER_REQUEST = 512;
const IN_FLIGHT = 8;

/** Of load before anything is measured: code is compiled by then. */
const WARM_UP_SECONDS = 3;

export async function benchIngest(options: IngestOptions): Promise<object> {
  const figures: Partial<Record<Transport, Figures>> = {};
  for (const transport of options.transports ?? ['http']) figures[transport] = await measured(transport, options);
  return figures;
}

async function measured(transport: Transport, options: IngestOptions): Promise<Figures> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const { rounds = ROUNDS, seconds = SECONDS, views = VIEWS, inFlight = IN_FLIGHT } = options;
  const nodeCount = nodeCountFor(views);
  const shape: LoadShape = { nodeCount, spansPerRequest: options.spansPerRequest ?? SPANS_PER_REQUEST };
  const { workers, profile } = options;
  const engine = await startEngineUnderLoad({ views: viewCountOf(nodeCount), workers, profile });
  const { otlpGrpc, otlpHttp, api } = engine.addresses;
  const receiver = { grpc: otlpGrpc, http: otlpHttp }[transport];
  const target: LoadMessage = { transport, receiver, api, shape, inFlight, gzip: options.gzip ?? false };
  const load = await startChild('ingest/load.js', 'rest', [JSON.stringify(target)]);
  try {
    const send = async (order: LoadOrder) => (await load.ask(order)) as LoadResult;
    await send({ seconds: Math.min(WARM_UP_SECONDS, 2 * seconds), lapsMin: lapsUntilAllCalled(shape) });
    await engine.loopDelay();
    const results: (LoadResult & { readonly cpuSeconds: number; readonly loopMs: number })[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = cpuSecondsOf(engine.pid);
      const result = await send({ seconds, lapsMin: 0 });
      const cpuSeconds = cpuSecondsOf(engine.pid) - before;
      results.push({ ...result, cpuSeconds, loopMs: (await engine.loopDelay()).p99Ms });
    }
    const of = (figure: (result: (typeof results)[number]) => number) => median(results.map(figure));
    const { rssMb, peakMb } = memoryOf(engine.pid);
    const verdictMs = results.flatMap((result) => result.verdictMs);
    const figures = {
      spans_per_s: Math.round(of(({ spans, seconds }) => spans / seconds)),
      spans_per_cpu_s: Math.round(of(({ spans, cpuSeconds }) => spans / cpuSeconds)),
      verdict_p50_ms: quantile(verdictMs, 0.5),
      verdict_p99_ms: quantile(verdictMs, 0.99),
      rss_mb: Math.round(peakMb),
      loop_p99_ms: Number(of(({ loopMs }) => loopMs).toFixed(1)),
    };
    say(
      `${transport}   ${figures.spans_per_s} spans/s, ${figures.spans_per_cpu_s} per CPU second; ` +
        `RSS ${Math.round(rssMb)} MB, at most ${figures.rss_mb} MB; event loop late by ${figures.loop_p99_ms} ms (p99); ` +
        `the generator took ${of(({ ownCpuSeconds, seconds }) => ownCpuSeconds / seconds).toFixed(2)} cores, ` +
        `${of(({ refused }) => refused)} refused, ${Math.round(of(({ bytes, spans }) => bytes / spans))} bytes a span`,
    );
    return figures;
  } finally {
    await load.end();
    await engine.end();
  }
}
