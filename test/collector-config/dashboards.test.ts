// SPDX-License-Identifier: Apache-2.0
/** The dashboards that are shipped: made by the code beside them, of metrics that there are, with words as everywhere else. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { dashboardFiles } from '../../collector-config/grafana/dashboards-as-code/dashboards.js';
import {
  DOUBTFUL,
  FAILING,
  FAILURE,
  HEALTH,
  NOT_KNOWN,
  type Step,
} from '../../collector-config/grafana/dashboards-as-code/scales.js';
import { BRIDGE_ROWS, DETECTION_DELAY, FAILURE_NUMBERS } from '../../src/engine/bridge/verdict-metrics.js';
import { METRIC_ROWS, REQUEST_DURATION } from '../../src/engine/telemetry/metric-table.js';
import { GC_DURATION } from '../../src/engine/telemetry/process-metrics.js';
import { prometheusName } from '../../src/engine/telemetry/prometheus-page.js';
import { HealthStatus, isFailing, statusName } from '../../src/model/status.js';
import {
  type DashboardFile,
  expressionsOf,
  filledIn,
  opened,
  type Panel,
  shippedDashboards,
} from '../stack/dashboard-expressions.js';
import { stateLookOf } from '../stack/picture/field-look.js';
import { ROOT } from '../support/imports.js';

const FOLDER = path.join(ROOT, 'collector-config/grafana/dashboards');
const dashboards = shippedDashboards();
const expressions = expressionsOf(dashboards);

/** The labels of every metric that there is, by its name for Prometheus. Whoever scrapes adds `job` and `instance`. */
function labelsByMetric(): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, ReadonlySet<string>>();
  const add = (name: string, attributes: readonly string[], ...own: readonly string[]) =>
    known.set(name, new Set([...attributes.map((each) => each.replaceAll('.', '_')), 'job', 'instance', ...own]));
  for (const row of [...BRIDGE_ROWS, ...METRIC_ROWS]) add(prometheusName(row), row.attributes ?? []);
  const histograms: readonly { name: string; unit: string; attributes?: readonly string[] }[] = [
    DETECTION_DELAY,
    REQUEST_DURATION,
    GC_DURATION,
  ];
  for (const row of histograms) {
    for (const [suffix, ...own] of [['_bucket', 'le'], ['_sum'], ['_count']])
      add(`${prometheusName(row)}${suffix}`, row.attributes ?? [], ...own);
  }
  return known;
}

describe('the dashboards', () => {
  it('are what the code beside them makes; `npm run dashboards` writes them anew', () => {
    const shipped = readdirSync(FOLDER).sort();
    const text = (file: string) => readFileSync(path.join(FOLDER, file), 'utf8');
    expect(Object.fromEntries(shipped.map((file) => [file, text(file)]))).toEqual(Object.fromEntries(dashboardFiles()));
  });

  it('ask only for metrics that there are, by labels that those have', () => {
    const known = labelsByMetric();
    const asked = expressions.flatMap(({ place, promql }) =>
      [...promql.matchAll(/\b((?:panorama|process|nodejs|v8js)_\w+)\{([^}]*)\}/g)].map(([, metric, where]) => ({
        ...{ place, metric: metric as string },
        labels: [...(where as string).matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label as string),
      })),
    );
    expect(asked.length).toBeGreaterThan(50);
    expect(asked.filter(({ metric, labels }) => !labels.every((each) => known.get(metric)?.has(each)))).toEqual([]);
    const labels = new Set([...known.values()].flatMap((each) => [...each]));
    const words = expressions.flatMap(({ promql }) => promql.match(/\b(?:panorama|process|nodejs|v8js)_\w+/g) ?? []);
    expect([...new Set(words)].filter((word) => !known.has(word) && !labels.has(word))).toEqual([]);
  });

  it('show every metric of the bridge', () => {
    const names = [...BRIDGE_ROWS, DETECTION_DELAY].map((row) => prometheusName(row));
    expect(names.filter((name) => !expressions.some(({ promql }) => promql.includes(name)))).toEqual([]);
  });

  it('use no variable that they do not have', () => {
    const OF_GRAFANA = ['__range', '__interval', '__rate_interval'];
    for (const [file, dashboard] of dashboards) {
      const names = [...dashboard.templating.list.map(({ name }) => name), ...OF_GRAFANA];
      const values = Object.fromEntries(names.map((name) => [name, 'x']));
      for (const { promql } of expressionsOf(new Map([[file, dashboard]])))
        expect(filledIn(promql, values)).not.toBe('');
    }
    expect(() => filledIn('up{a="$missing"}', {})).toThrow('$missing');
  });

  it('link to dashboards that there are', () => {
    const uids = [...dashboards.values()].map(({ uid }) => uid);
    const linked = [...JSON.stringify([...dashboards.values()]).matchAll(/\/d\/([\w-]+)/g)].map(([, uid]) => uid);
    expect(linked.length).toBeGreaterThan(5);
    expect(linked.filter((uid) => !uids.includes(uid as string))).toEqual([]);
  });

  it('have panels of names of their own that do not lie upon each other', () => {
    const overlap = ({ gridPos: a }: Panel, { gridPos: b }: Panel) =>
      a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
    for (const [file, { panels }] of dashboards) {
      const clashes = panels.flatMap((one, index) =>
        panels
          .slice(index + 1)
          .filter((other) => overlap(one, other) || (one.title === other.title && one.type === other.type)),
      );
      expect([file, clashes.map(({ title }) => title)]).toEqual([file, []]);
      expect([file, panels.filter(({ gridPos: { x, w } }) => x + w > 24)]).toEqual([file, []]);
    }
  });
});

