// SPDX-License-Identifier: Apache-2.0
/**
 * Who finds whom how, as a table. Subjects are its rows: there are often more of them than observers, and a list that is long is read
 * downwards, each name in one line. A subject that some find well and others do not is then a row of two colours. Pure.
 */
import type { PairJson } from '../../../src/engine/api/shapes.js';
import type { HealthStatusName } from '../../../src/model/status.js';
import { badness, keyOf, STATUSES } from './fleet.js';
import { NAMELESS } from './rows.js';

export interface MatrixRow {
  readonly key: string;
  readonly environment: string;
  readonly subject: string;
  /** How each observer finds it. Of one that is not here nothing is known. */
  readonly found: ReadonlyMap<string, HealthStatusName>;
  readonly complaintCount: number;
}

export interface MatrixColumn {
  readonly observer: string;
  readonly complaintCount: number;
}

export interface Matrix {
  readonly rows: readonly MatrixRow[];
  readonly columns: readonly MatrixColumn[];
  readonly pairCount: number;
  readonly complaintCount: number;
}

/** What can be chosen, as it stands in the address. */
export interface MatrixChoice {
  /** Words that stand in the subject or in the observer; all of them must. */
  readonly text: string;
  /** Only subjects of which somebody complains; with all that is said of them, for it is the difference that tells. */
  readonly isIllOnly: boolean;
  /** `undefined` for all. */
  readonly environment: string | undefined;
}

export function matrixChoiceIn(chosen: Readonly<Record<string, string>>): MatrixChoice {
  const { q = '', ill, environment } = chosen;
  return { text: q, isIllOnly: ill === '1', environment: environment === NAMELESS ? '' : environment };
}

/** Whether an observer that finds somebody so complains. One whose call is under way does not yet. */
export function isComplaint(status: HealthStatusName): boolean {
  return badness(status) <= badness('maybe_unhealthy');
}

/**
 * The table of what was chosen. Observers that complain stand before those that do not, and otherwise by name, so that a table that is
 * looked at does not dance with every call.
 */
export function matrixOf(pairs: readonly PairJson[], choice: MatrixChoice): Matrix {
  const rows = rowsOf(pairs, choice);
  const complaints = new Map<string, number>();
  let pairCount = 0;
  for (const { found } of rows) {
    pairCount += found.size;
    for (const [observer, status] of found)
      complaints.set(observer, (complaints.get(observer) ?? 0) + Number(isComplaint(status)));
  }
  const columns = [...complaints].map(([observer, complaintCount]) => ({ observer, complaintCount }));
  return {
    rows: rows.sort((a, b) => byComplaint(a, b) || byText(a.key, b.key)),
    columns: columns.sort((a, b) => byComplaint(a, b) || byText(a.observer, b.observer)),
    pairCount,
    complaintCount: columns.reduce((sum, { complaintCount }) => sum + complaintCount, 0),
  };
}

/** The same with the subjects by how they were judged, the worst first. */
export function worstFirst(matrix: Matrix, judged: (key: string) => HealthStatusName | undefined): Matrix {
  const byRank = STATUSES.map((): MatrixRow[] => []);
  for (const row of matrix.rows) byRank[Math.min(badness(judged(row.key) ?? 'na'), byRank.length - 1)]?.push(row);
  return { ...matrix, rows: byRank.flat() };
}

function rowsOf(pairs: readonly PairJson[], { text, isIllOnly, environment }: MatrixChoice): MatrixRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = new Map<string, MatrixRow & { found: Map<string, HealthStatusName>; complaintCount: number }>();
  for (const pair of pairs) {
    if (environment !== undefined && pair.environment !== environment) continue;
    if (words.length > 0 && !hasWords(pair, words)) continue;
    const key = keyOf(pair);
    let row = rows.get(key);
    if (!row) {
      row = { key, environment: pair.environment, subject: pair.subject, found: new Map(), complaintCount: 0 };
      rows.set(key, row);
    }
    row.found.set(pair.observer, pair.status);
    if (isComplaint(pair.status)) row.complaintCount++;
  }
  return [...rows.values()].filter(({ complaintCount }) => !isIllOnly || complaintCount > 0);
}

function hasWords({ subject, observer }: PairJson, words: readonly string[]): boolean {
  const [of, by] = [subject.toLowerCase(), observer.toLowerCase()];
  return words.every((word) => of.includes(word) || by.includes(word));
}

type Complaining = { readonly complaintCount: number };

function byComplaint(a: Complaining, b: Complaining): number {
  return Number(b.complaintCount > 0) - Number(a.complaintCount > 0);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
