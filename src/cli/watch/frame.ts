// SPDX-License-Identifier: Apache-2.0
/** One picture of a watch: as many lines as the terminal has, none wider. Pure. */
import type { VerdictJson } from '../../engine/api/shapes.js';
import type { HealthStatusName } from '../../model/status.js';
import { type Paint, plain } from '../text.js';
import { NO_VERDICT, verdictTable } from '../verdict-text.js';
import { fitted } from '../width.js';

/** Head, a blank line, the table's head, and the last line. */
const OTHER_LINE_COUNT = 4;

export interface FrameParts {
  /** In the order in which they stand. */
  readonly verdicts: readonly VerdictJson[];
  /** Of how many these are. */
  readonly knownCount: number;
  readonly nowMs: number;
  readonly time: string;
  readonly columns: number;
  readonly rows: number;
  /** Verdicts that are scrolled past. */
  readonly top: number;
  readonly filter: string;
  /** Whether the filter is being written. */
  readonly isTyping: boolean;
  /** Whether the engine does not answer, and all this is old. */
  readonly isLost: boolean;
  readonly paint: Paint;
}

/** How many verdicts a terminal of so many lines shows. */
export function roomFor(rows: number): number {
  return Math.max(1, rows - OTHER_LINE_COUNT - 1);
}

export function frameOf(parts: FrameParts): readonly string[] {
  const { verdicts, nowMs, columns, rows, top, paint } = parts;
  const room = roomFor(rows);
  const shown = verdicts.slice(top, top + room);
  const rest = verdicts.length - top - shown.length;
  const body =
    verdicts.length === 0
      ? nothing(parts).map((line) => fitted(line, columns))
      : verdictTable(shown, nowMs, paint, columns).split('\n');
  const more = [top > 0 ? `${top} above` : '', rest > 0 ? `… and ${rest} more` : ''].filter(Boolean).join(', ');
  const lines = [headline(parts), '', ...body.slice(0, room + 1)];
  const filled = Array.from({ length: Math.max(0, rows - 2 - lines.length) }, () => '');
  return [...lines, ...filled, paint.dim(fitted(more, columns)), footline(parts)].slice(-Math.max(1, rows));
}

function headline({ verdicts, knownCount, time, columns, isLost, paint }: FrameParts): string {
  if (isLost) {
    return paint.status('unhealthy', fitted(`${time}  the engine does not answer; still asking`, columns));
  }
  const counts = new Map<HealthStatusName, number>();
  for (const { status } of verdicts) counts.set(status, (counts.get(status) ?? 0) + 1);
  const tally = [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
  const of = verdicts.length === knownCount ? `${knownCount}` : `${verdicts.length} of ${knownCount}`;
  return paint.bold(fitted(`${time}  subjects: ${of}${tally ? `  (${tally})` : ''}`, columns));
}

function footline({ filter, isTyping, columns, paint }: FrameParts): string {
  const filtered = isTyping || filter ? `/${plain(filter)}${isTyping ? '▏' : ''}   ` : '';
  const keys = isTyping ? 'Enter keeps it, Esc takes it back' : 'q quits   ↑↓ PgUp PgDn scroll   / filters';
  return paint.dim(fitted(filtered + keys, columns));
}

function nothing({ knownCount }: FrameParts): readonly string[] {
  return knownCount === 0 ? NO_VERDICT.split('\n') : ['No subject is as the filter has it.'];
}
