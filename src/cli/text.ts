// SPDX-License-Identifier: Apache-2.0
/** How things read in a terminal. Everything from outside is stripped of control characters before it is printed. */
import { withControlsEscaped, withoutControls } from '../model/control-characters.js';
import type { HealthStatusName } from '../model/status.js';
import { fitted, padded, widthOf } from './width.js';

/** Whether, and how, to colour: `NO_COLOR` and pipes get no colours. What is painted needs not be made plain before. */
export interface Paint {
  readonly status: (status: HealthStatusName, text?: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const SGR: Readonly<Record<HealthStatusName, number>> = {
  invalid: 2,
  na: 2,
  healthy: 32,
  pending: 36,
  maybe_unhealthy: 33,
  unhealthy: 31,
  dying: 31,
  dead: 31,
};

export function paintFor(stream: { readonly isTTY?: boolean | undefined }): Paint {
  const coloured = stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  const wrap = (code: number, text: string) => (coloured ? `\u001b[${code}m${plain(text)}\u001b[0m` : plain(text));
  return {
    status: (status, text = status) => wrap(SGR[status] ?? 0, text),
    dim: (text) => wrap(2, text),
    bold: (text) => wrap(1, text),
  };
}

/** Text from outside, harmless to a terminal. */
export const plain: (text: string) => string = withoutControls;

/** JSON for a terminal, a file or a pipe; harmless to the first. */
export function jsonText(value: unknown, indent?: number): string {
  return withControlsEscaped(JSON.stringify(value, undefined, indent));
}

/** `12 s`, `4 min`, `3 h`, `2 d`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** `1 span`, `2,000 spans`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Columns as wide as their widest cell, and lines no wider than a terminal where one is given. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  decorate: (text: string, row: number, column: number) => string = (text) => text,
  widthMax: number = Number.POSITIVE_INFINITY,
): string {
  const shown = rows.map((row) => row.map(plain));
  const widths = head.map((title, column) =>
    shown.reduce((width, row) => Math.max(width, widthOf(row[column] ?? '')), title.length),
  );
  const line = (cells: readonly string[], row: number): string => {
    const last = cells.findLastIndex((cell) => cell !== '');
    let room = widthMax;
    let text = '';
    for (const [column, cell] of cells.slice(0, last + 1).entries()) {
      const gap = column === 0 ? '' : '  ';
      if (room <= gap.length) break;
      room -= gap.length;
      const width = Math.min(room, column === last ? widthOf(cell) : (widths[column] ?? 0));
      const cut = padded(fitted(cell, width), width);
      room -= widthOf(cut);
      text += gap + (row < 0 ? cut : decorate(cut, row, column));
    }
    return text;
  };
  return [line(head, -1), ...shown.map((row, index) => line(row, index))].join('\n');
}
