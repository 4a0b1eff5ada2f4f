// SPDX-License-Identifier: Apache-2.0
/**
 * The page in a real browser, before a real engine that the example's HDFS-like cluster reports to: a datanode's disk hangs, all five views
 * show it, evidence opens, and the history tells of it after the repair. With `UPDATE_PICTURES=1` the views are kept in `docs/images`.
 */
import { once } from 'node:events';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { ROOT } from '../support/imports.js';
import { until } from '../support/until.js';
import { axeFindings, open, shownFrom, startBrowser } from './browser.js';
import { type HdfsCluster, startHdfsCluster } from './hdfs-cluster.js';
import { whyWithout } from './programs.js';

const SICK = 'datanode/dn2';
const without = whyWithout('chromium', 'chromium');
const PATIENCE_MS = 60_000;

/** What each view shows of the fault, by an element and its text. */
const VIEWS = {
  fleet: { hash: '#/fleet', selector: '[role=row]', text: /^datanode\/dn2.*(?<!maybe )unhealthy/ },
  matrix: { hash: '#/matrix', selector: '.matrix-row .name', text: /^✕.*datanode\/dn2/ },
  map: { hash: '#/map?open=datanode', selector: 'svg a', text: /datanode\/dn2.*(?<!maybe )unhealthy, culprit/ },
  subject: { hash: `#/subject//${encodeURIComponent(SICK)}`, selector: '.subject-head', text: /(?<!maybe )unhealthy/ },
  history: {
    hash: '#/history?range=1h',
    selector: 'tbody tr',
    text: /still going on.*datanode\/dn2.*(?<!maybe )unhealthy/,
  },
} as const;
type ViewName = keyof typeof VIEWS;
const NAMES = Object.keys(VIEWS) as ViewName[];

interface Told {
  readonly events: readonly { atMs: number; verdict: { subject: string; status: string } }[];
}

