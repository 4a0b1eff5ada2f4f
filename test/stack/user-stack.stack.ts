// SPDX-License-Identifier: Apache-2.0
/**
 * A gray failure in a user's whole stack: the example cluster exports to the Collector, the disk of one datanode hangs, and
 * Prometheus fires one alert, about exactly that datanode, until it is repaired. The user's backend has every span meanwhile, and an
 * engine to which the same applications exported without a Collector found the same.
 */
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OBSERVATION_SPAN_NAME } from '../../src/model/attributes.js';
import { HealthStatus } from '../../src/model/status.js';
import type { EngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';
import { type HdfsCluster, startHdfsCluster } from './hdfs-cluster.js';
import { whyWithout, whyWithoutCollector, whyWithoutPythonSdk } from './programs.js';
import { PYTHON_CALLER, type PythonCaller, startPythonCaller } from './python-caller.js';
import { startUserStack, type UserStack } from './user-stack.js';

const SICK = 'datanode/dn2';
const without = whyWithoutCollector() ?? whyWithout('prometheus', 'prometheus');
const withoutPython = whyWithoutPythonSdk();

/** How long any of it may take on a busy machine, in ms. */
const PATIENCE_MS = 60_000;

/** How long an alert goes on when its reason is gone (`keep_firing_for`), in ms. */
const KEPT_MS = 30_000;

/** What an engine's API says of a subject. */
interface Said {
  readonly subject: string;
  readonly status: string;
  readonly failure: string;
  readonly observersFor: readonly string[];
  readonly observersAgainst: readonly string[];
  readonly blame?: { readonly root: string };
}

/** What of it does not depend on when it came. */
type Gist = ReturnType<typeof gistOf>;

function gistOf({ status, failure, observersFor, observersAgainst, blame }: Said) {
  return { status, failure, observersFor, observersAgainst, culprit: blame?.root };
}

describe.skipIf(without)('a user’s stack', () => {
  let stack: UserStack;
  let hdfs: HdfsCluster;
  let python: PythonCaller | undefined;

  const health = (subject: string) => stack.prometheus.query(`panorama_subject_health{panorama_subject="${subject}"}`);
  const isHealthy = async (subject: string) => (await health(subject))[0]?.value === HealthStatus.HEALTHY;
  const firing = async () => (await stack.prometheus.alerts()).filter(({ state }) => state === 'firing');

  /** What both engines answer: the one behind the Collector, and the one to which applications export themselves. */
  const bothSay = <T>(route: string): Promise<readonly [T, T]> => {
    const ask = async ({ addresses }: EngineProcess) =>
      (await (await fetch(`http://${addresses.api}/api/v1/${route}`)).json()) as T;
    return Promise.all([ask(stack.engine), ask(stack.directEngine)]);
  };

  /** What both say of every subject, by name. */
  const bothFind = async () => {
    const both = await bothSay<{ verdicts: readonly Said[] }>('verdicts');
    return both.map(({ verdicts }) => Object.fromEntries(verdicts.map((each) => [each.subject, gistOf(each)])));
  };

  /** Waits until both say the same of every subject, for a word reaches one of them later, and it is as it should be. */
  const untilBothFind = (what: string, isSo: (found: Readonly<Record<string, Gist>>) => boolean) =>
    until(
      `both engines to find the same, and ${what}`,
      async () => {
        const [through = {}, directly = {}] = await bothFind();
        return (isDeepStrictEqual(through, directly) && isSo(through)) || undefined;
      },
      PATIENCE_MS,
    ).catch(async (error: unknown) => {
      const [through, directly] = await bothFind();
      // Says what the difference is, where there is one, and else what both found.
      expect(through).toEqual(directly);
      throw new Error(`${error}; both found ${JSON.stringify(through)}`);
    });

  /** Waits until the caller in Python has its say on the sick datanode, in both engines. */
  const untilPythonIs = (side: 'observersFor' | 'observersAgainst') =>
    until(
      `the caller in Python to be among ${side}`,
      async () => (await bothFind()).every((found) => found[SICK]?.[side].includes(PYTHON_CALLER)) || undefined,
      PATIENCE_MS,
    );

  beforeAll(async () => {
    stack = await startUserStack();
    hdfs = await startHdfsCluster(stack.front.address);
    if (withoutPython) return;
    const urls = ['dn1', 'dn2', 'dn3'].map((name) => `http://${hdfs.cluster.address(name, 'data')}`);
    python = await startPythonCaller(stack.front.address, urls);
  }, 2 * PATIENCE_MS);

  afterAll(async () => {
    await python?.close();
    await hdfs?.close();
    await stack?.close();
  });

  it(
    'shows every component healthy, and no alert',
    async () => {
      await until(
        'Prometheus to know every component as healthy',
        async () => (await Promise.all(hdfs.cluster.subjects.map(isHealthy))).every(Boolean) || undefined,
        PATIENCE_MS,
      );
      expect(await firing()).toEqual([]);
    },
    2 * PATIENCE_MS,
  );

  it.skipIf(withoutPython)(
    'hears a caller in Python, which knows nothing of Panorama',
    async () => {
      await untilPythonIs('observersFor');
    },
    2 * PATIENCE_MS,
  );

  it(
    'fires one alert, about the sick instance, that says what to do',
    async () => {
      await hdfs.cluster.control('dn2', 'fault', 'f0');
      await until('an alert', async () => (await firing())[0], PATIENCE_MS);
      const [alert, ...others] = await firing();
      expect(others).toEqual([]);
      expect(alert?.labels).toEqual({ alertname: 'PanoramaGrayFailure', severity: 'page', panorama_subject: SICK });
      expect(alert?.annotations['summary']).toBe(`${SICK} fails for some and is well for others`);
      expect(alert?.annotations['description']).toMatch(
        /while others, other operations, .* Reason: \w+; split by [\w -]+; culprit: datanode\/dn2\.$/,
      );
      expect(alert?.annotations['runbook']).toContain(`panorama get panorama ${SICK}`);
    },
    2 * PATIENCE_MS,
  );

  it.skipIf(withoutPython)(
    'has that caller among those who find it failing',
    async () => {
      await untilPythonIs('observersAgainst');
    },
    2 * PATIENCE_MS,
  );

  it(
    'has the same observers against it, and the same for it, with a Collector between and without',
    async () => {
      await untilBothFind('observers against the sick instance', (found) => {
        const sick = found[SICK];
        return sick?.status === 'unhealthy' && sick.culprit === SICK && sick.observersAgainst.length > 0;
      });
    },
    2 * PATIENCE_MS,
  );

  it(
    'resolves it after the repair, and has fired no other',
    async () => {
      await hdfs.cluster.control('dn2', 'repair', 'f0');
      await until(
        'the alert to end, and its subject to be well',
        async () => ((await firing()).length === 0 && (await isHealthy(SICK))) || undefined,
        PATIENCE_MS + KEPT_MS,
      );
      const ever = 'count by (alertname, panorama_subject) (count_over_time(ALERTS{alertstate="firing"}[15m]))';
      expect((await stack.prometheus.query(ever)).map(({ labels }) => labels)).toEqual([
        { alertname: 'PanoramaGrayFailure', panorama_subject: SICK },
      ]);
    },
    2 * (PATIENCE_MS + KEPT_MS),
  );

  it(
    'finds the same as an engine to which applications export themselves: who failed and whose fault it was, and how all are now',
    async () => {
      const both = await bothSay<{ events: readonly { verdict: Said }[] }>('events?limit=500');
      for (const { events } of both) {
        const convicted = events.map(({ verdict }) => verdict).filter(({ status }) => status === 'unhealthy');
        const told = convicted.map(({ subject, failure, blame }) => `${subject} ${failure}, by ${blame?.root}`);
        expect(new Set(told)).toEqual(new Set([`${SICK} gray, by ${SICK}`]));
      }
      await untilBothFind('every component well', (found) =>
        hdfs.cluster.subjects.every((subject) => found[subject]?.status === 'healthy'),
      );
    },
    2 * PATIENCE_MS,
  );

  it('has a trace beside how soon the failure was found', async () => {
    const page = await fetch(`http://${stack.otelcol.page}/metrics`, {
      headers: { accept: 'application/openmetrics-text; version=1.0.0' },
    });
    expect(await page.text()).toMatch(
      /^panorama_detection_delay_seconds_bucket\{.*\} \d+ # \{.*trace_id="[0-9a-f]{32}"/m,
    );
  });

  it(
    'leaves the backend every span, once and unchanged, but no observation',
    async () => {
      await python?.close();
      await hdfs.close();
      const ordinary = () => stack.front.spans().filter(([, { span }]) => span.name !== OBSERVATION_SPAN_NAME);
      await until(
        'the backend to have as many spans as were exported',
        () => stack.backend.spans().length === ordinary().length || undefined,
        PATIENCE_MS,
      );
      const exported = new Map(ordinary());
      expect(exported.size).toBeGreaterThan(500);
      expect(stack.front.spans().length).toBeGreaterThan(ordinary().length);
      const kept = stack.backend.spans();
      expect(kept.length).toBe(exported.size);
      for (const [key, span] of kept) expect(span).toEqual(exported.get(key));
    },
    2 * PATIENCE_MS,
  );
});
