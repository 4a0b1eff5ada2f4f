// SPDX-License-Identifier: Apache-2.0
/** What the dashboards ask Prometheus, read from the files that Grafana reads, so that a test can ask the same. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../support/imports.js';

const FOLDER = path.join(ROOT, 'collector-config/grafana/dashboards');

/** A dashboard, as far as anything here reads it. */
export interface DashboardFile {
  readonly uid: string;
  readonly title: string;
  readonly links?: readonly { readonly title: string; readonly url?: string }[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
  readonly regex?: string;
}

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly instant?: boolean;
  readonly legendFormat?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly transformations?: readonly { readonly id: string; readonly options: Readonly<Record<string, unknown>> }[];
  readonly options?: { readonly mergeValues?: boolean };
  readonly fieldConfig: {
    readonly defaults: FieldSettings;
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

/** How the values of a panel, or of one column or line of it, are shown. */
export interface FieldSettings {
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly noValue?: string;
  readonly displayName?: string;
  readonly links?: readonly { readonly url: string }[];
  readonly color?: { readonly mode: string; readonly fixedColor?: string };
  readonly mappings?: readonly {
    readonly options: Readonly<Record<string, { readonly text?: string; readonly color?: string }>>;
  }[];
  readonly thresholds?: { readonly steps: readonly { readonly value: number | null; readonly color: string }[] };
  readonly custom?: {
    readonly cellOptions?: { readonly type: string };
    readonly drawStyle?: string;
    readonly fillOpacity?: number;
    readonly stacking?: { readonly mode: string };
  };
}

export interface Expression {
  /** `fleet / Problems / A`, or of a variable `fleet / $environment`. */
  readonly place: string;
  /** PromQL with Grafana's variables in it. */
  readonly promql: string;
}

/** Every dashboard that is shipped, by the name of its file. */
export function shippedDashboards(): ReadonlyMap<string, DashboardFile> {
  const names = readdirSync(FOLDER).sort();
  return new Map(
    names.map((name) => [name, JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as DashboardFile]),
  );
}

/** What panels ask, and what the lists of variables are made of. */
export function expressionsOf(dashboards: ReadonlyMap<string, DashboardFile>): readonly Expression[] {
  return [...dashboards].flatMap(([file, { panels, templating }]) => [
    ...templating.list
      .filter(({ type }) => type === 'query')
      .map(({ name, query }) => ({ place: `${file} / $${name}`, promql: seriesOf(query) })),
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr }) => ({ place: `${file} / ${title} / ${refId}`, promql: expr })),
    ),
  ]);
}

/**
 * PromQL as Grafana would send it.
 *
 * @param values what each variable stands for, Grafana's own (`__range`, `__interval`, `__rate_interval`) among them
 * @throws Error where one is left that has no value
 */
export function filledIn(promql: string, values: Readonly<Record<string, string>>): string {
  return promql.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => {
    // `$1` is no variable but a group of a pattern.
    if (/^\d+$/.test(name)) return whole;
    const value = values[name];
    if (value === undefined) throw new Error(`nothing is known of ${whole} in ${promql}`);
    return value;
  });
}

/**
 * A link as Grafana would open it.
 *
 * @throws Error where a variable is left that has no value
 */
export function opened(url: string, values: Readonly<Record<string, string>>): URL {
  const text = url.replaceAll(/\$\{([\w.]+)(?::(\w+))?\}/g, (whole, name: string, format?: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`nothing is known of ${whole} in ${url}`);
    if (format === 'queryparam') return `var-${name}=${encodeURIComponent(value)}`;
    return format === 'percentencode' ? encodeURIComponent(value) : value;
  });
  return new URL(text, 'http://127.0.0.1:3000');
}

/** Of `label_values(series, label)` the series. */
function seriesOf(query: Variable['query']): string {
  const text = typeof query === 'string' ? query : query.query;
  const series = /^label_values\((.+), \w+\)$/s.exec(text)?.[1];
  if (series === undefined) throw new Error(`${text} is no list of a label's values`);
  return series;
}
