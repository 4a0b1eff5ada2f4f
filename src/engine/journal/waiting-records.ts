// SPDX-License-Identifier: Apache-2.0
/**
 * Records on their way to a journal's thread: three lines with a bound each. A line that is full lets its oldest go, for
 * the newest says how things are; what went is counted.
 */
import type { Transition } from '../../model/verdict.js';
import type { JournalBatch, JournalLoss, NegativeEvidence, ViewKey, ViewRecord } from './journal.js';

/** What is written together. */
export interface RecordSlice {
  readonly transitions: readonly Transition[];
  readonly evidence: readonly NegativeEvidence[];
  /** As they are now, or with the key alone where they were forgotten; in order. */
  readonly views: readonly (ViewRecord | ViewKey)[];
}

/** Transitions that wait, at the most; the engine's own log has as many. About 1 kB each, 100 kB for a busy subject. */
const TRANSITION_COUNT_MAX = 2000;

/** Evidence that waits, at the most: about 500 bytes each, 10 MB. */
const EVIDENCE_COUNT_MAX = 20_000;

/** Views that wait, at the most: about 500 bytes each. Whoever owns them writes fewer when it hears that we lag. */
const VIEW_COUNT_MAX = 20_000;

/** Records of a slice: few enough to be handed over within some milliseconds. */
const TRANSITIONS_PER_SLICE = 200;
const EVIDENCE_PER_SLICE = 2000;
const VIEWS_PER_SLICE = 2000;

export class WaitingRecords {
  readonly #transitions = new Line<Transition>(TRANSITION_COUNT_MAX);
  readonly #evidence = new Line<NegativeEvidence>(EVIDENCE_COUNT_MAX);
  readonly #views = new Line<ViewRecord | ViewKey>(VIEW_COUNT_MAX);

  get count(): number {
    return this.#transitions.count + this.#evidence.count + this.#views.count;
  }

  /** Whether more waits than one slice holds. */
  get isLong(): boolean {
    return (
      this.#transitions.count > TRANSITIONS_PER_SLICE ||
      this.#evidence.count > EVIDENCE_PER_SLICE ||
      this.#views.count > VIEWS_PER_SLICE
    );
  }

  /** Adds to the ends of the lines. Returns what fell off their fronts, in records. */
  push({ transitions = [], evidence = [], views = [], gone = [] }: JournalBatch): JournalLoss {
    for (const each of gone) this.#views.push(keyOf(each));
    for (const each of withOwnCells(views)) this.#views.push(each);
    for (const each of evidence) this.#evidence.push(each);
    for (const each of transitions) this.#transitions.push(each);
    return this.#trim();
  }

  /** The fronts of the lines. */
  take(): RecordSlice {
    return {
      transitions: this.#transitions.take(TRANSITIONS_PER_SLICE),
      evidence: this.#evidence.take(EVIDENCE_PER_SLICE),
      views: this.#views.take(VIEWS_PER_SLICE),
    };
  }

  #trim(): JournalLoss {
    return { transitions: this.#transitions.trim(), evidence: this.#evidence.trim(), views: this.#views.trim() };
  }
}

/**
 * Views whose cells are no longer the table's. All lie in one buffer, for it is buffers that cost when something is handed
 * over to another thread: 2000 views take a third of the time that they take in as many.
 */
export function withOwnCells(views: readonly ViewRecord[]): ViewRecord[] {
  const all = new Float64Array(views.reduce((sum, { cells }) => sum + cells.length, 0));
  let at = 0;
  return views.map((view) => {
    const cells = all.subarray(at, at + view.cells.length);
    cells.set(view.cells);
    at += cells.length;
    return { ...view, cells };
  });
}

/** How much is lost when a slice is. */
export function lossOf(slice: RecordSlice | undefined): JournalLoss {
  const { transitions, evidence, views } = slice ?? NOTHING;
  return { transitions: transitions.length, evidence: evidence.length, views: views.length };
}

export function sumOf(a: JournalLoss, b: JournalLoss): JournalLoss {
  return {
    transitions: a.transitions + b.transitions,
    evidence: a.evidence + b.evidence,
    views: a.views + b.views,
  };
}

const NOTHING: RecordSlice = { transitions: [], evidence: [], views: [] };

class Line<T> {
  readonly #countMax: number;
  #items: T[] = [];
  /** Before it all are taken; they go for good when they are half of the line. */
  #head = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  take(countMax: number): T[] {
    const taken = this.#items.slice(this.#head, this.#head + countMax);
    this.#advance(taken.length);
    return taken;
  }

  trim(): number {
    const excess = Math.max(0, this.count - this.#countMax);
    this.#advance(excess);
    return excess;
  }

  #advance(count: number): void {
    this.#head += count;
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}

function keyOf({ environment, subject, observer, operation, source }: ViewKey): ViewKey {
  return { environment, subject, observer, operation, source };
}