describe.skipIf(without)('the page', () => {
  let engine: EngineProcess;
  let hdfs: HdfsCluster;
  let browser: Browser;
  let context: BrowserContext;
  const pages = {} as Record<ViewName, Page>;
  const complaints: string[] = [];
  const address = (hash: string) => `http://${engine.addresses.api}/${hash}`;
  const changes = async () =>
    (await (await fetch(`http://${engine.addresses.api}/api/v1/events?limit=1000`)).json()) as Told;

  beforeAll(async () => {
    engine = await startEngineProcess('--trace-url', 'http://127.0.0.1:1/trace/{traceId}');
    browser = await startBrowser();
    context = await browser.newContext({ viewport: { width: 1400, height: 860 }, colorScheme: 'dark' });
  }, PATIENCE_MS);

  afterAll(async () => {
    await browser?.close();
    await hdfs?.close();
    engine?.process.kill('SIGKILL');
  }, PATIENCE_MS);

  it(
    'says, where nothing was received yet, how to send something',
    async () => {
      const page = await open(context, address(''), complaints);
      await page.getByRole('heading', { name: 'No client spans received yet' }).waitFor();
      await page.getByText(`PANORAMA_ENDPOINT=http://${engine.addresses.otlpGrpc}`).waitFor();
      expect(await page.locator('main').innerText()).toContain(`http://${engine.addresses.otlpHttp}/v1/traces`);
      expect(await axeFindings(page)).toEqual([]);
      hdfs = await startHdfsCluster(engine.addresses.otlpGrpc);
      await page.getByRole('row', { name: /datanode\/dn2.*healthy/ }).waitFor({ timeout: PATIENCE_MS });
      await page.close();
    },
    2 * PATIENCE_MS,
  );

  it(
    'shows a fault on all five views within a second of the verdict',
    async () => {
      for (const name of NAMES) pages[name] = await open(context, address(VIEWS[name].hash), complaints);
      await until(
        'everybody to be well',
        async () => {
          const answer = await fetch(`http://${engine.addresses.api}/api/v1/verdicts`);
          const { verdicts } = (await answer.json()) as {
            verdicts: { subject: string; status: string; failure: string }[];
          };
          const isWell = verdicts.every(({ status, failure }) => /^(healthy|na)$/.test(status) && failure === 'none');
          return (verdicts.filter(({ status }) => status === 'healthy').length >= 4 && isWell) || undefined;
        },
        PATIENCE_MS,
      );
      const shown = NAMES.map((name) => shownFrom(pages[name], VIEWS[name].selector, VIEWS[name].text));
      await hdfs.cluster.control('dn2', 'fault', 'f0');
      const times = await Promise.all(shown);
      const { events } = await changes();
      const verdictMs = events.find(({ verdict }) => verdict.subject === SICK && verdict.status === 'unhealthy')?.atMs;
      const delays = NAMES.map((name, index) => [name, (times[index] as number) - (verdictMs ?? Number.NaN)] as const);
      console.log(
        `from the verdict until it was shown, ms: ${delays.map(([name, ms]) => `${name} ${Math.round(ms)}`).join(', ')}`,
      );
      expect(delays.filter(([, ms]) => !(ms <= 1000))).toEqual([]);
    },
    3 * PATIENCE_MS,
  );

  it('opens evidence: the error in words, and the way to its trace', async () => {
    const evidence = pages.subject
      .getByRole('region', { name: 'Evidence' })
      .or(pages.subject.locator('section:has(#evidence-title)'));
    const row = evidence.locator('tbody tr', { hasText: 'POST /blocks/{id}' }).first();
    await row.waitFor({ timeout: PATIENCE_MS });
    expect(await row.locator('a').first().getAttribute('href')).toMatch(
      /^http:\/\/127\.0\.0\.1:1\/trace\/[0-9a-f]{32}$/,
    );
    await pages.matrix
      .locator('.matrix-row', { hasText: SICK })
      .getByRole('gridcell')
      .filter({ hasText: '✕' })
      .first()
      .click();
    await pages.matrix.locator('aside').getByText('POST /blocks/{id}').first().waitFor();
    expect(pages.matrix.url()).toContain('cell=');
  });

  it.each(NAMES)('%s: axe finds nothing, in the dark and in the light', async (name) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await pages[name].emulateMedia({ colorScheme });
      expect(await axeFindings(pages[name]), colorScheme).toEqual([]);
    }
    if (process.env['UPDATE_PICTURES']) {
      await pages[name].screenshot({ path: path.join(ROOT, 'docs/images', `page-${name}.png`) });
    }
  });

  it(
    'says that what it shows is old while the engine stands still, and goes on when it does; a reload shows the same',
    async () => {
      const { fleet } = pages;
      const isIll = () => fleet.getByRole('row', { name: /^datanode\/dn2.*(?<!maybe )unhealthy/ }).waitFor();
      engine.process.kill('SIGSTOP');
      await fleet.getByText(/no engine for \d+ s; what is shown is old/).waitFor();
      await isIll();
      engine.process.kill('SIGCONT');
      await fleet.getByText('live', { exact: true }).waitFor();
      await isIll();
      await fleet.reload();
      await isIll();
      await context.setOffline(true);
      await expect(fleet.evaluate('fetch("healthz")')).rejects.toThrow();
      await context.setOffline(false);
      await fleet.getByText('live', { exact: true }).waitFor();
    },
    PATIENCE_MS,
  );

  it(
    'tells of it in the history after the repair, also after a reload',
    async () => {
      await hdfs.cluster.control('dn2', 'repair', 'f0');
      const ended = /^(?!.*still going on).*datanode\/dn2/;
      await shownFrom(pages.history, 'tbody tr', ended);
      await pages.history.reload();
      await shownFrom(pages.history, 'tbody tr', ended);
      await shownFrom(pages.fleet, '[role=row]', /^datanode\/dn2.*healthy/);
    },
    PATIENCE_MS,
  );

  it('met nothing that a browser complains of', () => {
    const known = /Failed to load resource|net::ERR/;
    expect(complaints.filter((each) => !known.test(each))).toEqual([]);
  });

  it(
    'ends with its engine, and says so',
    async () => {
      engine.process.kill('SIGTERM');
      await once(engine.process, 'exit');
      await pages.fleet.getByText(/no engine for \d+ s; what is shown is old/).waitFor();
      await pages.fleet.getByRole('row', { name: /datanode\/dn2/ }).waitFor();
    },
    PATIENCE_MS,
  );
});
