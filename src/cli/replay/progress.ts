// SPDX-License-Identifier: Apache-2.0
/** How far a long work has come, on one line of a terminal that is drawn again and again. Elsewhere it draws nothing. */

/** Seldom enough to cost nothing, often enough to move, in ms. */
const DRAW_MS = 100;

const WIDTH = 24;

export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export class Progress {
  readonly #stream: ProgressStream;
  readonly #nowMs: () => number;
  readonly #isShown: boolean;
  readonly #startMs: number;
  #drawnMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs monotonic ms */
  constructor(stream: ProgressStream, nowMs: () => number, isWanted = true) {
    this.#stream = stream;
    this.#nowMs = nowMs;
    this.#isShown = isWanted && stream.isTTY === true && process.env['TERM'] !== 'dumb';
    this.#startMs = nowMs();
  }

  /**
   * @param share 0 to 1; `undefined` where nobody knows how much there is
   * @param text what has been done so far
   */
  draw(share: number | undefined, text: () => string): void {
    if (!this.#isShown) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#drawnMs < DRAW_MS) return;
    this.#drawnMs = nowMs;
    this.#stream.write(`\r\u001b[K${share === undefined ? '' : `${bar(share)} `}${text()}${this.#left(share, nowMs)}`);
  }

  /** Makes room for a line of something else; the next drawing brings the bar back. */
  clear(): void {
    if (!this.#isShown || this.#drawnMs === Number.NEGATIVE_INFINITY) return;
    this.#stream.write('\r\u001b[K');
    this.#drawnMs = Number.NEGATIVE_INFINITY;
  }

  #left(share: number | undefined, nowMs: number): string {
    const passedMs = nowMs - this.#startMs;
    if (share === undefined || share < 0.02 || passedMs < 1000) return '';
    return `, ${Math.ceil((passedMs * (1 - share)) / share / 1000)} s left`;
  }
}

function bar(share: number): string {
  const filled = Math.round(WIDTH * Math.min(1, Math.max(0, share)));
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${String(Math.floor(100 * Math.min(1, share))).padStart(3)} %`;
}
