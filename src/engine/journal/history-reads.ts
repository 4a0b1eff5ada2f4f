// SPDX-License-Identifier: Apache-2.0
/**
 * Rows → what an engine that starts must know, and pages of history. Everything is found by an index, and every answer is
 * bounded, so that neither takes longer when the history grows. A row that cannot be read is passed by and said.
 */
import type Sqlite from 'better-sqlite3';
import type { Transition, Verdict } from '../../model/verdict.js';
import { formatCursor, type Place, parseCursor } from './cursor.js';
import {
  HISTORY_PAGE_COUNT_MAX,
  type HistoryPage,
  type HistoryQuery,
  type NegativeEvidence,
  type Recovered,
  type ViewRecord,
} from './journal.js';
import { withOwnCells } from './waiting-records.js';

export interface RecoveryOptions {
  /** Of the views to come. Views of another layout are not recovered. */
  readonly layout: string;
  /** Views seen within so many ms before the newest record are recovered. */
  readonly viewWindowMs: number;
  /** Transitions recovered at the most, and characters of all of them together. */
  readonly transitionCountMax: number;
  readonly transitionLengthMax: number;
}

interface TransitionRow {
  readonly seq: number;
  readonly at_ms: number;
  readonly body: string;
}

type EvidenceRow = Omit<NegativeEvidence, 'atMs' | 'traceId' | 'spanId' | 'errorType' | 'message'> & {
  readonly id: number;
  readonly at_ms: number;
  readonly trace_id: string | null;
  readonly span_id: string | null;
  readonly error_type: string | null;
  readonly message: string | null;
};

type ViewRow = Omit<ViewRecord, 'lastMs' | 'cells'> & { readonly last_ms: number; readonly cells: Buffer };

/** By time, then by number: both are in the index. A cursor names the last row of the page before. */
const PAGE = (table: string, number: string, whose: string) =>
  `SELECT * FROM ${table}
   WHERE ${whose} AND (@environment IS NULL OR environment = @environment)
     AND at_ms >= @sinceMs AND at_ms <= @untilMs AND (at_ms, ${number}) < (@beforeMs, @before)
   ORDER BY at_ms DESC, ${number} DESC LIMIT @limit`;

/** The same page of one subject and of everybody: two statements, for an index serves either. */
class Pages<Row> {
  readonly #ofOne: Sqlite.Statement;
  readonly #ofAll: Sqlite.Statement;

  constructor(database: Sqlite.Database, table: string, number: string) {
    this.#ofOne = database.prepare(PAGE(table, number, 'subject = @subject'));
    this.#ofAll = database.prepare(PAGE(table, number, '@subject IS NULL'));
  }

  rows(query: HistoryQuery): readonly Row[] {
    return (query.subject === undefined ? this.#ofAll : this.#ofOne).all(boundsOf(query)) as Row[];
  }
}

export class HistoryReads {
  readonly #options: RecoveryOptions;
  readonly #database: Sqlite.Database;
  readonly #transitions: Pages<TransitionRow>;
  readonly #evidence: Pages<EvidenceRow>;

  constructor(database: Sqlite.Database, options: RecoveryOptions) {
    this.#options = options;
    this.#database = database;
    this.#transitions = new Pages(database, 'transitions', 'seq');
    this.#evidence = new Pages(database, 'evidence', 'id');
  }

  recover(): Recovered {
    const dropped: string[] = [];
    const { transitions, truncated, unreadableCount } = this.#newestTransitions();
    const verdicts = this.#verdicts();
    const unread = unreadableCount + verdicts.unreadableCount;
    if (unread > 0) dropped.push(`${unread} records of transitions cannot be read`);
    const newestMs = this.#newestMs();
    return {
      lastSeq: this.#number(
        'SELECT max((SELECT ifnull(max(seq), 0) FROM transitions), (SELECT ifnull(max(seq), 0) FROM verdicts))',
      ),
      transitions,
      truncated,
      verdicts: verdicts.verdicts,
      views: this.#views(newestMs, dropped),
      newestMs,
      dropped,
    };
  }

