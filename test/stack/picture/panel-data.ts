// SPDX-License-Identifier: Apache-2.0
/** What a panel shows: its questions asked of Prometheus as Grafana asks them, and the answers as series or as the rows of a table. */
import { filledIn, type Panel, type Target } from '../dashboard-expressions.js';

/** The time that a picture shows, in seconds since 1970, and how finely. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export interface Series {
  readonly refId: string;
  /** By the legend of its question. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970, and the value. */
  readonly points: readonly (readonly [number, number])[];
}

/** A row of a table: labels, and `Value`. */
export type Row = Readonly<Record<string, string | number>>;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Variables of the dashboard and of Grafana, by name. */
export type Values = Readonly<Record<string, string>>;

interface RawSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Every answer to every question of a panel. */
export async function seriesOf(panel: Panel, prometheusUrl: string, span: Span, values: Values): Promise<Series[]> {
  const answers = await Promise.all(
    (panel.targets ?? []).map((target) => answerTo(target, prometheusUrl, span, values)),
  );
  return answers.flat();
}

async function answerTo(target: Target, prometheusUrl: string, span: Span, values: Values): Promise<Series[]> {
  const query = filledIn(target.expr, values);
  const { from, to, step } = span;
  const [path, times]: readonly [string, Readonly<Record<string, string>>] = target.instant
    ? ['query', { time: String(to) }]
    : ['query_range', { start: String(from), end: String(to), step: String(step) }];
  const body = new URLSearchParams({ query, ...times });
  const response = await fetch(`${prometheusUrl}/api/v1/${path}`, { method: 'POST', body });
  const answer = (await response.json()) as { data?: { result: RawSeries[] }; error?: string };
  if (!answer.data) throw new Error(`Prometheus says of ${query}: ${answer.error}`);
  return answer.data.result.map(({ metric, value, values: many = value ? [value] : [] }) => ({
    ...{ refId: target.refId, labels: metric },
    name: legendOf(target.legendFormat ?? '', metric),
    points: many.map(([time, text]) => [time, Number(text)] as const),
  }));
}

/** `{{label}}` filled in. */
function legendOf(format: string, labels: Readonly<Record<string, string>>): string {
  if (format === '__auto' || format === '') return Object.values(labels).join(' ') || 'Value';
  return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '').trim();
}

/** The answers to one question as a table, and what the panel's transformations make of it. */
export function tableOf(panel: Panel, series: readonly Series[]): Table {
  const rows = series.map(({ labels, points }): Row => ({ ...labels, Value: points.at(-1)?.[1] ?? Number.NaN }));
  const labels = [...new Set(rows.flatMap((row) => Object.keys(row)).filter((name) => name !== 'Value'))].sort();
  const first: Table = { columns: ['Time', ...labels, 'Value'], rows };
  return (panel.transformations ?? []).reduce((table, { id, options }) => {
    if (id === 'organize') return organized(table, options as unknown as OrganizeOptions);
    if (id === 'groupingToMatrix') return asMatrix(table, options as unknown as MatrixOptions);
    throw new Error(`a transformation ${id} is not known here`);
  }, first);
}

interface OrganizeOptions {
  readonly excludeByName: Readonly<Record<string, boolean>>;
  readonly indexByName: Readonly<Record<string, number>>;
  readonly renameByName: Readonly<Record<string, string>>;
}

function organized({ columns, rows }: Table, options: OrganizeOptions): Table {
  const { excludeByName, indexByName, renameByName } = options;
  const last = columns.length;
  const kept = columns
    .filter((name) => !excludeByName[name])
    .sort((a, b) => (indexByName[a] ?? last) - (indexByName[b] ?? last));
  const renamed = (name: string) => renameByName[name] ?? name;
  return {
    columns: kept.map(renamed),
    rows: rows.map((row) => Object.fromEntries(kept.map((name) => [renamed(name), row[name] ?? '']))),
  };
}

interface MatrixOptions {
  readonly columnField: string;
  readonly rowField: string;
  readonly valueField: string;
}

function asMatrix({ rows }: Table, { columnField, rowField, valueField }: MatrixOptions): Table {
  const corner = `${rowField}\\${columnField}`;
  const namesOf = (field: string) => [...new Set(rows.map((row) => String(row[field] ?? '')))].sort();
  const columns = namesOf(columnField);
  return {
    columns: [corner, ...columns],
    rows: namesOf(rowField).map((name) => {
      const cells = columns.map((column) => {
        const cell = rows.find((row) => row[rowField] === name && row[columnField] === column);
        return [column, cell?.[valueField] ?? ''] as const;
      });
      return { [corner]: name, ...Object.fromEntries(cells) };
    }),
  };
}
