// SPDX-License-Identifier: Apache-2.0
/**
 * The table of views as a journal sees it: which rows changed, which are gone, and how those of an earlier life come back.
 * A round takes down which views have changed and gives them out some at a time; the next begins when it is through, so
 * that views that change all the time hold up no other.
 */
import type { ObservationSource } from '../model/observation.js';
import type { ViewCheckpoint, ViewKey, ViewRecord } from './journal/journal.js';
import type { Panoramas } from './store/panoramas.js';
import type { OperationRecord, View } from './store/records.js';
import { numbersOf, seenMs, ViewTable } from './store/view-table.js';
import type { Judge } from './verdict/judge.js';

/** Raised when cells come to mean something else although there are as many. */
const LAYOUT_VERSION = 1;

/** Under whose name the callers of an operation together are written: nobody has an empty one. */
const CROWD = '';

export interface ViewCheckpointParts {
  readonly panoramas: Panoramas;
  readonly judge: Judge;
  /** Told of each view that was restored, when all of them are. */
  readonly onRestored: (view: View) => void;
}

export class TableCheckpoint implements ViewCheckpoint {
  readonly layout: string;
  readonly #parts: ViewCheckpointParts;
  /** Views of this round that were not given out yet. */
  #round: View[] = [];
  #gone: ViewKey[] = [];

  constructor(parts: ViewCheckpointParts) {
    this.#parts = parts;
    this.layout = viewLayoutOf(parts.judge);
  }

  *changed(countMax: number): Iterable<ViewRecord> {
    if (this.#round.length === 0) {
      for (const view of this.#parts.panoramas.views()) if (!view.isJournaled) this.#round.push(view);
    }
    const taken = this.#round.splice(Math.max(0, this.#round.length - countMax));
    yield* this.#recordsOf(taken.filter((view) => !view.isGone && !view.isJournaled));
  }

  changedOf(environment: string, subject: string, countMax: number): Iterable<ViewRecord> {
    const changed: View[] = [];
    for (const { views } of this.#parts.panoramas.subject({ environment, subject })?.operations.values() ?? []) {
      for (const view of views.values()) if (!view.isJournaled && changed.length < countMax) changed.push(view);
    }
    return this.#recordsOf(changed);
  }

  gone(): Iterable<ViewKey> {
    const gone = this.#gone;
    this.#gone = [];
    return gone;
  }

  /** To be told of each view that goes, while it is still whole. */
  noteGone(view: View): void {
    this.#gone.push(keyOf(view));
    if (view.operation.views.size === 1) this.#gone.push(crowdKeyOf(view.operation));
  }

  restore(records: readonly ViewRecord[]): void {
    const { panoramas, onRestored } = this.#parts;
    // The one seen last comes last, as if all had been observed again.
    const views = records
      .filter(({ observer }) => observer !== CROWD)
      .sort((a, b) => a.lastMs - b.lastMs)
      .map((record) => {
        const view = panoramas.viewOf(record);
        numbersOf(view, panoramas.cellCount).set(record.cells);
        view.isJournaled = true;
        return view;
      });
    for (const { environment, subject, observer, operation, cells } of records) {
      if (observer !== CROWD) continue;
      const crowd = panoramas.subject({ environment, subject })?.operations.get(operation)?.crowd;
      if (crowd) numbersOf(crowd, panoramas.cellCount).set(cells);
    }
    for (const view of views) onRestored(view);
  }

  /** Views as they are now, and what the callers of their operations say together. */
  *#recordsOf(views: readonly View[]): Iterable<ViewRecord> {
    const { cellCount } = this.#parts.panoramas;
    const lastMs = new Map<OperationRecord, number>();
    for (const view of views) {
      view.isJournaled = true;
      const { operation } = view;
      lastMs.set(operation, Math.max(lastMs.get(operation) ?? 0, seenMs(view)));
      const { resolution } = operation.subject.identity;
      yield { ...keyOf(view), resolution, lastMs: seenMs(view), cells: numbersOf(view, cellCount) };
    }
    for (const [operation, atMs] of lastMs) {
      if (!operation.crowd) continue;
      const { resolution } = operation.subject.identity;
      yield { ...crowdKeyOf(operation), resolution, lastMs: atMs, cells: numbersOf(operation.crowd, cellCount) };
    }
  }
}

/** Which views a judge can read: those of its own kind, with as many cells a row. */
export function viewLayoutOf({ name, cellCount }: Judge): string {
  return `${name}/${LAYOUT_VERSION}/${new ViewTable(cellCount).cellCount}`;
}

function keyOf({ operation, observer }: View): ViewKey & { readonly source: ObservationSource } {
  const { environment, identity } = operation.subject;
  const { name, source } = observer;
  return { environment, subject: identity.text, observer: name, operation: operation.name, source };
}

function crowdKeyOf({ name, subject }: OperationRecord): ViewKey {
  const { environment, identity } = subject;
  return { environment, subject: identity.text, observer: CROWD, operation: name, source: 'caller' };
}
