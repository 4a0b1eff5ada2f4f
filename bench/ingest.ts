// SPDX-License-Identifier: Apache-2.0
/**
 * What the engine takes in: a running engine is loaded from another process, over gRPC and over HTTP, all the way to
 * verdicts. With a Collector beside it that makes metrics of the same spans, the two are loaded in turn. What the load is
 * like stands in docs/benchmarks.md.
 */
import { sharing } from './child.js';
import { startCollectorUnderLoad } from './ingest/collector-under-load.js';
import { startEngineUnderLoad } from './ingest/engine-under-load.js';
import { TRANSPORTS, type Transport } from './ingest/load-message.js';
import { type LoadPlan, loadedRounds, type Round, type Rounds } from './ingest/loaded-rounds.js';
import { type Memory, memoryOf } from './ingest/process-figures.js';
import type { UnderLoad } from './ingest/under-load.js';
import { nodeCountFor, SERVICES, viewCountOf } from './ingest/world.js';
import { median, quantile } from './rounds.js';
import { collectorProgram } from './server.js';

export interface IngestOptions {
  readonly rounds?: number | undefined;
  /** Of one round. */
  readonly seconds?: number | undefined;
  /** Views of calls between services. */
  readonly views?: number | undefined;
  readonly spansPerRequest?: number | undefined;
  /** Requests on their way at once. */
  readonly inFlight?: number | undefined;
  /** Default: both. */
  readonly transport?: string | undefined;
  readonly gzip?: boolean | undefined;
  /** How many cores the engine has to itself; default 1. */
  readonly cores?: number | undefined;
  /** Passed on to the engine. */
  readonly workers?: string | undefined;
  /** A folder for the engine's CPU profile. */
  readonly profile?: string | undefined;
  readonly vsCollector?: boolean | undefined;
}

interface Figures {
  readonly spans_per_s: number;
  readonly spans_per_cpu_s: number;
  readonly verdict_p50_ms: number;
  readonly verdict_p99_ms: number;
  readonly rss_mb: number;
  readonly loop_p99_ms: number;
  /** How much better than the Collector; above 1 is better. */
  readonly ratio_cpu?: number;
  readonly ratio_rss?: number;
}

const ROUNDS = 5;
const SECONDS = 3;
const VIEWS = 100_000;

/** A full batch of a default exporter. */
const SPANS_PER_REQUEST = 512;

/** Where other threads take less than the rest, they are the runtime's own. */
const MAIN_SHARE_SHOWN = 0.9;

/** As few as keep the engine busy all the time: what is sent on top only waits, and so do failures. */
const IN_FLIGHT = 4;

export async function benchIngest(options: IngestOptions): Promise<object> {
  const { rounds = ROUNDS, seconds = SECONDS, views = VIEWS, inFlight = IN_FLIGHT, gzip = false } = options;
  const chosen = TRANSPORTS.filter((each) => options.transport === undefined || each === options.transport);
  if (chosen.length === 0) throw new Error(`--transport: one of ${TRANSPORTS.join(', ')}, not ${options.transport}`);
  const program = options.vsCollector ? collectorProgram() : undefined;
  const shape = { nodeCount: nodeCountFor(views), spansPerRequest: options.spansPerRequest ?? SPANS_PER_REQUEST };
  const plan: LoadPlan = { rounds, seconds, shape, inFlight, gzip, cores: options.cores };
  process.stdout.write(
    `${SERVICES.length} services of ${shape.nodeCount} instances, ${viewCountOf(shape.nodeCount)} views of each other; ` +
      `${sharing(plan.cores)}\n`,
  );
  const figures: Partial<Record<Transport, Figures>> = {};
  for (const transport of chosen) figures[transport] = await figuresOf(transport, plan, options, program);
  if (program === undefined) return figures;
  // Of two transports the worse one is what is said of both.
  const worst = (ratio: 'ratio_cpu' | 'ratio_rss') =>
    Math.min(...Object.values(figures).map((each) => each[ratio] ?? Number.NaN));
  return { ...figures, ratio_cpu: worst('ratio_cpu'), ratio_rss: worst('ratio_rss') };
}

