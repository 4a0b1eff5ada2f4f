// SPDX-License-Identifier: Apache-2.0
/**
 * What the guest costs a real service under load: the same service in several variants, side by side, loaded in turn by the
 * same generator. A figure is the median, over many rounds, of how much more one variant took than the one without us in
 * the same round; so what the machine's other users do hits both alike.
 *
 * CPU time is all that a service's process takes during a round, also between its turns: what it does once a second, or
 * when its collector has time, counts too.
 */
import { defaultTextMapSetter, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { PanoramaPropagator } from 'panorama-otel/baggage';
import { type Child, sharing, startChild } from '../child.js';
import { median, type Spread, spreadOf } from '../rounds.js';
import type { Round, TargetFigures } from './load.js';
import type { Variant } from './service-sdk.js';

/** How much load, and how long. */
export interface LoadPlan {
  readonly rounds: number;
  /** Times in a round that each variant has its turn. */
  readonly turns: number;
  readonly turnMs: number;
  readonly warmUpRounds: number;
}

/** In percent of what the variant without us takes; worse is positive. */
export interface Changes {
  /** Closed loop: how much less is served, and how much CPU time a request takes. */
  readonly throughput: Spread;
  readonly cpu: Spread;
  /** Open loop at a fixed rate: latencies, and CPU time there. */
  readonly p50: Spread;
  readonly p99: Spread;
  readonly openCpu: Spread;
}

export interface HttpFigures {
  /** Of the variant without us. */
  readonly base: { readonly throughput: number; readonly cpuUs: number; readonly p50: number; readonly p99: number };
  readonly rate: number;
  readonly changes: Readonly<Record<Exclude<Variant, 'without'>, Changes>>;
  /** Heap that the service takes more, in MB. */
  readonly heapMb: Readonly<Record<Exclude<Variant, 'without'>, number>>;
}

const CLOSED_CONNECTIONS = 16;
const OPEN_CONNECTIONS = 128;

/** Of what the service without us can do: a busy service, and not yet one in which requests wait for one another all the time. */
const OPEN_SHARE = 0.5;

const OURS = ['guest', 'processor'] as const;
const VARIANTS: readonly Variant[] = ['without', ...OURS];

interface Measured extends TargetFigures {
  /** CPU time of the service for a request. */
  readonly cpuUs: number;
}

type Measurement = Readonly<Record<Variant, Measured>>;

/** Loads all variants in turn. Says how far it is with `say`. */
export async function compareHttp(plan: LoadPlan, say: (line: string) => void): Promise<HttpFigures> {
  const children: Child[] = [];
  const started = async (...args: Parameters<typeof startChild>) => {
    const child = await startChild(...args);
    children.push(child);
    return child;
  };
  try {
    const sink = await started('http-service/sink.js', 'rest');
    const backend = await started('http-service/backend.js', 'rest');
    const load = await started('http-service/load.js', 'rest');
    const ports = sink.ready as { readonly http: number; readonly grpc: number };
    const services: Partial<Record<Variant, Child>> = {};
    for (const variant of VARIANTS) {
      services[variant] = await started(
        'http-service/service.js',
        'measured',
        [variant, String(backend.ready), `http://127.0.0.1:${ports.grpc}`],
        {
          nodeArgs: ['--expose-gc', '--import', new URL('service-sdk.js', import.meta.url).href],
          env: { ...EXPORTS, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${ports.http}` },
        },
      );
    }
    say(`an HTTP service in ${VARIANTS.length} variants, ${sharing()}`);
    return await compared(plan, services as Record<Variant, Child>, load, say);
  } finally {
    await Promise.all(children.map((child) => child.end()));
  }
}

/** Only what is compared: what the environment says otherwise would change one variant and not the other. */
const EXPORTS: NodeJS.ProcessEnv = {
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
};

async function compared(plan: LoadPlan, services: Record<Variant, Child>, load: Child, say: (line: string) => void) {
  const portOf = (variant: Variant) => services[variant].ready as number;
  const askAll = async (what: 'cpu' | 'heap') => {
    const answers: Partial<Record<Variant, number>> = {};
    for (const variant of VARIANTS) answers[variant] = (await services[variant].ask(what)) as number;
    return answers as Record<Variant, number>;
  };
  const targets = VARIANTS.map((variant) => ({
    port: portOf(variant),
    headers: variant === 'guest' ? headersOfCaller(portOf(variant)) : '',
  }));
  const measured = async (rate: number | undefined): Promise<Measurement> => {
    const connections = rate === undefined ? CLOSED_CONNECTIONS : OPEN_CONNECTIONS;
    const round: Round = { targets, turns: plan.turns, turnMs: plan.turnMs, connections, rate };
    const before = await askAll('cpu');
    const figures = (await load.ask(round)) as TargetFigures[];
    const after = await askAll('cpu');
    const entries = VARIANTS.map((variant, index) => {
      const { count, failed, ...rest } = figures[index] as TargetFigures;
      // A service that does not answer is quick.
      if (failed > 0 || count === 0) throw new Error(`${failed} requests of ${count + failed} failed (${variant})`);
      return [variant, { ...rest, count, failed, cpuUs: (after[variant] - before[variant]) / count }] as const;
    });
    return Object.fromEntries(entries) as Measurement;
  };
  const roundsOf = async (what: string, count: number, rate?: number): Promise<Measurement[]> => {
    const rounds: Measurement[] = [];
    while (rounds.length < count) {
      rounds.push(await measured(rate));
      if (rounds.length % 5 === 0 || rounds.length === count) say(`  ${what}, round ${rounds.length} of ${count}`);
    }
    return rounds;
  };
  await roundsOf('warming up', plan.warmUpRounds);
  const closed = await roundsOf('closed loop', plan.rounds);
  const rate = OPEN_SHARE * median(closed.map((round) => round.without.throughput));
  const open = await roundsOf('open loop', plan.rounds, rate);
  const heap = await askAll('heap');
  const byVariant = <T>(figure: (variant: (typeof OURS)[number]) => T) => ({
    guest: figure('guest'),
    processor: figure('processor'),
  });
  return {
    base: {
      throughput: median(closed.map(({ without }) => without.throughput)),
      cpuUs: median(closed.map(({ without }) => without.cpuUs)),
      p50: median(open.map(({ without }) => without.p50)),
      p99: median(open.map(({ without }) => without.p99)),
    },
    rate,
    changes: byVariant((variant) => {
      const more = (rounds: Measurement[], of: (figures: Measured) => number) =>
        spreadOf(rounds.map((round) => (of(round[variant]) / of(round.without) - 1) * 100));
      return {
        throughput: spreadOf(closed.map((round) => (1 - round[variant].throughput / round.without.throughput) * 100)),
        cpu: more(closed, ({ cpuUs }) => cpuUs),
        p50: more(open, ({ p50 }) => p50),
        p99: more(open, ({ p99 }) => p99),
        openCpu: more(open, ({ cpuUs }) => cpuUs),
      };
    }),
    heapMb: byVariant((variant) => heap[variant] - heap.without),
  };
}

/** What a caller with Panorama sends to this port beside the trace context, as lines of the head. */
function headersOfCaller(port: number): string {
  const caller = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'web', 'service.instance.id': '1' }),
  }).getTracer('bench');
  const span = caller.startSpan('POST', {
    kind: SpanKind.CLIENT,
    attributes: { 'server.address': '127.0.0.1', 'server.port': port },
  });
  const headers: Record<string, string> = {};
  new PanoramaPropagator().inject(trace.setSpan(ROOT_CONTEXT, span), headers, defaultTextMapSetter);
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}
