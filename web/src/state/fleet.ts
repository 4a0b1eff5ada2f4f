// SPDX-License-Identifier: Apache-2.0
/**
 * What the engine says of everybody, as far as the page has heard: pages of verdicts, and changes as they come. The two cross on their way;
 * of two words on one subject the one that was judged later stands. Pure but for its own map.
 */
import type { EventJson, VerdictJson } from '../../../src/engine/api/shapes.js';
import type { HealthStatusName } from '../../../src/model/status.js';

/** One that no name can make up from another's: names have no control characters. */
const BETWEEN = '\u0000';

export function keyOf({ environment, subject }: { readonly environment: string; readonly subject: string }): string {
  return `${environment}${BETWEEN}${subject}`;
}

/** Changes kept for whoever looks a little later. */
const RECENT_COUNT_MAX = 1000;

export class Fleet {
  readonly #verdicts = new Map<string, VerdictJson>();
  /** Whom a round of pages has told of, or a change since it began. */
  #heard = new Set<string>();
  /** The last change that was taken; those at or before it are known. */
  #lastSeq = 0;
  /** The last changes, the newest last. */
  readonly recent: EventJson[] = [];
  #recentAfter = Number.POSITIVE_INFINITY;

  /** All changes above this number are among the recent ones. */
  get recentAfter(): number {
    return this.#recentAfter;
  }

  get size(): number {
    return this.#verdicts.size;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  all(): Iterable<VerdictJson> {
    return this.#verdicts.values();
  }

  get(key: string): VerdictJson | undefined {
    return this.#verdicts.get(key);
  }

  /** Begins a round of pages that tells of everybody. */
  beginRound(): void {
    this.#heard = new Set();
  }

  /** Takes one page of a round. */
  take(verdicts: readonly VerdictJson[]): void {
    for (const verdict of verdicts) this.#put(verdict);
  }

  /** Ends a round: who was not told of is known no more. */
  endRound(): void {
    for (const key of this.#verdicts.keys()) if (!this.#heard.has(key)) this.#verdicts.delete(key);
  }

  /** Says from where on changes will come. */
  startAfter(seq: number): void {
    this.#lastSeq = seq;
    this.recent.length = 0;
    this.#recentAfter = seq;
  }

  /** Changes were lost before the next one. */
  skip(): void {
    this.recent.length = 0;
    this.#recentAfter = Number.POSITIVE_INFINITY;
  }

  /** Takes a change. One that is known already changes nothing, and `false` says so. */
  apply(event: EventJson): boolean {
    if (event.seq <= this.#lastSeq) return false;
    this.#lastSeq = event.seq;
    this.#put(event.verdict);
    this.recent.push(event);
    if (this.#recentAfter === Number.POSITIVE_INFINITY) this.#recentAfter = event.seq - 1;
    if (this.recent.length > RECENT_COUNT_MAX) this.#recentAfter = this.recent.shift()?.seq ?? this.#recentAfter;
    return true;
  }

  #put(verdict: VerdictJson): void {
    const key = keyOf(verdict);
    this.#heard.add(key);
    const known = this.#verdicts.get(key);
    if (known && known.judgedMs > verdict.judgedMs) return;
    this.#verdicts.set(key, verdict);
  }
}

/** From the one that needs somebody to the one that does not. */
export const STATUSES: readonly HealthStatusName[] = [
  'dead',
  'dying',
  'unhealthy',
  'maybe_unhealthy',
  'pending',
  'healthy',
  'na',
];

/** How bad it is: 0 is the worst. */
export function badness(status: HealthStatusName): number {
  const place = STATUSES.indexOf(status);
  return place < 0 ? STATUSES.length : place;
}

/** Whether something is wrong with it. */
export function isIll({ status, failure }: Pick<VerdictJson, 'status' | 'failure'>): boolean {
  return failure !== 'none' || badness(status) <= badness('maybe_unhealthy');
}

/** Whose fault it is, where it is somebody else's. */
export function culpritOf({ subject, blame }: Pick<VerdictJson, 'subject' | 'blame'>): string | undefined {
  return blame && blame.root !== subject ? blame.root : undefined;
}

/** Operations with which something is wrong. */
export function failingOperations({ operations }: Pick<VerdictJson, 'operations'>): readonly string[] {
  return operations
    .filter(({ status }) => badness(status) <= badness('maybe_unhealthy'))
    .map(({ operation }) => operation);
}
