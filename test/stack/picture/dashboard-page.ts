// SPDX-License-Identifier: Apache-2.0
/**
 * A dashboard as a page: where Grafana is not to be had, its own files and its own questions, drawn plainly. What is seen here is
 * what they say: places, titles, words, colours, columns. How Grafana draws them may differ.
 */
import type { DashboardFile, Panel } from '../dashboard-expressions.js';
import { heatmap, stateTimeline, timeseries } from './charts.js';
import { lookOf, settingsOf } from './field-look.js';
import { box, escaped, type Size } from './markup.js';
import { nodeGraph } from './node-graph.js';
import { type Series, type Span, seriesOf, tableOf, type Values } from './panel-data.js';

/** Grafana's grid has 24 columns, and rows of 30 px with gaps of 8. */
const COLUMNS = 24;
const ROW_PX = 38;
const GAP_PX = 8;
export const PAGE_WIDTH_PX = 1480;
const TITLE_PX = 34;
const HEAD_PX = 48;

export interface Page {
  readonly html: string;
  readonly heightPx: number;
}

export async function pageOf(
  dashboard: DashboardFile,
  prometheusUrl: string,
  span: Span,
  variables: Values,
): Promise<Page> {
  const values = {
    ...{ __range: `${Math.ceil(span.to - span.from)}s`, __interval: `${span.step}s`, __rate_interval: '60s' },
    ...variables,
  };
  const drawn: string[] = [];
  for (const panel of dashboard.panels) {
    const series = await seriesOf(panel, prometheusUrl, span, values);
    drawn.push(framed(panel, panel.type === 'row' ? '' : inside(panel, series, span)));
  }
  const heightPx = HEAD_PX + Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => (y + h) * ROW_PX)) + GAP_PX;
  const chosen = Object.entries(variables).map(
    ([name, value]) => `${name}: ${value === '.*' || value === '.+' ? 'All' : value}`,
  );
  const head = `<h1>${escaped(dashboard.title)}<small>${escaped(chosen.join(' · '))}</small></h1>`;
  return { html: `<!doctype html><meta charset="utf-8"><style>${STYLE}</style>${head}${drawn.join('')}`, heightPx };
}

function placeOf({ gridPos: { x, y, w, h } }: Panel) {
  const column = (PAGE_WIDTH_PX - GAP_PX) / COLUMNS;
  return {
    left: GAP_PX + x * column,
    top: HEAD_PX + y * ROW_PX,
    width: w * column - GAP_PX,
    height: h * ROW_PX - GAP_PX,
  };
}

function framed(panel: Panel, content: string): string {
  const { left, top, width, height } = placeOf(panel);
  const kind = panel.type === 'row' ? 'row' : 'panel';
  return `<section class="${kind}" style="left:${left}px;top:${top}px;width:${width}px;height:${height}px"><h2>${escaped(panel.title)}</h2>${content}</section>`;
}

function inside(panel: Panel, series: readonly Series[], span: Span): string {
  const { width, height } = placeOf(panel);
  const size: Size = { width: width - 18, height: height - TITLE_PX - 8 };
  switch (panel.type) {
    case 'stat':
      return stat(panel, series, span);
    case 'table':
      return table(panel, series, span);
    case 'state-timeline':
      return stateTimeline(panel, series, span, size);
    case 'timeseries':
      return timeseries(panel, series, span, size);
    case 'heatmap':
      return heatmap(panel, series, span, size);
    case 'nodeGraph':
      return nodeGraph(panel, series, size);
    default:
      throw new Error(`a panel of the kind ${panel.type} is not known here`);
  }
}

function stat(panel: Panel, series: readonly Series[], span: Span): string {
  const value = series[0]?.points.at(-1)?.[1];
  const settings = settingsOf(panel, '');
  if (value === undefined || Number.isNaN(value)) return box(settings.noValue ?? 'No data');
  const { text, color = '#8e8e8e' } = lookOf(value, settings, 1000 * span.to);
  return `<div class="stat" style="background:${color}">${escaped(text)}</div>`;
}

function table(panel: Panel, series: readonly Series[], span: Span): string {
  if (series.length === 0) return box(panel.fieldConfig.defaults.noValue ?? 'No data');
  const { columns, rows } = tableOf(panel, series);
  const shown = columns.filter((name) => rows.some((row) => row[name] !== undefined && row[name] !== ''));
  const head = shown.map((name) => `<th>${escaped(settingsOf(panel, name).displayName ?? name)}</th>`);
  const body = rows.map((row) => {
    const cells = shown.map((name) => {
      const settings = settingsOf(panel, name);
      const { text, color } = lookOf(row[name], settings, 1000 * span.to);
      const fill =
        settings.custom?.cellOptions?.type === 'color-background' && color
          ? ` style="background:${color};color:#111"`
          : '';
      return `<td${fill}>${escaped(text)}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table><tr>${head.join('')}</tr>${body.join('')}</table>`;
}

const STYLE = `
body { margin: 0; background: #111217; color: #d8d9de; font: 13px/1.3 "DejaVu Sans", Arial, sans-serif; }
h1 { margin: 12px 14px; font-size: 18px; font-weight: 500; height: 24px; }
h1 small { margin-left: 24px; color: #9a9ca5; font-size: 12px; font-weight: 400; }
h2 { margin: 0; padding: 9px 9px 8px; font-size: 13px; font-weight: 500; white-space: nowrap; overflow: hidden; }
section { position: absolute; box-sizing: border-box; overflow: hidden; }
.panel { background: #181b1f; border: 1px solid #25282f; border-radius: 3px; }
.panel > svg { margin-left: 8px; display: block; }
.row h2 { padding: 4px 2px; font-size: 14px; }
.stat { margin: 0 8px; height: calc(100% - 42px); display: flex; align-items: center; justify-content: center; color: #111; font-size: 26px; border-radius: 3px; }
.box { height: calc(100% - 42px); display: flex; align-items: center; justify-content: center; color: #9a9ca5; }
.legend { padding: 3px 10px; white-space: nowrap; overflow: hidden; color: #b4b7c2; font-size: 11px; }
.legend span { margin-right: 14px; }
.legend i { display: inline-block; width: 12px; height: 4px; margin-right: 5px; vertical-align: middle; }
table { width: calc(100% - 16px); margin: 0 8px; border-collapse: collapse; }
th, td { text-align: left; padding: 5px 8px; border-bottom: 1px solid #25282f; white-space: nowrap; font-size: 12px; }
th { color: #8AB8FF; font-weight: 500; }
`;
