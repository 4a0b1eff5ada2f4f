// SPDX-License-Identifier: Apache-2.0
/**
 * What the dashboards ask, asked of a real Prometheus that has followed a failure from beginning to end, through a real Collector:
 * every question has an answer. With `UPDATE_PICTURES=1` the dashboards are drawn as well, with what was found, into `docs/images`.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/imports.js';
import { until } from '../support/until.js';
import { type DashboardFile, expressionsOf, filledIn, shippedDashboards } from './dashboard-expressions.js';
import { type HdfsCluster, startHdfsCluster } from './hdfs-cluster.js';
import { NO_STATES } from './picture/charts.js';
import { pageOf } from './picture/dashboard-page.js';
import { seriesOf } from './picture/panel-data.js';
import { takePicture } from './picture/screenshot.js';
import { whyWithout, whyWithoutCollector } from './programs.js';
import { type ShopChain, startShopChain, tellOfShop } from './shop-chain.js';
import { startUserStack, type UserStack } from './user-stack.js';

const SICK = 'datanode/dn2';
const BROKEN = 'stock/stock-1';
const VICTIM = 'shop/shop-1';
const without = whyWithoutCollector() ?? whyWithout('prometheus', 'prometheus');

/** How long any of it may take on a busy machine, in ms. */
const PATIENCE_MS = 90_000;

/** Pictures show some of the time before, in seconds, and as much of the failure. */
const HEALTHY_SECONDS = 30;
const FAILING_SECONDS = 45;

/** From one point of a chart to the next, in seconds. */
const STEP_SECONDS = 5;
const IMAGES = path.join(ROOT, 'docs/images');
const isForPictures = Boolean(process.env['UPDATE_PICTURES']);

const VARIABLES = { environment: '.*', subject: SICK, engine: '.+' };
const OF_GRAFANA = { __range: '10m', __interval: '5s', __rate_interval: '1m' };

