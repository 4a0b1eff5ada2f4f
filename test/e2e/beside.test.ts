// SPDX-License-Identifier: Apache-2.0
/**
 * `--import panorama-otel/register` in programs that have OpenTelemetry already: an SDK that they start in their own code,
 * or the automatic instrumentation before or after ours. Each is held against the same program without us: it has the same
 * spans, at the same place and each once. And the engine is told of each call, once.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SpanKind, type SpanRecord } from '../../src/model/span.js';
import { type Collector, startCollector } from '../support/collector.js';
import { ROOT } from '../support/imports.js';

const FOLDER = path.join(import.meta.dirname, 'beside');
const REGISTER = pathToFileURL(path.join(ROOT, 'dist/register.js')).href;
const AUTO = '@opentelemetry/auto-instrumentations-node/register';
const ESM_HOOK = pathToFileURL(path.join(FOLDER, 'esm-hook.mjs')).href;

/** The engine; where the program's own SDK exports to; and where `OTEL_EXPORTER_OTLP_ENDPOINT` points. */
let engine: Collector;
let backend: Collector;
let elsewhere: Collector;

beforeEach(async () => {
  [engine, backend, elsewhere] = await Promise.all([startCollector(), startCollector(), startCollector()]);
});
afterEach(async () => {
  await Promise.all([engine, backend, elsewhere].map((each) => each.close()));
});

