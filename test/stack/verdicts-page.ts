// SPDX-License-Identifier: Apache-2.0
/** The tables of `docs/verdicts.md` that are measured: between two comments each, and never written by hand. */
import { reconcile as reconcilePart } from '../support/generated-part.js';

export interface MeasuredTable {
  /** As in the page's comment. */
  readonly name: string;
  readonly headings: readonly string[];
}

/** What each heading's calls became, by what the server did. */
export type Measured = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The rows are those that all headings have: what only one of them can meet is said in words. */
export function tableOf({ headings }: MeasuredTable, measured: Measured): string {
  const [first, ...others] = headings.map((heading) => measured.get(heading) ?? new Map<string, string>());
  const names = [...(first?.keys() ?? [])].filter((name) => others.every((each) => each.has(name)));
  const rows = names.map((name) => [
    name,
    ...headings.map((heading) => cellOf(measured.get(heading)?.get(name) ?? '')),
  ]);
  return [
    ['a server that', ...headings.map((heading) => `\`${heading}\``)],
    ['', ...headings].map(() => '---'),
    ...rows,
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** The table as the page shows it and as it was made. With `UPDATE_DOCS` the page is first brought up to date. */
export function reconcile({ name }: MeasuredTable, made: string): { shown: string; made: string } {
  return reconcilePart(`<!-- measured: ${name} -->`, '<!-- end of measured -->', made);
}

const cellOf = (becomes: string) =>
  becomes
    .split(' → ')
    .map((word) =>
      word.replace(/^(?:(\S+): )?(.*)$/, (_, operation, seen) => `${operation ? `${operation}: ` : ''}\`${seen}\``),
    )
    .join(' → ')
    .replace('`nothing`', 'nothing');
