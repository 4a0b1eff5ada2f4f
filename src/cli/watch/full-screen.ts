// SPDX-License-Identifier: Apache-2.0
/** A watch that has the whole terminal: verdicts in place, the worst on top, drawn when something changes and once a second. */
import type { VerdictJson } from '../../engine/api/shapes.js';
import { systemClock, type Timer } from '../../model/clock.js';
import type { EngineClient } from '../engine-client.js';
import { eventsOf } from '../event-source.js';
import { paintFor } from '../text.js';
import { Fleet } from './fleet.js';
import { frameOf, roomFor } from './frame.js';
import { Screen } from './screen.js';

/** Ages are drawn once a second; changes that come together at once, but no more often than this. In ms. */
const REDRAW_MS = 1000;
const CHANGES_MS = 50;

/** Who finds a subject failing may change without its verdict; so everything is asked for again now and then. In ms. */
const ASK_ANEW_MS = 15_000;

const ESCAPE = '\u001b';
/** What each key adds to the first line that is shown, by how many there are on a page. */
const SCROLLS: Readonly<Record<string, (page: number) => number>> = {
  '\u001b[A': () => -1,
  k: () => -1,
  '\u001b[B': () => 1,
  j: () => 1,
  '\u001b[5~': (page) => -page,
  '\u001b[6~': (page) => page,
  ' ': (page) => page,
  '\u001b[H': () => Number.NEGATIVE_INFINITY,
  g: () => Number.NEGATIVE_INFINITY,
  '\u001b[F': () => Number.POSITIVE_INFINITY,
  G: () => Number.POSITIVE_INFINITY,
};

export class FullScreenWatch {
  readonly #client: EngineClient;
  readonly #isWanted: (verdict: VerdictJson) => boolean;
  readonly #fleet = new Fleet();
  readonly #screen: Screen;
  readonly #paint = paintFor(process.stdout);
  readonly #quit = new AbortController();
  #top = 0;
  #filter = '';
  #isTyping = false;
  #isLost = false;
  #due: Timer | undefined;
  #isDueSoon = false;

  constructor(client: EngineClient, isWanted: (verdict: VerdictJson) => boolean) {
    this.#client = client;
    this.#isWanted = isWanted;
    this.#screen = new Screen(process.stdout, process.stdin, {
      onKey: (key) => this.#struck(key),
      onStale: () => this.#drawSoon(),
    });
  }

  /** Runs until it is told to stop or somebody quits. Where no engine answers at the start, the terminal is not taken. */
  async run(stop: AbortSignal): Promise<void> {
    const seq = await this.#ask();
    const ended = AbortSignal.any([stop, this.#quit.signal]);
    this.#screen.take();
    const anew = this.#askNowAndThen(ended);
    try {
      this.#draw();
      for await (const news of eventsOf(this.#client.baseUrl, this.#client.credentials, seq, ended)) {
        if (news.kind === 'change') this.#fleet.change(news.event);
        else if (news.kind === 'lost') this.#isLost = true;
        else {
          this.#isLost = false;
          await this.#ask().catch(() => undefined);
        }
        this.#drawSoon();
      }
    } finally {
      this.#quit.abort();
      this.#due?.cancel();
      this.#screen.release();
      await anew;
    }
  }

  async #ask(): Promise<number> {
    const { verdicts, seq } = await this.#client.verdicts({});
    this.#fleet.learn(verdicts, seq);
    return seq;
  }

  /** The timer does not keep the process alive; the stream does. */
  #askNowAndThen(ended: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const again = (): void => {
        timer = systemClock.setTimer(ASK_ANEW_MS, () => {
          // Where nobody answers, the stream says so.
          void this.#ask()
            .then(
              () => this.#drawSoon(),
              () => undefined,
            )
            .then(again);
        });
        if (ended.aborted) timer.cancel();
      };
      ended.addEventListener('abort', () => {
        timer?.cancel();
        resolve();
      });
      again();
    });
  }

  #struck(key: string): void {
    if (key === '\u0003') this.#quit.abort();
    else if (this.#isTyping) this.#type(key);
    else if (key === 'q') this.#quit.abort();
    else if (key === '/') this.#isTyping = true;
    else if (key === ESCAPE) this.#filter = '';
    else this.#top += SCROLLS[key]?.(roomFor(this.#screen.rows)) ?? 0;
    this.#draw();
  }

  #type(key: string): void {
    if (key === '\r' || key === '\n') this.#isTyping = false;
    else if (key === ESCAPE) [this.#isTyping, this.#filter] = [false, ''];
    else if (key === '\u007f' || key === '\b') this.#filter = [...this.#filter].slice(0, -1).join('');
    else if (!/[\p{Cc}]/u.test(key)) this.#filter += key;
    this.#top = 0;
  }

  #drawSoon(): void {
    if (this.#isDueSoon) return;
    this.#isDueSoon = true;
    this.#drawIn(CHANGES_MS);
  }

  #drawIn(ms: number): void {
    this.#due?.cancel();
    if (!this.#quit.signal.aborted) this.#due = systemClock.setTimer(ms, () => this.#draw());
  }

  #draw(): void {
    this.#isDueSoon = false;
    const { columns, rows } = this.#screen;
    const verdicts = this.#fleet.shown(this.#isWanted, this.#filter);
    this.#top = Math.max(0, Math.min(this.#top, verdicts.length - roomFor(rows)));
    const nowMs = systemClock.nowMs();
    this.#screen.draw(
      frameOf({
        verdicts,
        knownCount: this.#fleet.size,
        nowMs,
        time: new Date(nowMs).toLocaleTimeString(),
        columns,
        rows,
        top: this.#top,
        filter: this.#filter,
        isTyping: this.#isTyping,
        isLost: this.#isLost,
        paint: this.#paint,
      }),
    );
    this.#drawIn(REDRAW_MS);
  }
}
