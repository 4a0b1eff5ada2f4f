// SPDX-License-Identifier: Apache-2.0
/**
 * A journal that keeps a while of history in memory, and nothing longer than the process lives: what an engine has that was
 * given no file, or whose file could not be used. Everything is told at once, for there is nothing to wait for.
 */
import type { PanoramaError } from '../../model/errors.js';
import type { Transition } from '../../model/verdict.js';
import { formatCursor, type Place, parseCursor } from './cursor.js';
import {
  HISTORY_PAGE_COUNT_MAX,
  type HistoryPage,
  type HistoryQuery,
  type Journal,
  type JournalBatch,
  type JournalProgress,
  type JournalStatus,
  type NegativeEvidence,
} from './journal.js';

export interface MemoryJournalOptions {
  /** The history's file and what is wrong with it, where this journal stands in for one. */
  readonly insteadOf?: { readonly path: string; readonly error: PanoramaError; readonly atMs: number } | undefined;
}

/** Records kept of each kind. The transitions are those of the engine's log; evidence takes about 500 bytes each, 5 MB. */
const TRANSITION_COUNT_MAX = 2000;
const EVIDENCE_COUNT_MAX = 10_000;

interface Numbered<T> {
  readonly item: T;
  readonly number: number;
}

/** So many of the latest records, found by their subjects. */
class Kept<T> {
  readonly #countMax: number;
  readonly #bySubject = new Map<string, Numbered<T>[]>();
  /** Whose each of them is, oldest first. */
  #subjects: string[] = [];
  #forgottenCount = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  add(subject: string, record: Numbered<T>): void {
    const known = this.#bySubject.get(subject);
    if (known) known.push(record);
    else this.#bySubject.set(subject, [record]);
    this.#subjects.push(subject);
    if (this.#subjects.length - this.#forgottenCount > this.#countMax) this.#forgetOldest();
  }

  /** @param subject left out: everybody's */
  of(subject: string | undefined): readonly Numbered<T>[] {
    return subject === undefined ? [...this.#bySubject.values()].flat() : (this.#bySubject.get(subject) ?? []);
  }

  #forgetOldest(): void {
    const subject = this.#subjects[this.#forgottenCount++] as string;
    const records = this.#bySubject.get(subject);
    records?.shift();
    if (records?.length === 0) this.#bySubject.delete(subject);
    if (this.#forgottenCount < this.#countMax) return;
    this.#subjects = this.#subjects.slice(this.#forgottenCount);
    this.#forgottenCount = 0;
  }
}

export class MemoryJournal implements Journal {
  readonly keepsViews: boolean = false;
  readonly #insteadOf: MemoryJournalOptions['insteadOf'];
  readonly #transitions = new Kept<Transition>(TRANSITION_COUNT_MAX);
  readonly #evidence = new Kept<NegativeEvidence>(EVIDENCE_COUNT_MAX);
  #evidenceCount = 0;
  #listener: (progress: JournalProgress) => void = () => undefined;
  #isClosed = false;

  constructor(options: MemoryJournalOptions = {}) {
    this.#insteadOf = options.insteadOf;
  }

  write({ transitions = [], evidence = [] }: JournalBatch): void {
    if (this.#isClosed) return;
    for (const item of transitions) this.#transitions.add(item.verdict.subject, { item, number: item.seq });
    for (const item of evidence) this.#evidence.add(item.subject, { item, number: ++this.#evidenceCount });
    const seq = transitions.at(-1)?.seq;
    if (seq !== undefined) this.#listener({ durableSeq: seq, tellableSeq: seq });
  }

  onProgress(listener: (progress: JournalProgress) => void): void {
    this.#listener = listener;
  }

  async transitions(query: HistoryQuery): Promise<HistoryPage<Transition>> {
    return pageOf(
      this.#transitions.of(query.subject).filter(({ item: { verdict, atMs } }) => isAskedFor(query, verdict, atMs)),
      query,
    );
  }

  async evidence(query: HistoryQuery): Promise<HistoryPage<NegativeEvidence>> {
    return pageOf(
      this.#evidence.of(query.subject).filter(({ item }) => isAskedFor(query, item, item.atMs)),
      query,
    );
  }

  status(): JournalStatus {
    const error = this.#insteadOf?.error;
    return {
      kind: 'memory',
      path: this.#insteadOf?.path,
      state: error ? 'failing' : 'ok',
      lagging: false,
      waiting: 0,
      lost: { transitions: 0, evidence: 0, views: 0 },
      lastError: error && { code: error.code, message: error.message, atMs: this.#insteadOf?.atMs ?? 0 },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }
}

function isAskedFor(
  { environment, sinceMs = 0, untilMs = Number.POSITIVE_INFINITY }: HistoryQuery,
  of: { readonly environment: string },
  atMs: number,
): boolean {
  return (environment === undefined || of.environment === environment) && atMs >= sinceMs && atMs <= untilMs;
}

function pageOf<T extends { readonly atMs: number }>(
  found: readonly Numbered<T>[],
  { limit, cursor }: HistoryQuery,
): HistoryPage<T> {
  const before = cursor === undefined ? undefined : parseCursor(cursor);
  const older = found.filter((each) => !before || isBefore(each, before));
  older.sort((a, b) => b.item.atMs - a.item.atMs || b.number - a.number);
  const shown = older.slice(0, Math.min(limit, HISTORY_PAGE_COUNT_MAX));
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    cursor:
      last && older.length > shown.length ? formatCursor({ atMs: last.item.atMs, number: last.number }) : undefined,
  };
}

function isBefore<T extends { readonly atMs: number }>({ item, number }: Numbered<T>, before: Place): boolean {
  return item.atMs < before.atMs || (item.atMs === before.atMs && number < before.number);
}
