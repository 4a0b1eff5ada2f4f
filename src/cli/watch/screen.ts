// SPDX-License-Identifier: Apache-2.0
/**
 * The terminal while a watch has all of it: the alternate screen, without a cursor, keys as they are struck. However the process ends,
 * the terminal is given back as it was; and only if it was taken, for a terminal that is "given back" twice loses its place.
 */
import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';

/** The alternate screen; no cursor; lines that are too long are cut and not wrapped. */
const TAKE = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const GIVE_BACK = '\u001b[?7h\u001b[?25h\u001b[?1049l';

const HOME = '\u001b[H';
/** Before the line, for behind one that fills its row it would take the last letter. */
const REST_OF_LINE = '\u001b[K';

/** A terminal that does not say how large it is. */
const COLUMNS = 80;
const ROWS = 24;

const CTRL_Z = '\u001a';

export interface ScreenEvents {
  readonly onKey: (key: string) => void;
  /** The picture must be drawn anew: the size is another one, or the process goes on after a pause. */
  readonly onStale: () => void;
}

/** A terminal, and the number of its file. */
type Output = WriteStream & { readonly fd: number };

export class Screen {
  readonly #out: Output;
  readonly #in: ReadStream;
  readonly #events: ScreenEvents;
  #isTaken = false;
  #isFull = false;

  constructor(out: Output, input: ReadStream, events: ScreenEvents) {
    this.#out = out;
    this.#in = input;
    this.#events = events;
  }

  get columns(): number {
    return this.#out.columns || COLUMNS;
  }

  get rows(): number {
    return this.#out.rows || ROWS;
  }

  take(): void {
    process.on('exit', this.#giveBack);
    // Before Node prints what went wrong, or it would be printed where nobody sees it.
    process.on('uncaughtExceptionMonitor', this.#giveBack);
    process.on('SIGCONT', this.#goOn);
    this.#out.on('resize', this.#events.onStale);
    this.#out.on('drain', this.#drained);
    this.#enter();
  }

  release(): void {
    this.#giveBack();
    process.off('exit', this.#giveBack);
    process.off('uncaughtExceptionMonitor', this.#giveBack);
    process.off('SIGCONT', this.#goOn);
    this.#out.off('resize', this.#events.onStale);
    this.#out.off('drain', this.#drained);
  }

  /**
   * Draws as many lines as there are rows, in one write and over what was there, so that nothing flickers. A terminal that cannot keep up
   * is left out a picture.
   */
  draw(lines: readonly string[]): void {
    if (!this.#isTaken || this.#isFull) return;
    const picture = lines.map((line) => REST_OF_LINE + line).join('\r\n');
    this.#isFull = !this.#out.write(HOME + picture);
  }

  #enter(): void {
    this.#isTaken = true;
    this.#out.write(TAKE);
    if (!this.#in.isTTY) return;
    this.#in.setRawMode(true);
    this.#in.setEncoding('utf8');
    this.#in.on('data', this.#struck);
    this.#in.resume();
  }

  #giveBack = (): void => {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    try {
      if (this.#in.isTTY) {
        this.#in.off('data', this.#struck);
        this.#in.setRawMode(false);
        this.#in.pause();
      }
      // At the end of a process there is no later.
      writeSync(this.#out.fd, GIVE_BACK);
    } catch {
      // The terminal is gone, and wants nothing back.
    }
  };

  #struck = (text: string): void => {
    if (text === CTRL_Z) {
      this.#giveBack();
      process.kill(process.pid, 'SIGTSTP');
    } else for (const key of keysIn(text)) this.#events.onKey(key);
  };

  #goOn = (): void => {
    if (!this.#isTaken) this.#enter();
    this.#events.onStale();
  };

  #drained = (): void => {
    this.#isFull = false;
    this.#events.onStale();
  };
}

/** Keys that come together, as pasted text or a key held down do. A key that is no letter comes as a sequence. */
export function keysIn(text: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys are told by control characters
  return text.match(/\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])?|./gsu) ?? [];
}
