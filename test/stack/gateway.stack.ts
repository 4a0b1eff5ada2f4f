// SPDX-License-Identifier: Apache-2.0
/** Who of several engines gets what, through a real Collector with our gateways' configurations. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { PANORAMA, SEMCONV } from '../../src/model/attributes.js';
import { SpanKind } from '../../src/model/span.js';
import { authority } from '../support/certificates.js';
import { startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';
import { configFile, startOtelcol } from './otelcol.js';
import { newId, observationOf, requestOf, spanOf } from './otlp-requests.js';
import { exportSpans, startTap, type Tap, type TappedSpan } from './otlp-tap.js';
import { whyWithoutCollector } from './programs.js';

const SUBJECTS = Array.from({ length: 40 }, (_, index) => `db/db-${index}`);
const OBSERVERS = ['web/w1', 'web/w2', 'shop/s1'];

describe.skipIf(whyWithoutCollector())('of several engines', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  });

  const gateway = async (
    file: string,
    engines: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ) => {
    const started = await startOtelcol([file], { PANORAMA_ENGINES: `[${engines.join(', ')}]`, ...variables });
    closers.push(() => started.server.stop());
    await expectTaken(started.otlpHttp);
    return started.otlpGrpc;
  };
  const taps = async () => {
    const started = [await startTap(), await startTap(), await startTap()];
    for (const each of started) closers.push(() => each.close());
    return started;
  };
  const all = (engines: readonly Tap[]) => engines.flatMap((each) => each.spans().map(([, span]) => span));

  /** For each key that the spans have, how many engines got any of them. */
  const engineCounts = (engines: readonly Tap[], keyOf: (span: TappedSpan) => string) => {
    const keys = engines.map((each) => new Set(each.spans().map(([, span]) => keyOf(span))));
    const counts = new Map<string, number>();
    for (const key of keys.flatMap((each) => [...each])) counts.set(key, (counts.get(key) ?? 0) + 1);
    return counts;
  };
  const valueIn = (attributes: readonly { key: string }[], name: string) =>
    (attributes.find(({ key }) => key === name) as { value?: { stringValue?: string } } | undefined)?.value
      ?.stringValue;

  /**
   * What guests say of all subjects: all that one says of every other subject in one trace, and each in an order of its own.
   *
   * @param resources what each guest's resource has besides
   */
  const observations = (resources: readonly Readonly<Record<string, string>>[] = []) => {
    const inOrderOf = (observer: number) => [...SUBJECTS.slice(7 * observer), ...SUBJECTS.slice(0, 7 * observer)];
    return requestOf(
      ...OBSERVERS.map((observer, place) => {
        const trace = newId(16);
        const spans = inOrderOf(place).map((subject, index) => observationOf(subject, index % 2 ? trace : undefined));
        const { service, resource } = speakerOf(observer);
        return { service, resource: { ...resource, ...resources[place] }, spans };
      }),
    );
  };

  it('one hears all that guests say of a subject, however its environment is sent (gateway.yaml)', async () => {
    const engines = await taps();
    await exportSpans(
      await gateway(
        'gateway',
        engines.map(({ address }) => address),
      ),
      observations([
        { [SEMCONV.DEPLOYMENT_ENVIRONMENT_NAME]: 'prod' },
        { [SEMCONV.DEPLOYMENT_ENVIRONMENT]: 'prod' },
        { [SEMCONV.DEPLOYMENT_ENVIRONMENT_NAME]: 'prod', [SEMCONV.DEPLOYMENT_ENVIRONMENT]: 'prod' },
      ]),
    );
    await until('all', () => all(engines).length >= SUBJECTS.length * OBSERVERS.length || undefined);
    expect(all(engines)).toHaveLength(SUBJECTS.length * OBSERVERS.length);
    const counts = engineCounts(engines, ({ span }) => valueIn(span.attributes, PANORAMA.SUBJECT) ?? '');
    expect([...counts.keys()].sort()).toEqual([...SUBJECTS].sort());
    expect(new Set(counts.values())).toEqual(new Set([1]));
    for (const engine of engines) expect(engine.spans().length).toBeGreaterThan(0);
  });

  it('one gets all of a trace, but for observations (gateway.yaml)', async () => {
    const engines = await taps();
    const traces = Array.from({ length: 30 }, () => newId(16));
    const spans = (kind: SpanKind) => traces.map((traceId) => spanOf({ kind, traceId, name: traceId }));
    const request = requestOf(
      { service: 'web', spans: spans(SpanKind.CLIENT) },
      { service: 'shop', spans: [...spans(SpanKind.SERVER), ...spans(SpanKind.INTERNAL)] },
    );
    await exportSpans(
      await gateway(
        'gateway',
        engines.map(({ address }) => address),
      ),
      request,
    );
    await until('all', () => all(engines).length >= 3 * traces.length || undefined);
    expect(all(engines)).toHaveLength(3 * traces.length);
    expect(new Set(engineCounts(engines, ({ span }) => span.name).values())).toEqual(new Set([1]));
    for (const engine of engines) expect(engine.spans().length).toBeGreaterThan(0);
  });

  it('one gets all of an environment, however its name is sent (gateway-by-environment.yaml)', async () => {
    const engines = await taps();
    const environments = Array.from({ length: 20 }, (_, index) => `env-${index}`);
    const names = [SEMCONV.DEPLOYMENT_ENVIRONMENT_NAME, SEMCONV.DEPLOYMENT_ENVIRONMENT];
    const speakers = environments.flatMap((environment) => [
      ...names.map((name) => ({
        service: 'web',
        resource: { [name]: environment },
        spans: [spanOf(), observationOf('db')],
      })),
      // Both at once, as an SDK sends them that is being brought up to date.
      { service: 'db', resource: Object.fromEntries(names.map((name) => [name, environment])), spans: [spanOf()] },
    ]);
    const request = requestOf(...speakers, { service: 'of none', spans: [spanOf(), spanOf()] });
    await exportSpans(
      await gateway(
        'gateway-by-environment',
        engines.map(({ address }) => address),
      ),
      request,
    );
    await until('all', () => all(engines).length >= 5 * environments.length + 2 || undefined);
    expect(all(engines)).toHaveLength(5 * environments.length + 2);
    const environmentIn = ({ resource }: TappedSpan) => {
      const { attributes } = resource as { attributes: { key: string }[] };
      return names.map((name) => valueIn(attributes, name)).find((value) => value !== undefined) ?? '';
    };
    const counts = engineCounts(engines, environmentIn);
    expect([...counts.keys()].sort()).toEqual(['', ...environments].sort());
    expect(new Set(counts.values())).toEqual(new Set([1]));
    for (const engine of engines) expect(engine.spans().length).toBeGreaterThan(0);
  });

  it.each(['gateway', 'gateway-by-environment'])(
    'each is found by its address and known by the name in its certificate (%s.yaml)',
    async (name) => {
      const ours = authority('ours');
      const engine = await startTap([], 0, ours.issue('engine', undefined, ['panorama-engine']));
      closers.push(() => engine.close());
      const folder = mkdtempSync(path.join(tmpdir(), 'panorama-gateway-'));
      closers.push(() => rmSync(folder, { recursive: true }));
      writeFileSync(path.join(folder, 'ca.crt'), ours.cert);
      const [hostname, port] = engine.address.split(':');
      const text = readFileSync(configFile(name), 'utf8');
      const byDns = text.replace(/static:\n.*\n +# +dns: .*/, `dns: { hostname: ${hostname}, port: "${port}" }`);
      expect(byDns).not.toBe(text);
      const file = path.join(folder, `${name}.yaml`);
      writeFileSync(file, byDns);
      const overTls = { PANORAMA_INSECURE: 'false', PANORAMA_CA: path.join(folder, 'ca.crt') };
      const door = await gateway(file, [], { ...overTls, PANORAMA_SERVER_NAME: 'panorama-engine' });
      await exportSpans(door, requestOf({ service: 'web', spans: [spanOf(), observationOf('db')] }));
      await until('both spans', () => engine.spans().length >= 2 || undefined);
    },
  );

  it('each understands what a gateway has set apart', async () => {
    const engine = await startEngineProcess();
    closers.push(() => engine.process.kill('SIGKILL'));
    await exportSpans(await gateway('gateway', [engine.addresses.otlpGrpc]), observations());
    const known = await until('all subjects', async () => {
      const response = await fetch(`http://${engine.addresses.api}/api/v1/verdicts?status=healthy`);
      const { verdicts } = (await response.json()) as { verdicts: { subject: string; observersFor: string[] }[] };
      const said = verdicts.filter(
        ({ subject, observersFor }) => SUBJECTS.includes(subject) && observersFor.length === 3,
      );
      return said.length === SUBJECTS.length ? said : undefined;
    });
    expect(known[0]?.observersFor.slice().sort()).toEqual([...OBSERVERS].sort());
  });
});

/** Agents send logs and metrics, too, and would complain of a gateway that does not know them. */
async function expectTaken(otlpHttp: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  for (const signal of ['logs', 'metrics']) {
    const { status } = await fetch(`http://${otlpHttp}/v1/${signal}`, { method: 'POST', headers, body: '{}' });
    expect([signal, status]).toEqual([signal, 200]);
  }
}

function speakerOf(observer: string) {
  const [service = '', instance = ''] = observer.split('/');
  return { service, resource: { [SEMCONV.SERVICE_INSTANCE_ID]: instance } };
}
