// SPDX-License-Identifier: Apache-2.0
/**
 * What happens when, in a simulated world. Events are put on the page of their time and a page is sorted when it is turned
 * to, so that an event costs about the same whether there are a hundred or a hundred thousand.
 */

interface Entry {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time on one page, in ms: a few events in a small world, and few enough pages in a long one. */
const PAGE_MS = 16;

export class Calendar {
  readonly #pages = new Map<number, Entry[]>();
  #nowMs = 0;
  /** The page that is being read, in order of time. */
  #open: Entry[] = [];
  #openNumber = -1;
  #next = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Has something happen at a time; at once where that has passed. Events of one time happen in the order they were put. */
  at(atMs: number, run: () => void): void {
    const entry = { atMs: Math.max(atMs, this.#nowMs), run };
    const number = Math.floor(entry.atMs / PAGE_MS);
    if (number > this.#openNumber) {
      const page = this.#pages.get(number);
      if (page) page.push(entry);
      else this.#pages.set(number, [entry]);
      return;
    }
    let index = this.#open.length;
    while (index > this.#next && (this.#open[index - 1] as Entry).atMs > entry.atMs) index--;
    this.#open.splice(index, 0, entry);
  }

  /** Lets everything happen that has a time before `untilMs`, in order. */
  run(untilMs: number): void {
    while (this.#openNumber * PAGE_MS < untilMs) {
      while (this.#next < this.#open.length) {
        const { atMs, run } = this.#open[this.#next] as Entry;
        if (atMs >= untilMs) return;
        this.#next++;
        this.#nowMs = atMs;
        run();
      }
      this.#open = this.#pages.get(++this.#openNumber) ?? [];
      this.#pages.delete(this.#openNumber);
      this.#open.sort((a, b) => a.atMs - b.atMs);
      this.#next = 0;
    }
    this.#nowMs = untilMs;
  }
}
