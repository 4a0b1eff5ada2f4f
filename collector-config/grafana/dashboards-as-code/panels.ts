// SPDX-License-Identifier: Apache-2.0
/**
 * The kinds of panels that the dashboards are made of, each with what all of its kind have in common: a source of data, how values
 * are called and coloured, and a legend that says no more than it must.
 */
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as HeatmapPanel, YAxisConfigBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder as NodeGraphPanel } from '@grafana/grafana-foundation-sdk/nodegraph';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelinePanel } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesPanel } from '@grafana/grafana-foundation-sdk/timeseries';
import { byNumber, GREEN, GREY, type Step } from './scales.js';

export const PROMETHEUS: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

/** A question, and what each of its answers is called. */
export interface Line {
  readonly query: string;
  readonly legend?: string;
  /** Whether to ask for exemplars too: points that lead to a trace. */
  readonly exemplars?: boolean;
}

export interface Threshold {
  readonly from: number | null;
  readonly color: string;
}

const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

const question = ({ query, legend = '__auto', exemplars = false }: Line, index: number): DataqueryBuilder =>
  new DataqueryBuilder()
    .datasource(PROMETHEUS)
    .refId(refId(index))
    .expr(query)
    .legendFormat(legend)
    .exemplar(exemplars);

export const thresholds = (...steps: readonly Threshold[]): dashboard.ThresholdsConfigBuilder =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps.map(({ from, color }) => ({ value: from, color })));

const byThresholds = (): dashboard.FieldColorBuilder =>
  new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds);

/** In the colours of the mappings. By thresholds, a state timeline that merges states would merge all between two thresholds into one. */
const byMappings = (): dashboard.FieldColorBuilder =>
  new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Fixed).fixedColor(GREY);

const legendBelow = (): common.VizLegendOptionsBuilder =>
  new common.VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom);

/** One number or word of now. */
export function stat(title: string, lines: readonly Line[]): StatPanel {
  const panel = new StatPanel()
    .title(title)
    .datasource(PROMETHEUS)
    .height(4)
    .span(4)
    .colorScheme(byThresholds())
    .thresholds(thresholds({ from: null, color: GREEN }))
    .colorMode(common.BigValueColorMode.Background)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(lines.length > 1 ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false));
  for (const [index, line] of lines.entries()) panel.withTarget(question(line, index).instant());
  return panel;
}

/**
 * A state through time, a row for each series; numbers are shown as their names. Where there is no series, Grafana finds fault with the
 * data and shows no word of ours, so a question that may have no answer has one that says so.
 */
export function stateTimeline(title: string, line: Line, steps: readonly Step[]): StateTimelinePanel {
  return new StateTimelinePanel()
    .title(title)
    .datasource(PROMETHEUS)
    .span(24)
    .withTarget(question(line, 0).range())
    .colorScheme(byMappings())
    .mappings(byNumber(steps))
    .mergeValues(true)
    .showValue(common.VisibilityMode.Never)
    .rowHeight(0.8)
    .fillOpacity(85)
    .lineWidth(0)
    .perPage(20)
    .legend(legendBelow());
}

/** Numbers through time. */
export function lines(title: string, asked: readonly Line[], unit = 'short'): TimeseriesPanel {
  const panel = new TimeseriesPanel()
    .title(title)
    .datasource(PROMETHEUS)
    .height(8)
    .span(8)
    .unit(unit)
    .min(0)
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(common.VisibilityMode.Never)
    .legend(legendBelow())
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  for (const [index, line] of asked.entries()) panel.withTarget(question(line, index).range());
  return panel;
}

export const stacked = (): common.StackingConfigBuilder =>
  new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A');

/** A row for each series of now, its labels as columns. */
export function table(title: string, query: string): TablePanel {
  return new TablePanel()
    .title(title)
    .datasource(PROMETHEUS)
    .span(24)
    .withTarget(question({ query }, 0).instant().format(PromQueryFormat.Table))
    .cellHeight(common.TableCellHeight.Sm);
}

/** How often each range of a histogram was met in each step. */
export function heatmap(title: string, query: string, unit: string): HeatmapPanel {
  return new HeatmapPanel()
    .title(title)
    .datasource(PROMETHEUS)
    .height(8)
    .span(8)
    .withTarget(question({ query, legend: '{{le}}', exemplars: true }, 0).range().format(PromQueryFormat.Heatmap))
    .calculate(false)
    .yAxis(new YAxisConfigBuilder().unit(unit))
    .cellGap(1)
    .hideLegend();
}

/**
 * Two tables, one of who there is and one of who is tied to whom. A click shows the links of every column, so a link belongs to the one
 * column that it is about.
 */
export function nodeGraph(title: string, nodes: string, edges: string): NodeGraphPanel {
  const asTable = (refId: string, expr: string) =>
    new DataqueryBuilder().datasource(PROMETHEUS).refId(refId).expr(expr).instant().format(PromQueryFormat.Table);
  return new NodeGraphPanel()
    .title(title)
    .datasource(PROMETHEUS)
    .height(14)
    .span(24)
    .withTarget(asTable('nodes', nodes))
    .withTarget(asTable('edges', edges));
}

/** Cells in the colour of their value. */
export const COLOURED: dashboard.DynamicConfigValue = {
  id: 'custom.cellOptions',
  value: { type: common.TableCellDisplayMode.ColorBackground, mode: common.TableCellBackgroundDisplayMode.Basic },
};

/** In which order the columns of a table stand, what they are called, and which are left out. */
export function columns(
  names: Readonly<Record<string, string>>,
  leftOut: readonly string[] = ['Time'],
): dashboard.DataTransformerConfig {
  return {
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries(leftOut.map((name) => [name, true])),
      indexByName: Object.fromEntries(Object.keys(names).map((name, index) => [name, index])),
      renameByName: names,
    },
  };
}
