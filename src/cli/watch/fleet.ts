// SPDX-License-Identifier: Apache-2.0
/** What a watch knows: the verdict on each subject, by the last full answer and the changes since. */
import type { EventJson, VerdictJson } from '../../engine/api/shapes.js';
import { nameIn, worstFirst } from '../verdict-text.js';

export class Fleet {
  #verdicts = new Map<string, VerdictJson>();
  /** Number of the last change that it contains. */
  #seq = 0;

  get size(): number {
    return this.#verdicts.size;
  }

  /** Takes a full answer. */
  learn(verdicts: readonly VerdictJson[], seq: number): void {
    this.#seq = seq;
    this.#verdicts = new Map(verdicts.map((verdict) => [keyOf(verdict), verdict]));
  }

  /** Takes a change; one that the last full answer contains says nothing new. */
  change({ seq, verdict }: EventJson): void {
    if (seq <= this.#seq) return;
    this.#seq = seq;
    this.#verdicts.set(keyOf(verdict), verdict);
  }

  /** Those that are wanted and whose name, operations or observers hold the text, worst first. */
  shown(isWanted: (verdict: VerdictJson) => boolean, filter: string): readonly VerdictJson[] {
    const text = filter.toLowerCase();
    const found = [...this.#verdicts.values()].filter(
      (verdict) => isWanted(verdict) && (text === '' || wordsOf(verdict).includes(text)),
    );
    return worstFirst(found);
  }
}

function keyOf({ environment, subject }: VerdictJson): string {
  return `${environment} ${subject}`;
}

function wordsOf(verdict: VerdictJson): string {
  const { status, failure, reason, operations, observersAgainst, blame } = verdict;
  const names = operations.map(({ operation }) => operation);
  const words = [nameIn(verdict), status, failure, reason, blame?.root ?? '', ...names, ...observersAgainst];
  return words.join('\n').toLowerCase();
}