describe.skipIf(without)('the dashboards', () => {
  let stack: UserStack;
  let hdfs: HdfsCluster;
  let shop: ShopChain;
  let healthySinceSeconds = 0;
  let whileAllIsWell: readonly string[] = [];
  const dashboards = shippedDashboards();

  const holds = async (promql: string) => (await stack.prometheus.query(promql)).length > 0 || undefined;

  /** All that was until now. */
  const shownTime = () => {
    const to = Math.floor(Date.now() / 1000);
    return { from: Math.floor(healthySinceSeconds), to, step: STEP_SECONDS };
  };

  const pageNow = (dashboard: DashboardFile) => {
    const used = dashboard.templating.list.map(({ name }) => name);
    const variables = Object.fromEntries(Object.entries(VARIABLES).filter(([name]) => used.includes(name)));
    return pageOf(dashboard, stack.prometheus.url, shownTime(), variables);
  };

  beforeAll(async () => {
    stack = await startUserStack();
    hdfs = await startHdfsCluster(stack.front.address);
    shop = await startShopChain(stack.front.address);
    const health = (subject: string) => `panorama_subject_health{panorama_subject="${subject}"}`;
    // For as long as two steps of a chart: its last point may be a step old, and has to be after the first look at the engine.
    const lastly = `offset ${2 * STEP_SECONDS}s == 2`;
    for (const each of [SICK, VICTIM])
      await until(
        `${each} to be healthy`,
        () => holds(`${health(each)} == 2 and ${health(each)} ${lastly}`),
        PATIENCE_MS,
      );
    healthySinceSeconds = Date.now() / 1000 - HEALTHY_SECONDS;
    await until('nobody to complain', async () => !(await holds('panorama_view_health > 3')) || undefined, PATIENCE_MS);
    whileAllIsWell = (await Promise.all([...dashboards.values()].map(pageNow))).map(({ html }) => html);
    await hdfs.cluster.control('dn2', 'fault', 'f0');
    await shop.breakStock();
    for (const each of [SICK, VICTIM, BROKEN])
      await until(`${each} to fail`, () => holds(`${health(each)} >= 5`), PATIENCE_MS);
    await tellOfShop(stack.otelcol.otlpHttp);
    await until('the shop as one service', () => holds('panorama_service_instances'), PATIENCE_MS);
    const blame = `panorama_blame_ratio{panorama_subject="${VICTIM}", panorama_culprit="${BROKEN}"}`;
    await until('whose fault it is', () => holds(blame), PATIENCE_MS);
    if (isForPictures) {
      const lasting = `time() - panorama_subject_since_seconds{panorama_subject="${SICK}"} > ${FAILING_SECONDS}`;
      await until('something to be seen', () => holds(lasting), PATIENCE_MS);
    }
    // Their series begin with the first request, so that the first look at the engine may have none of them.
    await until('two looks at requests', () => holds('rate(panorama_engine_requests_total[1m])'), PATIENCE_MS);
  }, 6 * PATIENCE_MS);

  afterAll(async () => {
    await shop?.close();
    await hdfs?.close();
    await stack?.close();
  });

  it('can be drawn while all is well', () => {
    expect(whileAllIsWell.length).toBe(dashboards.size);
    for (const words of ['Nobody fails because of another', 'Nobody complains'])
      expect(whileAllIsWell.filter((page) => page.includes(words)).length, words).toBe(1);
    expect(whileAllIsWell.filter((page) => page.includes(NO_STATES))).toEqual([]);
  });

  it('ask nothing that has no answer while something fails', async () => {
    const values = { ...VARIABLES, ...OF_GRAFANA };
    const silent: string[] = [];
    for (const { place, promql } of expressionsOf(dashboards)) {
      const answers = await stack.prometheus.query(filledIn(promql, values));
      if (!answers.some(({ value }) => Number.isFinite(value))) silent.push(place);
    }
    expect(silent).toEqual([]);
  });

  it('count each failure that was found once, whatever the steps', async () => {
    const delays = dashboards.get('fleet.json')?.panels.find(({ title }) => title === 'Detection delay');
    if (!delays) throw new Error('there is no such panel');
    const { from, to, step } = shownTime();
    const foundBy = (seconds: number) => `sum(panorama_detection_delay_seconds_count @ ${seconds})`;
    const last = to - ((to - from) % step);
    const [found] = await stack.prometheus.query(`${foundBy(last)} - (${foundBy(from - step)} or vector(0))`);
    const rows = await seriesOf(delays, stack.prometheus.url, { from, to, step }, { ...VARIABLES, ...OF_GRAFANA });
    const all = rows.find(({ labels }) => labels['le'] === '+Inf')?.points.map(([, value]) => value) ?? [];
    expect(found?.value).toBeGreaterThan(1);
    expect(all.reduce((sum, each) => sum + each, 0)).toBe(found?.value);
  });

  it('name who fails, and whose fault it is', async () => {
    const problems = dashboards.get('fleet.json')?.panels.find(({ title }) => title === 'Problems');
    if (!problems) throw new Error('there is no such panel');
    const rows = await seriesOf(problems, stack.prometheus.url, shownTime(), { ...VARIABLES, ...OF_GRAFANA });
    const culprits = new Map(rows.map(({ labels }) => [labels['panorama_subject'], labels['panorama_culprit']]));
    expect([SICK, VICTIM, BROKEN].map((each) => culprits.get(each))).toEqual([SICK, BROKEN, BROKEN]);
    expect(rows.find(({ labels }) => labels['panorama_subject'] === SICK)?.labels['panorama_failure']).toBe('gray');
  });

  it(
    'can be drawn, every node of an edge with them',
    async () => {
      for (const [file, dashboard] of dashboards) {
        const page = await pageNow(dashboard);
        expect(page.html).toContain(dashboard.title);
        if (isForPictures) await takePicture(page, path.join(IMAGES, file.replace('.json', '.png')));
      }
    },
    PATIENCE_MS,
  );
});
