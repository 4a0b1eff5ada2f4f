// SPDX-License-Identifier: Apache-2.0
/** A batch of records → rows, in one transaction. */
import type Sqlite from 'better-sqlite3';
import { HealthStatus } from '../../model/status.js';
import type { Transition } from '../../model/verdict.js';
import type { NegativeEvidence, ViewKey, ViewRecord } from './journal.js';
import type { RecordSlice } from './waiting-records.js';

export class HistoryWrites {
  readonly #insertTransition: Sqlite.Statement;
  readonly #setVerdict: Sqlite.Statement;
  readonly #dropVerdict: Sqlite.Statement;
  readonly #insertEvidence: Sqlite.Statement;
  readonly #setView: Sqlite.Statement;
  readonly #dropView: Sqlite.Statement;
  readonly #dropViewsBefore: Sqlite.Statement;
  readonly #dropViews: Sqlite.Statement;
  readonly #setLayout: Sqlite.Statement;
  readonly #inTransaction: Sqlite.Transaction<(work: () => void) => void>;

  constructor(database: Sqlite.Database) {
    // A batch that is written again, because its answer was lost, changes nothing.
    this.#insertTransition = database.prepare('INSERT OR IGNORE INTO transitions VALUES (?, ?, ?, ?, ?)');
    this.#setVerdict = database.prepare('INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?)');
    this.#dropVerdict = database.prepare('DELETE FROM verdicts WHERE environment = ? AND subject = ?');
    this.#insertEvidence = database.prepare(
      `INSERT INTO evidence (at_ms, environment, subject, observer, operation, status, reason, count, trace_id, span_id,
         error_type, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#setView = database.prepare('INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#dropView = database.prepare(
      `DELETE FROM views WHERE environment = ? AND subject = ? AND observer = ? AND operation = ? AND source = ?`,
    );
    this.#dropViewsBefore = database.prepare('DELETE FROM views WHERE last_ms < ?');
    this.#dropViews = database.prepare('DELETE FROM views');
    this.#setLayout = database.prepare(`INSERT OR REPLACE INTO meta VALUES ('layout', ?)`);
    this.#inTransaction = database.transaction((work: () => void) => work());
  }

  write({ transitions, evidence, views }: RecordSlice): void {
    this.#inTransaction.immediate(() => {
      for (const transition of transitions) this.#transition(transition);
      for (const each of evidence) this.#evidence(each);
      for (const each of views) this.#view(each);
    });
  }

  forgetViewsBut(kept: readonly ViewRecord[], layout: string): void {
    this.#inTransaction.immediate(() => {
      if (kept.length === 0) this.#dropViews.run();
      else
        this.#dropViewsBefore.run(
          kept.reduce((first, { lastMs }) => Math.min(first, lastMs), Number.POSITIVE_INFINITY),
        );
      this.#setLayout.run(layout);
    });
  }

  #transition({ seq, atMs, from, cause, verdict }: Transition): void {
    const { environment, subject, status } = verdict;
    const body = JSON.stringify(verdict);
    this.#insertTransition.run(seq, atMs, environment, subject, JSON.stringify({ from, cause, verdict }));
    if (status === HealthStatus.NA) this.#dropVerdict.run(environment, subject);
    else this.#setVerdict.run(environment, subject, seq, body);
  }

  #evidence(each: NegativeEvidence): void {
    const { atMs, environment, subject, observer, operation, status, reason, count } = each;
    const { traceId = null, spanId = null, errorType = null, message = null } = each;
    this.#insertEvidence.run(
      atMs,
      environment,
      subject,
      observer,
      operation,
      status,
      reason,
      count,
      traceId,
      spanId,
      errorType,
      message,
    );
  }

  #view(view: ViewRecord | ViewKey): void {
    const { environment, subject, observer, operation, source } = view;
    if (!('cells' in view)) {
      this.#dropView.run(environment, subject, observer, operation, source);
      return;
    }
    const { buffer, byteOffset, byteLength } = view.cells;
    const cells = Buffer.from(buffer, byteOffset, byteLength);
    this.#setView.run(environment, subject, observer, operation, source, view.resolution, view.lastMs, cells);
  }
}
