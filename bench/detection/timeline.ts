// SPDX-License-Identifier: Apache-2.0
/** One trial as a picture, as the paper draws one: time to the right, from shortly before the fault to the recovery. Pure. */
import type { Fault } from '#hadoop-like/faults/fault.js';
import { figuresOf } from '#hadoop-like/harness/figures.js';
import { builtinLane, type Kind, type Lane, observerLanes, ruleLanes, verdictLane } from './lanes.js';
import type { Seen } from './one-trial.js';
import { cut, escaped, svgOf } from './svg.js';

/** In px, and characters of text at its size: 12 px, some 6.6 px each. */
const WIDTH = 860;
const LEFT = 250;
const RIGHT = 20;
const TOP = 62;
const LANE = 20;
const BAR = 10;
const NAME_LENGTH_MAX = 36;
const TITLE_LENGTH_MAX = 105;

/** How much is shown before the fault, and after the recovery. */
const BEFORE_MS = 2000;
const AFTER_MS = 500;

/** Ticks of the axis, at the most. */
const TICKS_MAX = 14;

/** Colours that stand out on white and on black. */
const COLOURS: Readonly<Record<Kind, string>> = {
  failing: '#d62728',
  healthy: '#2ca02c',
  waiting: '#7f9fbf',
  doubt: '#e0a800',
  convicted: '#d62728',
  other: '#9467bd',
  alive: '#8c8c8c',
  dead: '#d62728',
  firing: '#b8860b',
};

const LEGEND: readonly (readonly [Kind, string, number])[] = [
  ['failing', 'a call that failed or hangs', 176],
  ['healthy', 'healthy', 74],
  ['waiting', 'a call is out', 98],
  ['doubt', 'in doubt', 78],
  ['convicted', 'convicted, or dead', 140],
  ['other', 'blames another', 124],
  ['firing', 'firing', 62],
];

/** The picture of a trial. */
export function timelineOf(fault: Fault, { record, sightings, firings }: Seen): string {
  const { faultMs, repairMs, endMs } = record;
  const { recoveryS } = figuresOf(record, fault);
  const fromMs = faultMs - BEFORE_MS;
  const toMs = Math.max(recoveryS === undefined ? endMs : repairMs + recoveryS * 1000, repairMs) + AFTER_MS;
  const scale = (WIDTH - LEFT - RIGHT) / (toMs - fromMs);
  const x = (atMs: number): number => LEFT + (Math.min(Math.max(atMs, fromMs), toMs) - fromMs) * scale;
  const lanes = [
    ...observerLanes(sightings.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)),
    verdictLane(record, fault),
    builtinLane(record, fault),
    ...(firings ? ruleLanes(firings.filter((firing) => firing.toMs >= fromMs && firing.fromMs <= toMs)) : []),
  ];
  const bottom = TOP + LANE * lanes.length;
  const title = `${fault.id}: ${fault.title}`;
  const what = `${title}. When callers of ${fault.subject} saw it fail, what was said of it, and what others noticed`;
  return svgOf({ width: WIDTH, height: bottom + 62 }, what, [
    `<text x="8" y="20" font-size="13" font-weight="bold">${escaped(cut(title, TITLE_LENGTH_MAX))}</text>`,
    `<text x="8" y="${TOP - 10}">${escaped(cut(fault.subject, NAME_LENGTH_MAX))}</text>`,
    ...axis(x, { fromMs, toMs, faultMs }, bottom),
    ...lanes.flatMap((lane, index) => laneParts(lane, TOP + LANE * index + LANE / 2, x, fromMs, toMs)),
    ...moment('fault', x(faultMs), bottom),
    ...moment('repair', x(repairMs), bottom),
    ...legend(bottom + 48),
  ]);
}

function laneParts(lane: Lane, y: number, x: (atMs: number) => number, fromMs: number, toMs: number): string[] {
  const { name, stretches, otherwise = '' } = lane;
  const label = `<text x="8" y="${y + 4}">${escaped(cut(name, NAME_LENGTH_MAX))}<title>${escaped(name)}</title></text>`;
  const seen = stretches.filter((stretch) => stretch.toMs >= fromMs && stretch.fromMs <= toMs);
  if (seen.length === 0) return [label, `<text x="${LEFT + 6}" y="${y + 4}" font-style="italic">${otherwise}</text>`];
  const drawn = seen.map((stretch) =>
    stretch.kind === 'failing'
      ? `<circle cx="${x(stretch.fromMs).toFixed(1)}" cy="${y}" r="2.5" fill="${COLOURS.failing}"/>`
      : barOf(stretch.kind, x(stretch.fromMs), x(stretch.toMs), y),
  );
  // What happens within a tenth of a pixel is drawn once.
  return [label, ...new Set(drawn)];
}

/** However short it was, it is seen. */
function barOf(kind: Kind, from: number, to: number, y: number): string {
  const width = Math.max(1, to - from).toFixed(1);
  return `<rect x="${from.toFixed(1)}" y="${y - BAR / 2}" width="${width}" height="${BAR}" fill="${COLOURS[kind]}"/>`;
}

function axis(
  x: (atMs: number) => number,
  { fromMs, toMs, faultMs }: { fromMs: number; toMs: number; faultMs: number },
  bottom: number,
): string[] {
  const stepS = [1, 2, 5, 10, 20].find((step) => (toMs - fromMs) / (step * 1000) <= TICKS_MAX) ?? 60;
  const first = Math.ceil((fromMs - faultMs) / 1000 / stepS) * stepS;
  const parts: string[] = [];
  for (let second = first; faultMs + second * 1000 <= toMs; second += stepS) {
    const at = x(faultMs + second * 1000).toFixed(1);
    parts.push(`<line x1="${at}" x2="${at}" y1="${TOP - 4}" y2="${bottom}" stroke="#8884"/>`);
    parts.push(`<text x="${at}" y="${bottom + 16}" text-anchor="middle">${second} s</text>`);
  }
  return parts;
}

function moment(name: string, at: number, bottom: number): string[] {
  const x = at.toFixed(1);
  return [
    `<line x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${bottom}" stroke="#888" stroke-width="1.5" stroke-dasharray="4 3"/>`,
    `<text x="${x}" y="${TOP - 10}" text-anchor="middle" font-weight="bold">${name}</text>`,
  ];
}

function legend(y: number): string[] {
  let x = 8;
  return LEGEND.flatMap(([kind, words, width]) => {
    const at = x;
    x += width;
    const mark =
      kind === 'failing'
        ? `<circle cx="${at + 5}" cy="${y - 4}" r="2.5" fill="${COLOURS[kind]}"/>`
        : `<rect x="${at}" y="${y - 9}" width="10" height="10" fill="${COLOURS[kind]}"/>`;
    return [mark, `<text x="${at + 15}" y="${y}">${words}</text>`];
  });
}
