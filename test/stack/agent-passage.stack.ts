// SPDX-License-Identifier: Apache-2.0
/**
 * What agent.yaml promises, held against a real Collector: the backend gets what applications export, unchanged and once, through
 * its own outages and through the engine's; and the engine gets what it can use.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { OBSERVATION_SPAN_NAME, PANORAMA } from '../../src/model/attributes.js';
import { RUNTIME_METRICS } from '../../src/model/runtime-metrics.js';
import { SpanKind } from '../../src/model/span.js';
import { startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';
import { type Otelcol, startOtelcol } from './otelcol.js';
import { attributesOf, newId, observationOf, requestOf, spanOf } from './otlp-requests.js';
import { exportSpans, startTap, type Tap } from './otlp-tap.js';
import { whyWithoutCollector } from './programs.js';
import { freePort } from './server-process.js';

describe.skipIf(whyWithoutCollector())('agent.yaml', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  });

  const tap = async (port = 0): Promise<Tap> => {
    const started = await startTap([], port);
    closers.push(() => started.close());
    return started;
  };
  const agent = async (backend: string, engine: string, variables = {}): Promise<Otelcol> => {
    const started = await startOtelcol(['agent'], {
      BACKEND_OTLP_GRPC: backend,
      PANORAMA_ENGINE: engine,
      ...variables,
    });
    closers.push(() => started.server.stop());
    return started;
  };
  const namesIn = (where: Tap) => where.spans().map(([, { span }]) => span.name);
  const nobody = async () => `127.0.0.1:${await freePort()}`;

  it('gives the backend all that a span can say, and no observation', async () => {
    const [backend, reference] = [await tap(), await tap()];
    const { otlpGrpc } = await agent(backend.address, await nobody());
    await exportSpans(otlpGrpc, RICH);
    await exportSpans(reference.address, RICH);
    const exported = new Map(reference.spans());
    expect([...exported.values()].map(({ span }) => span.name)).toContain(OBSERVATION_SPAN_NAME);
    const expected = [...exported].filter(([, { span }]) => span.name !== OBSERVATION_SPAN_NAME);
    await until('the spans', () => backend.spans().length >= expected.length || undefined);
    expect(new Map(backend.spans())).toEqual(new Map(expected));
    expect(backend.spans()).toHaveLength(expected.length);
  });

  it('takes no notice of an engine that is gone, when its queue is full, too', async () => {
    const backend = await tap();
    const { otlpGrpc, own } = await agent(backend.address, await nobody());
    const [requests, size] = [120, 1000];
    for (let count = 0; count < requests; count++) {
      // Would throw where the Collector refused them.
      await exportSpans(otlpGrpc, requestOf({ service: 'shop', spans: Array.from({ length: size }, () => spanOf()) }));
    }
    await until('all of them', () => backend.spans().length >= requests * size || undefined, 60_000);
    expect(new Set(backend.spans().map(([key]) => key)).size).toBe(requests * size);
    expect(backend.spans()).toHaveLength(requests * size);
    const page = await (await fetch(`http://${own}/metrics`)).text();
    const full = /^otelcol_exporter_enqueue_failed_spans\w*\{[^}]*exporter="otlp_grpc\/engine"[^}]*\} (\d+)/m.exec(
      page,
    );
    expect(Number(full?.[1])).toBeGreaterThan(0);
  });

  it('keeps what an absent backend is to get, through the Collector’s own death', async () => {
    const port = await freePort();
    const engine = await tap();
    const collector = await agent(`127.0.0.1:${port}`, engine.address);
    await exportSpans(collector.otlpGrpc, requestOf({ service: 'shop', spans: [spanOf({ name: 'before' })] }));
    await until('it to reach the engine', () => namesIn(engine).includes('before') || undefined);
    await collector.server.kill();
    await collector.server.restart();
    const backend = await tap(port);
    await until('it to reach the backend', () => namesIn(backend).includes('before') || undefined, 60_000);
    expect(namesIn(backend)).toEqual(['before']);
  });

  for (const [setting, expected] of [
    [{}, ['GET', 'GET', 'middleware', OBSERVATION_SPAN_NAME]],
    [{ PANORAMA_INTERNAL_SPANS: 'drop' }, ['GET', 'GET', OBSERVATION_SPAN_NAME]],
  ] as const) {
    it(`gives the engine ${expected.join(', ')} with ${JSON.stringify(setting)}`, async () => {
      const [backend, engine] = [await tap(), await tap()];
      const { otlpGrpc } = await agent(backend.address, engine.address, setting);
      const spans = [
        spanOf({ kind: SpanKind.SERVER }),
        spanOf({ name: 'middleware', kind: SpanKind.INTERNAL }),
        spanOf(),
        observationOf('db'),
      ];
      await exportSpans(otlpGrpc, requestOf({ service: 'shop', spans }));
      await until('the last', () => namesIn(engine).includes(OBSERVATION_SPAN_NAME) || undefined);
      expect(namesIn(engine).sort()).toEqual([...expected].sort());
    });
  }

  it('gives the engine of logs the errors of spans and observations, of metrics what it keeps', async () => {
    const backend = await tap();
    const engine = await startEngineProcess();
    closers.push(() => engine.process.kill('SIGKILL'));
    const { otlpHttp } = await agent(backend.address, engine.addresses.otlpGrpc);
    const send = async (signal: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`http://${otlpHttp}/v1/${signal}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      expect([response.status, await response.text()]).toEqual([200, '{"partialSuccess":{}}']);
    };
    const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
    const timeUnixNano = `${Date.now()}000000`;
    const resource = { attributes: attributesOf({ 'service.name': 'shop' }) };
    const said = attributesOf({ [PANORAMA.SUBJECT]: 'db', [PANORAMA.STATUS]: 'healthy', [PANORAMA.OPERATION]: 'GET' });
    const logRecords = [
      { ...ids, timeUnixNano, severityNumber: 17, body: { stringValue: 'connection lost' } },
      { ...ids, timeUnixNano, severityNumber: 9, body: { stringValue: 'connected' } },
      { timeUnixNano, severityNumber: 17, body: { stringValue: 'of no span' } },
      { timeUnixNano, eventName: OBSERVATION_SPAN_NAME, attributes: said },
      { timeUnixNano, attributes: [...said, ...attributesOf({ 'event.name': OBSERVATION_SPAN_NAME })] },
    ];
    await send('logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
    const names = [
      ...Object.keys(RUNTIME_METRICS),
      'http.server.request.duration',
      'nodejs.eventloop.delay.p99.of.mine',
    ];
    const metrics = names.map((name) => ({ name, gauge: { dataPoints: [{ timeUnixNano, asDouble: 0.5 }] } }));
    await send('metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });

    const page = async () => (await fetch(`http://${engine.addresses.api}/metrics`)).text();
    const points = `panorama_engine_data_points_total ${Object.keys(RUNTIME_METRICS).length}\n`;
    await until('the points', async () => ((await page()).includes(points) ? true : undefined));
    const roles = () =>
      page().then((text) => [...text.matchAll(/^panorama_engine_log_records_total\{role="(\w+)"\} (\d+)$/gm)]);
    await until('the records', async () =>
      (await roles()).some(([, , count]) => Number(count) > 0) ? true : undefined,
    );
    const counts: Record<string, number> = Object.fromEntries(
      (await roles()).map(([, role, count]) => [role, Number(count)]),
    );
    expect(counts).toEqual({ error: 1, other: 2 });
    const { verdicts } = (await (await fetch(`http://${engine.addresses.api}/api/v1/verdicts`)).json()) as {
      verdicts: { subject: string }[];
    };
    expect(verdicts.map(({ subject }) => subject)).toEqual(['db']);
    await until(
      'the backend to have both',
      () => (backend.count('logs') > 0 && backend.count('metrics') > 0) || undefined,
    );
  });
});

const ALL_KINDS = [
  { key: 'text', value: { stringValue: 'ä' } },
  { key: 'yes', value: { boolValue: true } },
  { key: 'whole', value: { intValue: '-9007199254740993' } },
  { key: 'broken', value: { doubleValue: 0.1 } },
  { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '2' }] } } },
  { key: 'map', value: { kvlistValue: { values: [{ key: 'inner', value: { stringValue: 'b' } }] } } },
  { key: 'bytes', value: { bytesValue: 'AAEC' } },
  { key: PANORAMA.OBSERVED, value: { boolValue: true } },
];

/** Every field of the protocol, twice: of two services, with two scopes each. */
const RICH = {
  resourceSpans: ['web', 'shop'].map((service) => ({
    resource: {
      attributes: [...attributesOf({ 'service.name': service }), ...ALL_KINDS],
      droppedAttributesCount: 1,
    },
    schemaUrl: 'https://example.test/resource',
    scopeSpans: ['one', 'two'].map((name) => ({
      scope: { name, version: '1', attributes: ALL_KINDS, droppedAttributesCount: 2 },
      schemaUrl: 'https://example.test/scope',
      spans: [
        ...Object.values(SpanKind).map((kind) => ({
          ...spanOf({ name: `of kind ${kind}`, kind }),
          ...{ traceState: 'vendor=1', parentSpanId: newId(8), attributes: ALL_KINDS, droppedAttributesCount: 3 },
          events: [
            {
              timeUnixNano: '1700000000000000001',
              name: 'exception',
              attributes: ALL_KINDS,
              droppedAttributesCount: 4,
            },
          ],
          links: [
            {
              traceId: newId(16),
              spanId: newId(8),
              traceState: 'a=b',
              attributes: ALL_KINDS,
              droppedAttributesCount: 5,
              flags: 257,
            },
          ],
          ...{ droppedEventsCount: 6, droppedLinksCount: 7, status: { code: 2, message: 'no' }, flags: 257 },
        })),
        observationOf('db'),
      ],
    })),
  })),
};
