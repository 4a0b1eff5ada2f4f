// SPDX-License-Identifier: Apache-2.0
/**
 * A failure comes and goes, and a real Collector's page for Prometheus says no more than is so now: each problem ends there when
 * the engine says so. The page would show it for an hour otherwise.
 */
import { afterEach, expect, it } from 'vitest';
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';
import { type Otelcol, startOtelcol } from './otelcol.js';
import { whyWithoutCollector } from './programs.js';
import { type ShopChain, startShopChain } from './shop-chain.js';

const VICTIM = 'shop/shop-1';
const BROKEN = 'stock/stock-1';

/** How long any of it may take on a busy machine, in ms. */
const PATIENCE_MS = 60_000;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const closer of closers.splice(0).reverse()) await closer();
});

/** Series of a metric as the page has them: their labels as text, and the value. */
async function seriesOf(metric: string, { page }: Otelcol): Promise<ReadonlyMap<string, number>> {
  const lines = (await (await fetch(`http://${page}/metrics`)).text()).split('\n');
  const matches = lines.map((line) => new RegExp(`^${metric}\\{(.*)\\} (\\S+)`).exec(line));
  return new Map(matches.flatMap((match) => (match ? [[match[1] as string, Number(match[2])]] : [])));
}

/** Values by subject; each must have one only. */
async function bySubject(metric: string, otelcol: Otelcol): Promise<Readonly<Record<string, number>>> {
  const entries = [...(await seriesOf(metric, otelcol))].map(([labels, value]) => [subjectIn(labels), value] as const);
  expect(new Set(entries.map(([subject]) => subject)).size).toBe(entries.length);
  return Object.fromEntries(entries);
}

const subjectIn = (labels: string) => /panorama_subject="([^"]*)"/.exec(labels)?.[1] ?? '';

it.skipIf(whyWithoutCollector())(
  'a problem that is over is on the page no more, and all else is',
  async () => {
    const otelcol = await startOtelcol(['bridge'], { BRIDGE_EXPIRATION: '1h' });
    closers.push(() => otelcol.server.stop());
    const engine: EngineProcess = await startEngineProcess(
      ...['--bridge', `http://${otelcol.bridgeHttp}`, '--bridge-interval-ms', '1000'],
    );
    closers.push(() => engine.process.kill('SIGKILL'));
    const shop: ShopChain = await startShopChain(engine.addresses.otlpGrpc);
    closers.push(() => shop.close());

    const health = async (subject: string) => (await bySubject('panorama_subject_health', otelcol))[subject];
    const areAll = async (isSo: (status: number) => boolean) => {
      const found = await Promise.all([VICTIM, BROKEN].map(health));
      return found.every((status) => status !== undefined && isSo(status)) || undefined;
    };
    const problems = () => seriesOf('panorama_subject_problem', otelcol);

    await until('both to be well', () => areAll((status) => status === 2), PATIENCE_MS);
    expect((await problems()).size).toBe(0);

    await shop.breakStock();
    await until('both to fail', () => areAll((status) => status >= 5), PATIENCE_MS);
    await until(
      'each to have one problem, whose culprit is the stock',
      async () => {
        const found = [...(await problems()).keys()];
        const arePlain = found.every((labels) => labels.includes(`panorama_culprit="${BROKEN}"`));
        return (arePlain && found.map(subjectIn).sort().join() === [VICTIM, BROKEN].join()) || undefined;
      },
      PATIENCE_MS,
    );

    await shop.mendStock();
    await until('both to be well again', () => areAll((status) => status === 2), PATIENCE_MS);
    await until('no problem', async () => (await problems()).size === 0 || undefined, PATIENCE_MS);
    expect(await seriesOf('panorama_blame_ratio', otelcol)).toEqual(new Map());
    expect(await bySubject('panorama_subject_health', otelcol)).toMatchObject({ [VICTIM]: 2, [BROKEN]: 2 });
    expect((await seriesOf('panorama_view_health', otelcol)).size).toBeGreaterThan(2);
  },
  5 * PATIENCE_MS,
);
