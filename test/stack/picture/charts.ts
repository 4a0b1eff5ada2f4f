// SPDX-License-Identifier: Apache-2.0
/** Panels through time, as SVG: states, lines and bars, and how often each range of a histogram was met. */
import type { Panel } from '../dashboard-expressions.js';
import { colorOfSeries, settingsOf, stateLookOf, withUnit } from './field-look.js';
import { box, escaped, legend, type Size } from './markup.js';
import type { Series, Span } from './panel-data.js';

const TEXT = 'fill="#b4b7c2" font-size="11"';

/** Room for the names of rows or the numbers of an axis, and for the times below. */
const AXIS_PX = 60;
const TIMES_PX = 20;
const LEGEND_PX = 26;

/** What Grafana says where no series comes, whatever the panel would rather have it say. */
export const NO_STATES = 'Data does not have a time field';

const across = ({ from, to }: Span, time: number, left: number, right: number): number =>
  left + ((right - left) * (time - from)) / (to - from);

function times(span: Span, { width, height }: Size, left: number): string {
  const count = Math.max(2, Math.floor((width - left) / 140));
  return Array.from({ length: count }, (_, index) => {
    const time = span.from + ((index + 0.5) * (span.to - span.from)) / count;
    const at = across(span, time, left, width);
    const text = new Date(1000 * time).toISOString().slice(11, 19);
    return `<text x="${at}" y="${height - 5}" text-anchor="middle" ${TEXT}>${text}</text>`;
  }).join('');
}

const svg = ({ width, height }: Size, inner: string): string =>
  `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${inner}</svg>`;

export function stateTimeline(panel: Panel, series: readonly Series[], span: Span, size: Size): string {
  if (series.length === 0) return box(NO_STATES);
  const longest = Math.max(...series.map(({ name }) => name.length));
  const left = Math.min(size.width / 3, 12 + 6.6 * longest);
  const inner = { width: size.width, height: size.height - LEGEND_PX };
  const rowHeight = Math.min(46, (inner.height - TIMES_PX) / series.length);
  const met = new Map<string, string>();
  const rows = series.map(({ name, points }, row) => {
    const top = row * rowHeight;
    const bars = points.map(([time, value]) => {
      const { text, color = '#555' } = stateLookOf(value, panel, name);
      met.set(text, color);
      const [begin, end] = [time - span.step, time].map((each) =>
        across(span, Math.max(span.from, each), left, size.width),
      );
      const [x, wide] = [begin as number, (end as number) - (begin as number) + 0.4];
      return `<rect x="${x}" y="${top + 0.1 * rowHeight}" width="${wide}" height="${0.8 * rowHeight}" fill="${color}" shape-rendering="crispEdges"/>`;
    });
    const label = `<text x="${left - 8}" y="${top + rowHeight / 2 + 4}" text-anchor="end" ${TEXT}>${escaped(name)}</text>`;
    return label + bars.join('');
  });
  return svg(inner, rows.join('') + times(span, inner, left)) + legend([...met]);
}

export function timeseries(panel: Panel, series: readonly Series[], span: Span, size: Size): string {
  if (series.length === 0) return box(panel.fieldConfig.defaults.noValue ?? 'No data');
  const inner = { width: size.width, height: size.height - LEGEND_PX };
  const { custom = {}, unit, max } = panel.fieldConfig.defaults;
  const isStacked = custom.stacking?.mode === 'normal';
  const below = new Map<number, number>();
  const placed = series.map(({ points }) =>
    points.map(([time, value]) => {
      const base = isStacked ? (below.get(time) ?? 0) : 0;
      if (Number.isFinite(value)) below.set(time, base + value);
      return { time, base, top: base + value };
    }),
  );
  const highest = max ?? (Math.max(0, ...placed.flat().map(({ top }) => (Number.isFinite(top) ? top : 0))) || 1);
  const floor = inner.height - TIMES_PX;
  const y = (value: number) => floor - (0.94 * (floor - 6) * value) / highest;
  const x = (time: number) => across(span, time, AXIS_PX, size.width - 4);
  const grid = [0, 0.5, 1].map((part) => {
    const at = y(part * highest);
    return `<line x1="${AXIS_PX}" x2="${size.width}" y1="${at}" y2="${at}" stroke="#2c3038"/><text x="${AXIS_PX - 6}" y="${at + 4}" text-anchor="end" ${TEXT}>${withUnit(part * highest, unit)}</text>`;
  });
  const named = series.map(({ name }, index) => [name, colorOfSeries(settingsOf(panel, name), index)] as const);
  const drawn = placed.map((points, index) => {
    const [, color] = named[index] as readonly [string, string];
    const good = points.filter(({ top }) => Number.isFinite(top));
    if (custom.drawStyle === 'bars') {
      const wide = Math.max(2, (0.8 * (size.width - AXIS_PX) * span.step) / (span.to - span.from));
      return good
        .filter(({ base, top }) => top > base)
        .map(
          ({ time, base, top }) =>
            `<rect x="${x(time) - wide / 2}" y="${y(top)}" width="${wide}" height="${y(base) - y(top)}" fill="${color}"/>`,
        )
        .join('');
    }
    const line = good.map(({ time, top }) => `${x(time)},${y(top)}`).join(' ');
    const back = [...good]
      .reverse()
      .map(({ time, base }) => `${x(time)},${y(base)}`)
      .join(' ');
    const opacity = (custom.fillOpacity ?? 0) / 100;
    return `<polygon points="${line} ${back}" fill="${color}" opacity="${opacity}"/><polyline points="${line}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
  });
  return svg(inner, grid.join('') + drawn.join('') + times(span, inner, AXIS_PX)) + legend(named);
}

/** Prometheus counts up to each bound; a cell shows what lies between two. */
export function heatmap(panel: Panel, series: readonly Series[], span: Span, size: Size): string {
  const buckets = series
    .map(({ labels, points }) => ({
      bound: Number(labels['le']?.replace('+Inf', 'Infinity')),
      points: new Map(points),
    }))
    .sort((a, b) => a.bound - b.bound);
  if (buckets.length === 0) return box(panel.fieldConfig.defaults.noValue ?? 'No data');
  const floor = size.height - TIMES_PX;
  const high = floor / buckets.length;
  const wide = Math.max(3, ((size.width - AXIS_PX) * span.step) / (span.to - span.from));
  const cells = buckets.flatMap(({ bound, points }, row) => {
    const top = floor - (row + 1) * high;
    const label = `<text x="${AXIS_PX - 6}" y="${top + high / 2 + 4}" text-anchor="end" ${TEXT}>${bound === Number.POSITIVE_INFINITY ? '+Inf' : withUnit(bound, 's')}</text>`;
    const filled = [...points].map(([time, count]) => {
      const own = count - (buckets[row - 1]?.points.get(time) ?? 0);
      if (!(own > 0.01)) return '';
      const opacity = Math.min(1, 0.25 + own / 3);
      return `<rect x="${across(span, time, AXIS_PX, size.width) - wide}" y="${top + 1}" width="${wide}" height="${high - 2}" fill="#FF780A" opacity="${opacity}"/>`;
    });
    return [label, ...filled];
  });
  return svg(size, cells.join('') + times(span, size, AXIS_PX));
}