describe('the links of a subject', () => {
  const { links = [], templating } = dashboards.get('subject.json') as DashboardFile;
  const SUBJECT = 'a&b/p#1+ä %/c';
  const VALUES = {
    ...{ subject: SUBJECT, subject_part: 'p#1+ä %&', subject_service: 'a&b', traces: 'its/uid' },
    subject_environment: 'prod & eu',
    ...{ api: 'http://engine:16688', jaeger: 'http://jaeger:16686', __from: '1700000000000', __to: '1700000060000' },
  };
  const linked = (title: string): URL => opened(links.find((link) => link.title === title)?.url ?? '', VALUES);

  it('lead to a search in Tempo that says what is meant, whatever the name', () => {
    const { pathname, searchParams } = linked('Calls that did not go well, in Tempo');
    expect([pathname, [...searchParams.keys()]]).toEqual(['/explore', ['schemaVersion', 'panes']]);
    const name = VALUES.subject_part;
    const { panorama } = JSON.parse(searchParams.get('panes') ?? '') as Record<string, object>;
    expect(panorama).toEqual({
      datasource: 'its/uid',
      queries: [
        {
          ...{ refId: 'A', queryType: 'traceql', datasource: { type: 'tempo', uid: 'its/uid' } },
          query: `{ status = error && (resource.service.instance.id = "${name}" || resource.service.name = "${name}" || span.server.address = "${name}") }`,
        },
      ],
      range: { from: VALUES.__from, to: VALUES.__to },
    });
  });

  it('lead to a search in Jaeger', () => {
    const { origin, pathname, searchParams } = linked('Calls that did not go well, in Jaeger');
    expect(`${origin}${pathname}`).toBe('http://jaeger:16686/search');
    const { service, tags, start, end, lookback } = Object.fromEntries(searchParams);
    expect([service, JSON.parse(tags ?? ''), lookback]).toEqual(['a&b', { error: 'true' }, 'custom']);
    expect([start, end].map(Number)).toEqual([1_700_000_000_000_000, 1_700_000_060_000_000]);
  });

  it('lead to the engine, in the environment of the subject', () => {
    const evidence = linked('Its evidence, from the engine');
    expect(evidence.origin + evidence.pathname).toBe(
      `http://engine:16688/api/v1/subjects/${encodeURIComponent(SUBJECT)}`,
    );
    expect(Object.fromEntries(evidence.searchParams)).toEqual({ environment: VALUES.subject_environment });
    const history = linked('Its history, from the engine');
    expect(Object.fromEntries(history.searchParams)).toEqual({
      subject: SUBJECT,
      environment: VALUES.subject_environment,
    });
  });

  it('take parts of its name that end no words of a query', () => {
    const partOf = (variable: string, subject: string) => {
      const pattern = templating.list.find(({ name }) => name === variable)?.regex ?? '';
      return new RegExp(pattern.slice(1, -1)).exec(subject)?.[1];
    };
    const NAMES = ['shop/shop-1', 'shop/shop-1#db', 'mysql:3306', 'a/b"c'];
    expect(NAMES.map((name) => partOf('subject_part', name))).toEqual(['shop-1', 'shop-1', 'mysql:3306', 'b']);
    expect(NAMES.map((name) => partOf('subject_service', name))).toEqual(['shop', 'shop', 'mysql:3306', 'a']);
  });
});

describe('histograms through time', () => {
  it('count each finding in one step alone, so no step looks back further than to the one before', () => {
    const asked = [...dashboards.values()].flatMap(({ panels }) => panels.filter(({ type }) => type === 'heatmap'));
    const questions = asked.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(questions.length).toBeGreaterThan(0);
    for (const promql of questions) {
      expect(promql).toContain('offset $__interval');
      expect(promql).not.toMatch(/\$__rate_interval|\$__range/);
    }
  });
});

