// SPDX-License-Identifier: Apache-2.0
/**
 * Who is the culprit and who a victim. Each subject has a ledger: how much evidence there was against it lately, and how much of
 * that is explained by which deeper subject. A subject of whose evidence more than half is explained by others that are ill
 * themselves is a victim; the one that explains most of it is looked at next, until nobody deeper explains anything. That
 * one is the root, and the victims of a root are all from whom the way leads there. A quarter is enough where that one is convicted
 * by the word of others too (`MENTIONED_SHARE`).
 *
 * Shares are of what could be known: a call of whose callee nothing was seen speaks neither for nor against anybody deeper. So
 * a third of the spans may be missing, and still more than half of the rest shows who it was.
 *
 * Pure: time is an argument. Bounded.
 */
import { BoundedMap } from '../../model/bounded-map.js';
import { type Observation, type OutcomeReason, wasReached } from '../../model/observation.js';
import type { Blame } from '../../model/verdict.js';

/**
 * What is wrong with a subject: why its calls fail or do not end, and why they take long, are two questions. Who is slow of itself, as
 * all are on a machine that is short of processors, may fail for somebody else's sake alone.
 */
export type Trouble = 'failing' | 'slow';

/** The trouble that a call's outcome, or a verdict's reason, speaks of. */
export function troubleOf(reason: OutcomeReason): Trouble {
  return reason === 'slow' ? 'slow' : 'failing';
}

/** The graver trouble that these find. */
export function gravestOf(failing: readonly { readonly reason: OutcomeReason }[]): Trouble {
  return failing.length > 0 && failing.every(({ reason }) => troubleOf(reason) === 'slow') ? 'slow' : 'failing';
}

/** What one failing or slow call says of the reason. */
export interface BlameEvidence {
  readonly trouble: Trouble;
  /** Whether anything is known of what the callee did; else it says nothing for or against anybody deeper. */
  readonly isCalleeSeen: boolean;
  /** Whoever deeper explains it, and how much of it (0 to 1); several share it. */
  readonly deeper: readonly { readonly subject: string; readonly share: number }[];
}

/** Who can be why somebody fails. */
export interface Explainers {
  /** Of what a callee explains: if most find it well, whoever does not has a trouble of its own. */
  canExplain(name: string, victim: string): boolean;
  /** Of what nobody explains, where the callee explains some of it. */
  canExplainRest(name: string, victim: string): boolean;
}

/** What a failing observation says of the reason, where there are no spans: whom the callee's answer blamed. */
export function blameEvidenceOf({ blamed, reason }: Pick<Observation, 'blamed' | 'reason'>): BlameEvidence {
  return {
    trouble: troubleOf(reason),
    isCalleeSeen: blamed !== undefined || !wasReached(reason),
    deeper: (blamed ?? []).map((subject) => ({ subject, share: 1 })),
  };
}

/**
 * After so long evidence counts half, in ms. Long enough that a service with a failing call every few seconds has some to
 * go by, short enough that within a minute of one incident the next has most of the say.
 */
const HALF_LIFE_MS = 30_000;

/** Evidence of which less than this is left, in calls, is none: by then it is some five minutes old. */
const LEFT_MIN = 0.001;

/** So much of a trouble's own evidence counts alone, in calls: one call of a minute ago, when the view that it made expires. */
const FRESH_MIN = 1 / 4;

/** A subject is a victim where others explain more of its evidence than this: otherwise most of it is its own. */
const VICTIM_SHARE = 1 / 2;

/**
 * Where a callee that is convicted by others too explains as much as this of a subject's failures, it is why the rest fails too: work that
 * waits in a queue for that callee fails without a call that could tell. One cause in a moment is likelier than two. Less than a
 * quarter may be a callee that few requests need.
 */
const MENTIONED_SHARE = 1 / 4;

/** Deeper subjects held apart per subject; the one that explains least makes room. At most one can explain more than half. */
const DEEPER_COUNT_MAX = 16;

/** Ledgers held of each trouble; the one that was added to longest ago is forgotten first. About 1 KB each. */
const LEDGER_COUNT_MAX = 10_000;

/** Shares are told in millionths. */
const SHARE_UNITS = 1_000_000;