  transitions(query: HistoryQuery): HistoryPage<Transition> {
    return pageOf(this.#transitions.rows(query), query, ({ seq }) => seq, transitionOf);
  }

  evidence(query: HistoryQuery): HistoryPage<NegativeEvidence> {
    return pageOf(this.#evidence.rows(query), query, ({ id }) => id, evidenceOf);
  }

  #newestTransitions() {
    const { transitionCountMax, transitionLengthMax } = this.#options;
    const transitions: Transition[] = [];
    let [rowCount, length, unreadableCount, truncated] = [0, 0, 0, false];
    for (const row of this.#database.prepare('SELECT seq, at_ms, body FROM transitions ORDER BY seq DESC').iterate()) {
      const { body } = row as TransitionRow;
      if (rowCount === transitionCountMax || (rowCount > 0 && length + body.length > transitionLengthMax)) {
        truncated = true;
        break;
      }
      rowCount++;
      length += body.length;
      const transition = transitionOf(row as TransitionRow);
      if (transition) transitions.push(transition);
      else unreadableCount++;
    }
    return { transitions: transitions.reverse(), truncated, unreadableCount };
  }

  #verdicts(): { verdicts: Verdict[]; unreadableCount: number } {
    const read = this.#database.prepare('SELECT body FROM verdicts').pluck().all() as string[];
    const verdicts = read.map((body) => parsed<Verdict>(body)).filter((verdict) => verdict !== undefined);
    return { verdicts, unreadableCount: read.length - verdicts.length };
  }

  #newestMs(): number {
    return this.#number(
      `SELECT max(ifnull((SELECT at_ms FROM transitions ORDER BY seq DESC LIMIT 1), 0),
         ifnull((SELECT at_ms FROM evidence ORDER BY id DESC LIMIT 1), 0), ifnull((SELECT max(last_ms) FROM views), 0))`,
    );
  }

  #views(newestMs: number, dropped: string[]): ViewRecord[] {
    const { layout, viewWindowMs } = this.#options;
    const written = this.#database.prepare(`SELECT value FROM meta WHERE name = 'layout'`).pluck().get();
    if (written !== undefined && written !== layout) {
      const count = this.#number('SELECT count(*) FROM views');
      if (count > 0) dropped.push(`${count} views have the layout ${written}, and the judge now reads ${layout}`);
      return [];
    }
    const rows = this.#database.prepare('SELECT * FROM views WHERE last_ms >= ?').all(newestMs - viewWindowMs);
    return withOwnCells((rows as ViewRow[]).map(viewOf));
  }

  #number(sql: string): number {
    return this.#database.prepare(sql).pluck().get() as number;
  }
}

function boundsOf({ subject, environment, sinceMs, untilMs, limit, cursor }: HistoryQuery): object {
  const before: Place = cursor === undefined ? { atMs: Number.MAX_VALUE, number: 0 } : parseCursor(cursor);
  return {
    subject: subject ?? null,
    environment: environment ?? null,
    sinceMs: sinceMs ?? 0,
    untilMs: untilMs ?? Number.MAX_VALUE,
    beforeMs: before.atMs,
    before: before.number,
    // One more than asked for tells whether there is a next page.
    limit: Math.min(limit, HISTORY_PAGE_COUNT_MAX) + 1,
  };
}

function pageOf<Row extends { readonly at_ms: number }, T>(
  rows: readonly Row[],
  { limit }: HistoryQuery,
  numberOf: (row: Row) => number,
  itemOf: (row: Row) => T | undefined,
): HistoryPage<T> {
  const shown = rows.slice(0, Math.min(limit, HISTORY_PAGE_COUNT_MAX));
  const last = shown.at(-1);
  return {
    items: shown.map(itemOf).filter((item) => item !== undefined),
    cursor: last && rows.length > shown.length ? formatCursor({ atMs: last.at_ms, number: numberOf(last) }) : undefined,
  };
}

function transitionOf({ seq, at_ms, body }: TransitionRow): Transition | undefined {
  const read = parsed<Omit<Transition, 'seq' | 'atMs'>>(body);
  return read && { seq, atMs: at_ms, from: read.from, cause: read.cause, verdict: read.verdict };
}

function evidenceOf(row: EvidenceRow): NegativeEvidence {
  const { environment, subject, observer, operation, status, reason, count, at_ms: atMs } = row;
  return {
    ...{ environment, subject, observer, operation, status, reason, count, atMs },
    ...(row.trace_id !== null && { traceId: row.trace_id }),
    ...(row.span_id !== null && { spanId: row.span_id }),
    ...(row.error_type !== null && { errorType: row.error_type }),
    ...(row.message !== null && { message: row.message }),
  };
}

function viewOf({
  environment,
  subject,
  observer,
  operation,
  source,
  resolution,
  last_ms,
  cells,
}: ViewRow): ViewRecord {
  const { buffer, byteOffset, byteLength } = cells;
  // A copy, for a row need not lie where numbers of 64 bits may.
  const numbers = new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength - (byteLength % 8)) as ArrayBuffer);
  return { environment, subject, observer, operation, source, resolution, lastMs: last_ms, cells: numbers };
}

function parsed<T>(body: string): T | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
