// SPDX-License-Identifier: Apache-2.0
/** `docs/metrics.md` against what a running engine shows, both ways: every metric stands there, and no other. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningEngine, startEngine } from '../src/engine/main.js';
import type { MetricRow } from '../src/engine/telemetry/metric-row.js';
import { METRIC_ROWS, REQUEST_DURATION } from '../src/engine/telemetry/metric-table.js';
import { GC_DURATION } from '../src/engine/telemetry/process-metrics.js';
import { ROOT } from './support/imports.js';
import { until } from './support/until.js';

const text = readFileSync(path.join(ROOT, 'docs/metrics.md'), 'utf8');
const documented = text
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const bare = (cell: string | undefined) => (cell ?? '').replaceAll('`', '');

/** Of each family of metrics on the page: its type, its text of help, and the labels of its samples. */
interface Family {
  readonly type: string;
  readonly help: string;
  readonly labels: Set<string>;
}

function familiesOf(page: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const help = new Map<string, string>();
  let current: Family | undefined;
  for (const line of page.split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') help.set(name, rest);
    if (keyword === 'TYPE') {
      current = { type: rest, help: help.get(name) ?? '', labels: new Set() };
      families.set(name, current);
    }
    if (line.startsWith('#')) continue;
    for (const [, label] of line.matchAll(/[{,](\w+)="/g)) if (label !== 'le') current?.labels.add(label as string);
  }
  return families;
}

let engine: RunningEngine;
let families: Map<string, Family>;

beforeAll(async () => {
  const anyPort = '127.0.0.1:0';
  engine = await startEngine(
    { otlpGrpc: anyPort, otlpHttp: anyPort, api: anyPort },
    { log: pino({ level: 'silent' }) },
  );
  const empty = await fetch(`http://${engine.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(empty.status).toBe(200);
  families = await until('a collection of garbage and a request to be counted', async () => {
    // Garbage, so that there is some to collect.
    JSON.parse(`[${'{"a":1},'.repeat(200_000)}0]`);
    const found = familiesOf(await (await fetch(`http://${engine.api}/metrics`)).text());
    return found.has('v8js_gc_duration_seconds') && found.has('panorama_engine_requests_total') ? found : undefined;
  });
});

afterAll(() => engine.close());

describe('docs/metrics.md', () => {
  it('has a row for each metric, with its kind, unit, attributes and meaning, and no other', () => {
    const histograms = [REQUEST_DURATION, GC_DURATION].map((row) => ({ ...row, kind: 'histogram' as const }));
    const rows: readonly (Omit<MetricRow, 'kind' | 'read'> & { kind: string })[] = [...METRIC_ROWS, ...histograms];
    expect(
      documented.map(([name, , kind, unit, labels, meaning]) => [bare(name), kind, bare(unit), bare(labels), meaning]),
    ).toEqual(
      rows.map(({ name, kind, unit, attributes = [], description }) => [
        ...[name, kind, unit, attributes.join(', '), description],
      ]),
    );
  });

  it('gives each the name, the type and the labels that it has on the page', () => {
    const TYPES: Readonly<Record<string, string>> = { counter: 'counter', histogram: 'histogram' };
    const shown = [...families].filter(([name]) => name !== 'target_info');
    const byName = new Map(shown);
    for (const [name, prometheus, kind = '', , labels, meaning] of documented) {
      const family = byName.get(bare(prometheus));
      expect(family, `${name} is not on the page as ${prometheus}`).toBeDefined();
      expect([name, family?.type]).toEqual([name, TYPES[kind] ?? 'gauge']);
      const expected = bare(labels)
        .split(', ')
        .filter(Boolean)
        .map((label) => label.replaceAll('.', '_'));
      expect([name, [...(family?.labels ?? [])].sort()]).toEqual([name, expected.sort()]);
      expect(family?.help).toBe(meaning);
    }
    expect([...byName.keys()].sort()).toEqual(documented.map(([, prometheus]) => bare(prometheus)).sort());
  });

  it('names in its advice only metrics that there are', () => {
    const advice = text.slice(text.indexOf('## What to watch'));
    const named = [...advice.matchAll(/`(?:rate\()?([a-z]+_\w+)/g)].map(([, name]) => name as string);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !families.has(name))).toEqual([]);
  });
});
