// SPDX-License-Identifier: Apache-2.0
/** What a measurement comes to on a page: a table, and a picture of each fault's times. Pure: outcomes in, text out. */
import { type Outcome, rounded } from './outcome.js';
import { cut, escaped, svgOf } from './svg.js';

/** The times in Markdown, gray failures first, and how many verdicts were wrong. */
export function timesTableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(
    ({ fault, firstS, verdictS, verdictMaxS, recoveryS, builtinS, builtinNotWithinS, ...rest }) => [
      fault.id,
      `${fault.title} (${fault.system.name.replace(/-like$/, '')})`,
      Number.isFinite(fault.paperSeconds) ? String(fault.paperSeconds) : '–',
      ...[firstS, verdictS, verdictMaxS, recoveryS].map(cell),
      builtinS === undefined ? `> ${cell(builtinNotWithinS)}` : cell(builtinS),
      !rest.hasRules ? 'not asked' : rest.ruleS === undefined ? 'none' : cell(rest.ruleS),
      `${rest.rightCount}/${rest.runCount}`,
      String(rest.wrong.length),
    ],
  );
  const times = ['paper', 'first evidence', 'verdict', 'slowest', 'recovery', 'built-in', "Collector's rule"];
  return markdownOf(['', 'fault', ...times, 'right', 'wrong'], rows);
}

/** Whom the right verdicts named, with which operations, and why. */
export function namesTableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ fault, operations, reasons }) => [
    fault.id,
    `\`${fault.subject}\``,
    operations.map((operation) => `\`${operation}\``).join(', '),
    reasons.join(', '),
  ]);
  return markdownOf(['', 'named', 'failing', 'reason'], rows);
}

/** Which alerts fired says whether they would have helped: they name a service, and maybe not the sick one. `undefined` where none was asked for. */
export function rulesTableOf(outcomes: readonly Outcome[]): string | undefined {
  const asked = outcomes.filter(({ hasRules }) => hasRules);
  if (asked.length === 0) return undefined;
  const rows = asked.map(({ fault, ruleSaid, ruleBefore }) => [
    fault.id,
    `\`${fault.subject}\``,
    ruleSaid.join(', ') || 'none',
    ruleBefore.join(', ') || '–',
  ]);
  return markdownOf(['', 'broken', 'fired first', 'true before the fault already'], rows);
}

function markdownOf(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const WIDTH = 860;
const LEFT = 250;
const TOP = 56;
const ROW = 26;
const MARK = 5;
const LEGEND_STEP = 122;

/** What fits left of the times, in characters. */
const TITLE_LENGTH_MAX = 34;

/** Colours that the eye can tell apart, and shapes for whoever cannot. */
const MARKS = [
  { name: 'first evidence', colour: '#1f77b4', shape: 'circle' },
  { name: 'verdict', colour: '#d62728', shape: 'square' },
  { name: 'the paper', colour: '#7f7f7f', shape: 'bar' },
  { name: 'built-in detector', colour: '#2ca02c', shape: 'triangle' },
  { name: "Collector's rule", colour: '#b8860b', shape: 'diamond' },
] as const;

/** A timeline of each fault, from the fault on, as an SVG that reads on light and on dark. Logarithmic, for the paper's span three decades. */
export function pictureOf(outcomes: readonly Outcome[]): string {
  const seconds = outcomes.flatMap(({ fault, firstS, verdictS, builtinS, ruleS }) =>
    [firstS, verdictS, builtinS, ruleS, fault.paperSeconds].filter(
      (each): each is number => each !== undefined && each > 0,
    ),
  );
  const [least, most] = [Math.min(0.01, ...seconds), Math.max(10, ...seconds)];
  const decades = Math.log10(most / least);
  const x = (each: number) => LEFT + ((WIDTH - LEFT - 30) * Math.log10(Math.max(least, each) / least)) / decades;
  const height = TOP + ROW * outcomes.length + 40;
  const ticks = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100].filter((each) => each >= least && each <= most);
  const bottom = TOP + ROW * outcomes.length;
  const grid = ticks.map(
    (each) =>
      `<line x1="${x(each).toFixed(1)}" x2="${x(each).toFixed(1)}" y1="${TOP - 8}" y2="${bottom}" stroke="#8884"/>` +
      `<text x="${x(each).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${each} s</text>`,
  );
  const legend = MARKS.map(
    (mark, index) =>
      `${shapeOf(mark, LEFT + 10 + index * LEGEND_STEP, 20)}<text x="${LEFT + 22 + index * LEGEND_STEP}" y="24">${mark.name}</text>`,
  );
  const rows = outcomes.map(({ fault, firstS, verdictS, builtinS, ruleS }, index) => {
    const y = TOP + ROW * index + ROW / 2;
    const times = [firstS, verdictS, fault.paperSeconds, builtinS, ruleS];
    const marks = MARKS.map((mark, at) => {
      const time = times[at];
      return time === undefined || Number.isNaN(time) ? '' : shapeOf(mark, x(time), y);
    });
    const span =
      firstS !== undefined && verdictS !== undefined
        ? `<line x1="${x(firstS).toFixed(1)}" x2="${x(verdictS).toFixed(1)}" y1="${y}" y2="${y}" stroke="#d62728"/>`
        : '';
    return `<text x="8" y="${y + 4}">${fault.id} ${escaped(cut(fault.title, TITLE_LENGTH_MAX))}</text>${span}${marks.join('')}`;
  });
  const title = 'Time from each fault to the first evidence, the verdict, and what others needed';
  return svgOf({ width: WIDTH, height }, title, [...legend, ...grid, ...rows]);
}

function shapeOf({ colour, shape }: (typeof MARKS)[number], x: number, y: number): string {
  const [left, top, size] = [x - MARK, y - MARK, 2 * MARK];
  if (shape === 'circle') return `<circle cx="${x.toFixed(1)}" cy="${y}" r="${MARK}" fill="${colour}"/>`;
  if (shape === 'square')
    return `<rect x="${left.toFixed(1)}" y="${top}" width="${size}" height="${size}" fill="${colour}"/>`;
  if (shape === 'bar') return `<rect x="${(x - 1.5).toFixed(1)}" y="${y - 8}" width="3" height="16" fill="${colour}"/>`;
  if (shape === 'diamond') {
    const corners = `${x.toFixed(1)},${top - 1} ${(x + MARK + 1).toFixed(1)},${y} ${x.toFixed(1)},${y + MARK + 1} ${(left - 1).toFixed(1)},${y}`;
    return `<polygon points="${corners}" fill="${colour}"/>`;
  }
  const points = `${x.toFixed(1)},${top} ${(x + MARK).toFixed(1)},${y + MARK} ${left.toFixed(1)},${y + MARK}`;
  return `<polygon points="${points}" fill="${colour}"/>`;
}

function cell(seconds: number | undefined): string {
  return seconds === undefined ? '–' : (rounded(seconds) ?? 0).toFixed(2);
}