async function figuresOf(
  transport: Transport,
  plan: LoadPlan,
  { workers, profile }: IngestOptions,
  program: string | undefined,
): Promise<Figures> {
  const targets: UnderLoad[] = [];
  try {
    targets.push(
      await startEngineUnderLoad({ views: viewCountOf(plan.shape.nodeCount), workers, profile, cores: plan.cores }),
    );
    if (program !== undefined) targets.push(await startCollectorUnderLoad(program, plan.cores));
    const rounds = await loadedRounds(targets, transport, plan);
    const memories = targets.map(({ pid }) => memoryOf(pid));
    for (const [index, { name }] of targets.entries()) {
      say(transport, name, rounds[index] as Rounds, memories[index] as Memory);
    }
    const [engine, collector] = rounds as [Rounds, Rounds?];
    const [memory, collectorMemory] = memories as [Memory, Memory?];
    const verdictMs = engine.full.flatMap((round) => round.verdictMs);
    return {
      spans_per_s: Math.round(median(engine.full.map(perSecond))),
      spans_per_cpu_s: Math.round(median(engine.full.map(perCpuSecond))),
      verdict_p50_ms: rounded(quantile(verdictMs, 0.5)),
      verdict_p99_ms: rounded(quantile(verdictMs, 0.99)),
      rss_mb: Math.round(memory.peakMb),
      loop_p99_ms: rounded(median(engine.full.map(({ loopP99Ms }) => loopP99Ms))),
      ...(collector &&
        collectorMemory && {
          ratio_cpu: rounded(median(engine.full.map((round, index) => ratioOf(round, collector.full[index])))),
          ratio_rss: rounded(collectorMemory.peakMb / memory.peakMb),
        }),
    };
  } finally {
    for (const target of targets) await target.end();
  }
}

function say(transport: Transport, name: string, { full, half }: Rounds, { rssMb, peakMb }: Memory): void {
  const of = (figure: (round: Round) => number) => median(full.map(figure));
  const lines = [
    `${transport} ${name}   ${Math.round(of(perSecond))} spans/s, ${Math.round(of(perCpuSecond))} for a second of CPU time; ` +
      `RSS ${Math.round(rssMb)} MB, at most ${Math.round(peakMb)} MB`,
    `  the load: ${Math.round(of(({ bytes, spans }) => bytes / spans))} bytes a span, ${of(({ refused }) => refused)} requests refused; ` +
      `its generator took ${of(({ ownCpuSeconds, seconds }) => ownCpuSeconds / seconds).toFixed(2)} of a core`,
  ];
  // The engine is no faster than its first thread, however many others decode for it. The Collector has no such one.
  if (name === 'engine' && of(mainShare) < MAIN_SHARE_SHOWN) {
    lines.push(
      `  ${Math.round(100 * of(mainShare))} % of that in its first thread: ` +
        `${Math.round(of((round) => round.spans / round.mainCpuSeconds))} spans for a second of that thread's`,
    );
  }
  const delays = (rounds: readonly Round[]) => {
    const ms = rounds.flatMap(({ verdictMs }) => verdictMs);
    const late = rounds.reduce((sum, { lateVerdicts }) => sum + lateVerdicts, 0);
    return (
      `verdicts after ${quantile(ms, 0.5).toFixed(1)} ms (p99 ${quantile(ms, 0.99).toFixed(1)} ms, of ${ms.length}, ` +
      `${late} later than the answer), event loop late by ${median(rounds.map(({ loopP99Ms }) => loopP99Ms)).toFixed(1)} ms (p99)`
    );
  };
  if (full.some(({ verdictMs }) => verdictMs.length > 0)) {
    lines.push(`  at full load: ${delays(full)}`, `  at half of it: ${delays([half])}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** How much of a process's CPU time its first thread took. */
function mainShare({ mainCpuSeconds, cpuSeconds }: Round): number {
  return mainCpuSeconds / cpuSeconds;
}

function perSecond({ spans, seconds }: Round): number {
  return spans / seconds;
}

function perCpuSecond({ spans, cpuSeconds }: Round): number {
  return spans / cpuSeconds;
}

function ratioOf(round: Round, other: Round | undefined): number {
  return other ? perCpuSecond(round) / perCpuSecond(other) : Number.NaN;
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}