/** Steps from a victim to its root; a call path through more services than this is a loop that nobody has seen closing. */
const PATH_LENGTH_MAX = 32;

class Ledger {
  /** Of which moment the counts are. */
  atMs: number;
  /** When something was last heard against its subject, whether that says anything of the reasons or not. */
  heardMs: number;
  known = 0;
  readonly explained = new Map<string, number>();

  constructor(atMs: number) {
    this.atMs = atMs;
    this.heardMs = atMs;
  }

  /** Lets the counts fade until `atMs`. O(names). @returns how much evidence of that moment counts: less than 1 if it comes late */
  fade(atMs: number): number {
    if (atMs <= this.atMs) return 2 ** ((atMs - this.atMs) / HALF_LIFE_MS);
    const kept = 2 ** ((this.atMs - atMs) / HALF_LIFE_MS);
    this.known *= kept;
    for (const [name, count] of this.explained) this.explained.set(name, count * kept);
    this.atMs = atMs;
    return 1;
  }

  explain(name: string, count: number): void {
    const before = this.explained.get(name);
    if (before === undefined && this.explained.size >= DEEPER_COUNT_MAX) this.explained.delete(this.#least());
    this.explained.set(name, (before ?? 0) + count);
  }

  #least(): string {
    let least = '';
    let leastCount = Number.POSITIVE_INFINITY;
    for (const [name, count] of this.explained) {
      if (count < leastCount) [least, leastCount] = [name, count];
    }
    return least;
  }
}

