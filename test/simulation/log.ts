// SPDX-License-Identifier: Apache-2.0
/** What happened in a world, line by line, for whoever replays a seed. Nothing is written where nobody will read. */
export class Log {
  readonly lines: string[] = [];
  readonly #isKept: boolean;
  readonly #nowMs: () => number;

  constructor(isKept: boolean, nowMs: () => number) {
    this.#isKept = isKept;
    this.#nowMs = nowMs;
  }

  write(line: () => string): void {
    if (this.#isKept) this.lines.push(`${(this.#nowMs() / 1000).toFixed(2).padStart(8)}s  ${line()}`);
  }
}