interface Program {
  readonly file: string;
  readonly imports: readonly string[];
  /** Starts an SDK of its own. */
  readonly own?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. Returns what it wrote to standard error. */
async function run({ file, imports, own = false, env = {} }: Program): Promise<string> {
  const child = fork(path.join(FOLDER, file), own ? ['own'] : [], {
    execArgv: imports.flatMap((each) => ['--import', each]),
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    env: {
      ...process.env,
      OTEL_SERVICE_NAME: 'shop',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_NODE_RESOURCE_DETECTORS: 'env',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${elsewhere.otlpHttp}`,
      APP_BACKEND: `http://${backend.otlpHttp}/v1/traces`,
      PANORAMA_ENDPOINT: engine.otlpGrpc,
      ...env,
    },
  });
  const said = child.stderr ? text(child.stderr) : '';
  expect(await once(child, 'exit')).toEqual([0, null]);
  return said;
}

/** Attributes that differ from run to run, and ours. */
const VARYING = /^panorama\.|\.port$|^net\.|^http\.(?:host|url)$|^thread\.|^process\./;

/** What a program's traces are, without ids, times and ports. */
function shapesOf(collector: Collector): string[] {
  const spans = collector.ordinary().map(({ span }) => span);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const shapeOf = (span: SpanRecord | undefined, depth = 0): string => {
    if (!span || depth > 5) return '-';
    const attributes = Object.entries(span.attributes)
      .filter(([name]) => !VARYING.test(name))
      .map(([name, value]) => `${name}=${String(value).replace(/:\d+/, ':PORT')}`)
      .sort();
    return `${span.kind} ${span.name} ${attributes} < ${shapeOf(byId.get(span.parentSpanId), depth + 1)}`;
  };
  return spans.map((span) => shapeOf(span)).sort();
}

/** Without the spans that the automatic instrumentation makes of connections. */
function withoutConnections(shapes: readonly string[]): readonly string[] {
  return shapes.filter((shape) => !shape.startsWith('1 tcp.connect'));
}

/** What was observed: operations and outcomes, with how often; and of whom. */
function observations() {
  const calls: Record<string, number> = {};
  const subjects = new Set<string>();
  for (const [key, count] of Object.entries(engine.observed())) {
    const [operation, subject, status] = key.split(' ');
    calls[`${operation} ${status}`] = (calls[`${operation} ${status}`] ?? 0) + count;
    subjects.add(String(subject).replace(/(?<=^shop\/).*|\d+$/, '…'));
  }
  return { calls, subjects: [...subjects] };
}

/** The calls that ordinary spans show, as they are observed. */
function clientSpansOf(collector: Collector): Record<string, number> {
  const calls: Record<string, number> = {};
  for (const { span } of collector.ordinary().filter((each) => each.span.kind === SpanKind.CLIENT)) {
    const method = String(span.attributes['http.request.method']);
    const key = `${method} ${method === 'DELETE' ? 'unhealthy' : 'healthy'}`;
    calls[key] = (calls[key] ?? 0) + 1;
  }
  return calls;
}

/** Each call of `work.cjs`, once. */
const EACH_CALL = { 'GET healthy': 4, 'PUT healthy': 2, 'POST healthy': 1, 'DELETE unhealthy': 1 };

/** The instance that answered is known where answers are heard, and otherwise the address alone. */
const ANSWERED = ['shop/…'];
const NOT_ANSWERED = ['127.0.0.1:…'];

/** What programs leave without us. It is looked at once of each. */
const left = new Map<string, string[]>();

async function without(program: Program): Promise<string[]> {
  const known = left.get(JSON.stringify(program));
  if (known) return known;
  await run(program);
  const shapes = shapesOf(program.own ? backend : elsewhere);
  expect(engine.observed()).toEqual({});
  for (const each of [engine, backend, elsewhere]) await each.close();
  [engine, backend, elsewhere] = await Promise.all([startCollector(), startCollector(), startCollector()]);
  left.set(JSON.stringify(program), shapes);
  return shapes;
}

describe('a program that nobody has instrumented', () => {
  it.each(['app.cjs', 'app.mjs'])(
    '(%s) has its calls observed, and its spans go where the variables say',
    async (file) => {
      expect(await run({ file, imports: [REGISTER] })).toBe('');
      expect(observations()).toEqual({ calls: EACH_CALL, subjects: ANSWERED });
      // A client span and a server span for each call, and two of its own.
      expect(withoutConnections(shapesOf(elsewhere))).toHaveLength(18);
    },
  );
});

describe('a program that starts an SDK of its own', () => {
  it.each<[string, readonly string[]]>([
    ['app.cjs', []],
    ['app.mjs', [ESM_HOOK]],
    ['loaded-before.cjs', []],
  ])('(%s) has its spans as it has them without us, and its calls observed', async (file, imports) => {
    const before = await without({ file, imports, own: true });
    expect(before).toHaveLength(18);
    expect(await run({ file, imports: [REGISTER], own: true })).toBe('');
    expect(shapesOf(backend)).toEqual(before);
    expect(elsewhere.ordinary()).toEqual([]);
    expect(observations()).toEqual({ calls: EACH_CALL, subjects: ANSWERED });
  });

  it('and samples few of its traces has every call observed', async () => {
    const env = { APP_SAMPLES: '0' };
    await run({ file: 'app.cjs', imports: [REGISTER], own: true, env });
    expect(backend.ordinary()).toEqual([]);
    expect(observations().calls).toEqual(EACH_CALL);
  });
});

describe('a program with the automatic instrumentation', () => {
  it.each<[string, string, readonly string[], readonly string[]]>([
    ['app.cjs', 'before ours', [AUTO, REGISTER], NOT_ANSWERED],
    ['app.cjs', 'after ours', [REGISTER, AUTO], ANSWERED],
    ['app.mjs', 'before ours', [ESM_HOOK, AUTO, REGISTER], NOT_ANSWERED],
    ['app.mjs', 'after ours', [REGISTER, AUTO], ANSWERED],
  ])(
    '(%s, %s) has its spans as it has them without us, and its calls observed',
    async (file, order, imports, subjects) => {
      // Told of a module by `import` and by `require`, the automatic instrumentation of 3.x patches it twice. After ours it
      // does not, and has of ES modules what it has of CommonJS.
      const single = order === 'after ours' ? { file: 'app.cjs', imports: [AUTO] } : undefined;
      const before = await without(single ?? { file, imports: imports.filter((each) => each !== REGISTER) });
      expect(await run({ file, imports })).toBe('');
      expect(withoutConnections(shapesOf(elsewhere))).toEqual(withoutConnections(before));
      expect(observations()).toEqual({ calls: clientSpansOf(elsewhere), subjects });
      if (single) expect(observations().calls).toEqual(EACH_CALL);
    },
  );
});