describe('graphs', () => {
  const CLICKED = { environment: '.*', datasource: 'its/uid', __url_time_range: 'from=now-1h&to=now' };
  const graphs = [...dashboards.values()].flatMap((each) => each.panels.filter(({ type }) => type === 'nodeGraph'));

  it('have a node where all is well, for they cannot show an answer without ids', () => {
    const nodes = graphs.map(({ targets = [] }) => targets.find(({ refId }) => refId === 'nodes')?.expr ?? '');
    expect(nodes.length).toBeGreaterThan(1);
    for (const promql of nodes)
      expect(promql).toMatch(/ or on \(\) (label_replace\()+vector\(0\), "id", "nobody", "", ""\)/);
  });

  it('link from the one column of a subject, for a click on a node or an edge shows the links of all its columns', () => {
    for (const { fieldConfig } of graphs) {
      expect(fieldConfig.defaults.links ?? []).toEqual([]);
      const linking = fieldConfig.overrides.flatMap(({ matcher, properties }) =>
        properties.map(({ id, value }) => ({ matcher, id, links: value as readonly { url: string }[] })),
      );
      expect(linking.map(({ matcher, id }) => [matcher.id, matcher.options, id])).toEqual([
        ['byName', 'panorama_subject', 'links'],
      ]);
      for (const { url } of linking.flatMap(({ links }) => links))
        expect(opened(url, { ...CLICKED, '__value.raw': 'a&b/c' }).searchParams.get('var-subject')).toBe('a&b/c');
    }
  });
});

describe('states through time', () => {
  const panels = [...dashboards.values()].flatMap((each) =>
    each.panels.filter(({ type }) => type === 'state-timeline'),
  );

  it('have the words and colours of their mappings, which are not seen where Grafana merges by thresholds', () => {
    expect(panels.length).toBeGreaterThan(5);
    const modes = panels.map(({ title, fieldConfig }) => `${title}: ${fieldConfig.defaults.color?.mode}`);
    expect(modes.filter((mode) => !mode.endsWith(': fixed'))).toEqual([]);
    for (const panel of panels) {
      const words = panel.fieldConfig.defaults.mappings?.flatMap(({ options }) => Object.entries(options)) ?? [];
      expect(words.length).toBeGreaterThan(3);
      for (const [value, { text, color }] of words)
        expect(stateLookOf(Number(value), panel, '')).toEqual({ text, color });
    }
  });

  it('say nothing where there is none, for Grafana would not show it', () => {
    expect(panels.filter(({ fieldConfig }) => fieldConfig.defaults.noValue).map(({ title }) => title)).toEqual([]);
  });

  it('have one that says so where there may be none in all of the time shown', () => {
    const ofNobody =
      / or on \(\) \((label_replace\()+vector\(1\), .* unless on \(\) .*max_over_time\(.+\[\$__range\] @ end\(\)\)/;
    const may = panels.filter(({ targets = [] }) =>
      targets.some(({ expr }) => ofNobody.test(expr.replaceAll('\n', ' '))),
    );
    expect(may.map(({ title }) => title)).toEqual([
      'Subjects with a problem at any time shown',
      'Pairs with a complaint at any time shown',
      'How each observer finds it',
      'How it finds others',
    ]);
    expect(NOT_KNOWN).toBe(HealthStatus.NA);
  });

  it('are drawn as Grafana would where somebody has it merge by thresholds', () => {
    const [panel] = panels as [Panel];
    const color = { mode: 'thresholds' };
    const merged: Panel = {
      ...panel,
      fieldConfig: { overrides: [], defaults: { ...panel.fieldConfig.defaults, color } },
    };
    expect([2, 7, 80].map((state) => stateLookOf(state, merged, '').text)).toEqual(['< 80', '< 80', '80+']);
    const apart: Panel = { ...merged, options: { mergeValues: false } };
    expect(stateLookOf(7, apart, '').text).toBe('dead');
  });
});

describe('the words of the dashboards', () => {
  const pairs = (steps: readonly Step[]) => steps.map(({ value, name }) => [name, value]);

  it('are those of the statuses and the failures', () => {
    const statuses = Object.values(HealthStatus).filter((each) => each !== HealthStatus.INVALID);
    expect(pairs(HEALTH)).toEqual(statuses.map((each) => [statusName(each), each]));
    expect(pairs(FAILURE)).toEqual(Object.entries(FAILURE_NUMBERS));
  });

  it('begin to speak of problems where the engine does', () => {
    expect(DOUBTFUL).toBe(HealthStatus.MAYBE_UNHEALTHY);
    expect(Object.values(HealthStatus).filter(isFailing)[0]).toBe(FAILING);
  });

  it('have a colour each', () => {
    for (const steps of [HEALTH, FAILURE]) expect(new Set(steps.map(({ color }) => color)).size).toBe(steps.length);
  });
});