/** The ledgers of one environment. */
export class BlameLedgers {
  readonly #ledgers: Readonly<Record<Trouble, BoundedMap<string, Ledger>>> = {
    failing: new BoundedMap(LEDGER_COUNT_MAX),
    slow: new BoundedMap(LEDGER_COUNT_MAX),
  };

  /** Notes evidence against a subject. `count` calls; `atMs` by the engine's clock. O(1). */
  add(subject: string, { trouble, isCalleeSeen, deeper }: BlameEvidence, atMs: number, count = 1): void {
    const ledgers = this.#ledgers[trouble];
    const known = ledgers.take(subject);
    if (!known && !isCalleeSeen) return;
    const ledger = known ?? new Ledger(atMs);
    ledgers.set(subject, ledger);
    ledger.heardMs = Math.max(ledger.heardMs, atMs);
    if (!isCalleeSeen) return;
    const weight = count * ledger.fade(atMs);
    ledger.known += weight;
    for (const { subject: name, share } of deeper) {
      // Who calls itself explains nothing by it.
      if (name !== subject && name !== '') ledger.explain(name, (weight * Math.min(1, share)) / deeper.length);
    }
  }

  /** Notes who explains a failing call that was noted before, at `notedMs`: as much of it as is left of that by now. O(1). */
  explain(subject: string, deeper: string, notedMs: number, atMs: number): void {
    const ledger = this.#ledgers.failing.get(subject);
    if (!ledger || deeper === subject) return;
    ledger.fade(atMs);
    ledger.explain(deeper, ledger.fade(notedMs));
  }

  /** What was recorded under an address belongs to whoever turned out to live there. O(ledgers). */
  rename(from: string, to: string): void {
    for (const ledgers of Object.values(this.#ledgers)) renameIn(ledgers, from, to);
  }

  /** Whether anything is known of the reasons of what a subject is accused of. */
  isKnown(subject: string, atMs: number): boolean {
    return this.#ledgerOf(subject, 'failing', atMs) !== undefined;
  }

  /** When a subject's trouble was last heard of, epoch ms; `undefined` where nothing is known of its reasons. */
  heardMs(subject: string, trouble: Trouble, atMs: number): number | undefined {
    return this.#ledgerOf(subject, trouble, atMs)?.heardMs;
  }

  /**
   * Who is to blame for a subject's failure. Where a way comes back to where it was, as in a deadlock, the one of the ring that
   * explains most of its failure itself is the root of all that come there: from wherever one looks, it is the same.
   *
   * @param troubleOf what is wrong with each on the way
   */
  rootOf(subject: string, atMs: number, troubleOf: (subject: string) => Trouble, explainers: Explainers): Blame {
    const path = [subject];
    /** Of each on the path that goes on, the share that the next one explains. */
    const shares: number[] = [];
    for (let at = subject; path.length < PATH_LENGTH_MAX; ) {
      const step = this.deeperOf(at, troubleOf(at), atMs, explainers);
      if (!step) break;
      shares.push(step.share);
      if (path.includes(step.name)) {
        path.length = 1 + rootOfRing(path, shares, path.indexOf(step.name));
        break;
      }
      path.push(step.name);
      at = step.name;
    }
    const share = shares.slice(0, path.length - 1).reduce((product, each) => product * each, 1);
    return { root: path.at(-1) ?? subject, path, share: toldShare(share) };
  }

  /**
   * Who explains the evidence against a victim, how much of it was told, and whether most of it is explained; nobody where it is
   * the subject's own.
   */
  deeperOf(
    subject: string,
    trouble: Trouble,
    atMs: number,
    { canExplain, canExplainRest }: Explainers,
  ): { readonly name: string; readonly share: number; readonly isMost: boolean } | undefined {
    const ledger = this.#ledgerOf(subject, trouble, atMs);
    if (!ledger) return undefined;
    let explained = 0;
    let most = 0;
    let name = '';
    for (const [each, count] of ledger.explained) {
      if (!canExplain(each, subject)) continue;
      explained += count;
      // One and the same answer, in whatever order the evidence came.
      if (count > most || (count === most && each < name)) [name, most] = [each, count];
    }
    const isMost = explained > VICTIM_SHARE * ledger.known;
    const isMentioned = most >= MENTIONED_SHARE * ledger.known && ledger === this.#ledgers.failing.get(subject);
    if (!isMost && !(isMentioned && canExplainRest(name, subject))) return undefined;
    return { name, share: Math.min(1, most / ledger.known), isMost };
  }

  /** What is known of a subject's trouble. Where next to nothing is left of that, what is known of the other one, if that is more. */
  #ledgerOf(subject: string, trouble: Trouble, atMs: number): Ledger | undefined {
    const asked = leftOf(this.#ledgers[trouble].get(subject), atMs);
    const other = leftOf(this.#ledgers[trouble === 'slow' ? 'failing' : 'slow'].get(subject), atMs);
    if (!asked || !other || asked.known >= FRESH_MIN) return asked ?? other;
    return asked.known >= other.known ? asked : other;
  }
}

/** A ledger as it is by then; `undefined` where nothing is left of it. */
function leftOf(ledger: Ledger | undefined, atMs: number): Ledger | undefined {
  ledger?.fade(atMs);
  return ledger !== undefined && ledger.known >= LEFT_MIN ? ledger : undefined;
}

function renameIn(ledgers: BoundedMap<string, Ledger>, from: string, to: string): void {
  for (const [subject, ledger] of ledgers.entries()) {
    const explained = ledger.explained.get(from);
    if (explained === undefined) continue;
    ledger.explained.delete(from);
    if (subject !== to) ledger.explain(to, explained);
  }
  const moved = ledgers.take(from);
  if (!moved) return;
  moved.explained.delete(to);
  const there = ledgers.take(to);
  ledgers.set(to, there ? merged(there, moved) : moved);
}

/** Where on the path, from `first` on a ring, the one stands of which the next explains least; of several the first by name. */
function rootOfRing(path: readonly string[], shares: readonly number[], first: number): number {
  let root = first;
  for (let index = first + 1; index < path.length; index++) {
    const less = toldShare(shares[index] as number) - toldShare(shares[root] as number);
    if (less < 0 || (less === 0 && (path[index] as string) < (path[root] as string))) root = index;
  }
  return root;
}

/** As it is told: sums of fractions differ in their last digit by the order of their parts. */
export function toldShare(share: number): number {
  return Math.round(share * SHARE_UNITS) / SHARE_UNITS;
}

function merged(one: Ledger, other: Ledger): Ledger {
  const [late, early] = one.atMs >= other.atMs ? [one, other] : [other, one];
  early.fade(late.atMs);
  late.heardMs = Math.max(late.heardMs, early.heardMs);
  late.known += early.known;
  for (const [name, count] of early.explained) late.explain(name, count);
  return late;
}
