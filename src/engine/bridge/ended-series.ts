// SPDX-License-Identifier: Apache-2.0
/**
 * Which series of the gauges have ended: those that the last collection told and this one does not, for a subject was forgotten, or
 * a word of its problem has changed. Said aloud, for a reader that hears nothing goes on showing the last value until it expires.
 *
 * What a verdict tells depends on nothing but that verdict, mostly, and one that did not change is the same object: keys are made
 * of what changed alone. Kept are the verdicts and views that were told last, which the engine has for the most part itself, and
 * no series but those that have ended.
 */
import type { Attributes } from '@opentelemetry/api';
import type { Verdict } from '../../model/verdict.js';
import type { BridgeRow, Snapshot } from './bridge-row.js';
import { haveSameSeries } from './verdict-metrics.js';

/** How often an end is told: two requests in a row may be lost. */
const TURNS = 3;

/** Of some 250 bytes each. Where more end at once, a fleet has gone, and readers let go of the rest by themselves. */
const ENDED_COUNT_MAX = 20_000;

type Told = Pick<Snapshot, 'verdicts' | 'views'>;

export interface EndedOne {
  readonly row: BridgeRow;
  readonly attributes: Attributes;
}

interface Ending extends EndedOne {
  turns: number;
}

export class EndedSeries {
  /** By what tells series of one row from each other. */
  readonly #ended: ReadonlyMap<BridgeRow, Map<string, Ending>>;
  readonly #countMax: number;
  #count = 0;
  #last: Told = { verdicts: [], views: [] };

  /** @param countMax series that are kept at the most. Default 20,000 */
  constructor(rows: readonly BridgeRow[], countMax: number = ENDED_COUNT_MAX) {
    this.#ended = new Map(rows.filter(({ kind }) => kind === 'gauge').map((row) => [row, new Map()]));
    this.#countMax = countMax;
  }

  /** What is to be told as ended beside this snapshot. O(verdicts + series of those that changed). */
  beside(now: Snapshot): readonly EndedOne[] {
    const before = { ...now, ...this.#last };
    const [past, fresh] = changedBetween(before.verdicts, now.verdicts);
    this.#last = { verdicts: now.verdicts, views: now.views };
    for (const [row, ended] of this.#ended) {
      const told = new Set(
        Array.from(row.read(row.isShared ? now : { ...now, verdicts: fresh }), ({ attributes }) => keyOf(attributes)),
      );
      for (const [key, { turns }] of ended) if (turns >= TURNS || told.has(key)) this.#forget(ended, key);
      for (const { attributes } of row.read(row.isShared ? before : { ...before, verdicts: past })) {
        const key = keyOf(attributes);
        if (told.has(key) || ended.has(key) || this.#count >= this.#countMax) continue;
        ended.set(key, { row, attributes, turns: 0 });
        this.#count++;
      }
    }
    const all = [...this.#ended.values()].flatMap((ended) => [...ended.values()]);
    for (const ending of all) ending.turns++;
    return all;
  }

  #forget(ended: Map<string, Ending>, key: string): void {
    ended.delete(key);
    this.#count--;
  }
}

/** Verdicts of before and of now whose series are not those that their subject has in the other. */
function changedBetween(
  before: readonly Verdict[],
  now: readonly Verdict[],
): readonly [past: readonly Verdict[], fresh: readonly Verdict[]] {
  const [known, still] = [new Set(before), new Set(now)];
  const past = new Map<string, Verdict>();
  for (const verdict of before) if (!still.has(verdict)) past.set(subjectKey(verdict), verdict);
  const fresh = now.filter((verdict) => {
    if (known.has(verdict)) return false;
    const key = subjectKey(verdict);
    const earlier = past.get(key);
    if (!earlier || !haveSameSeries(earlier, verdict)) return true;
    past.delete(key);
    return false;
  });
  return [[...past.values()], fresh];
}

function subjectKey({ environment, subject }: Verdict): string {
  return `${environment.length}:${environment}${subject}`;
}

/** The same for the same values only, whatever stands in them. */
function keyOf(attributes: Attributes): string {
  let key = '';
  for (const name in attributes) {
    const text = String(attributes[name]);
    key += `${text.length}:${text}`;
  }
  return key;
}
