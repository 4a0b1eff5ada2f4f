// SPDX-License-Identifier: Apache-2.0
/**
 * The table of views as a journal sees it: which rows changed, which are gone, and how those of an earlier life come back.
 * A round takes down which views have changed and gives them out some at a time; the next begins when it is through, so
 * that views that change all the time hold up no other.
 */
import type { ObservationSource } from '../model/observation.js';
import type { ViewCheckpoint, ViewKey, ViewRecord } from './journal/journal.js';
import type { Panoramas } from './store/panoramas.js';
import type { View } from './store/records.js';
import { numbersOf, seenMs, ViewTable } from './store/view-table.js';
import type { Judge } from './verdict/judge.js';

/** Raised when cells come to mean something else although there are as many. */
const LAYOUT_VERSION = 1;

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
    for (const view of this.#round.splice(Math.max(0, this.#round.length - countMax))) {
      if (!view.isGone && !view.isJournaled) yield this.#recordOf(view);
    }
  }

  *changedOf(environment: string, subject: string, countMax: number): Iterable<ViewRecord> {
    let left = countMax;
    for (const { views } of this.#parts.panoramas.subject({ environment, subject })?.operations.values() ?? []) {
      for (const view of views.values()) {
        if (view.isJournaled) continue;
        if (left-- === 0) return;
        yield this.#recordOf(view);
      }
    }
  }

  gone(): Iterable<ViewKey> {
    const gone = this.#gone;
    this.#gone = [];
    return gone;
  }

  /** To be told of each view that goes, while it is still whole. */
  noteGone(view: View): void {
    this.#gone.push(keyOf(view));
  }

  restore(records: readonly ViewRecord[]): void {
    const { panoramas, onRestored } = this.#parts;
    // The one seen last comes last, as if all had been observed again.
    const views = [...records]
      .sort((a, b) => a.lastMs - b.lastMs)
      .map((record) => {
        const view = panoramas.viewOf(record);
        numbersOf(view, panoramas.cellCount).set(record.cells);
        view.isJournaled = true;
        return view;
      });
    for (const view of views) onRestored(view);
  }

  #recordOf(view: View): ViewRecord {
    view.isJournaled = true;
    const { resolution } = view.operation.subject.identity;
    const cells = numbersOf(view, this.#parts.panoramas.cellCount);
    return { ...keyOf(view), resolution, lastMs: seenMs(view), cells };
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
