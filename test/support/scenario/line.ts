// SPDX-License-Identifier: Apache-2.0
/** One statement of a scenario while it is read: words are taken off its front, and what is left over is refused. */
import { type HealthStatus, statusFromName } from '../../../src/model/status.js';

/** A name, or several: `c1..c3` is c1, c2 and c3. */
const RANGE = /\b([A-Za-z][\w/.:-]*?)(\d+)\.\.\1?(\d+)\b/;

export class Line {
  readonly number: number;
  #rest: string;

  constructor(text: string, number: number) {
    this.#rest = text.trim();
    this.number = number;
  }

  get rest(): string {
    return this.#rest;
  }

  /** Takes what a pattern finds at the front, whole words only. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    const match = new RegExp(`^(?:${pattern.source})(?=$|[\\s,:])`).exec(this.#rest);
    if (!match) return undefined;
    this.#rest = this.#rest.slice(match[0].length).trimStart();
    return match;
  }

  /** Takes one clause after another, in any order, until there is none. */
  clauses(readers: readonly (readonly [RegExp, (words: readonly string[]) => void])[]): void {
    while (this.#rest !== '') {
      const before = this.#rest;
      for (const [pattern, read] of readers) {
        const match = this.take(pattern);
        if (match) {
          read(match as unknown as readonly string[]);
          break;
        }
      }
      if (this.#rest === before) this.notUnderstood();
    }
  }

  /** Names joined by commas. */
  names(text: string | undefined): readonly string[] {
    return (text ?? '').split(', ').flatMap(namesIn);
  }

  /** A status by its name. */
  status(word: string | undefined): HealthStatus {
    return statusFromName(word ?? '') ?? this.refuse(`no status: ${word}`);
  }

  /** A length of time in ms. */
  duration(text: string | undefined): number {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text ?? '');
    if (!match) return this.refuse(`no time: ${text}`);
    return Number(match[1]) * { ms: 1, s: 1000, m: 60_000 }[match[2] as 'ms' | 's' | 'm'];
  }

  /** This statement once for each of the names in its ranges. */
  ranges(): readonly Line[] {
    const match = RANGE.exec(this.#rest);
    if (!match) return [this];
    return namesIn(match[0]).flatMap((name) => new Line(this.#rest.replaceAll(match[0], name), this.number).ranges());
  }

  notUnderstood(): never {
    return this.refuse(`not understood: ${this.#rest}`);
  }

  refuse(message: string): never {
    throw new Error(`line ${this.number}: ${message}`);
  }
}

/** Names joined by commas, as a pattern. */
export const NAMES = '\\S+(?<!,)(?:, \\S+(?<!,))*';

function namesIn(text: string): readonly string[] {
  const match = RANGE.exec(text);
  if (match?.[0] !== text) return [text];
  const [, stem, from, to] = match;
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => `${stem}${Number(from) + index}`);
}
