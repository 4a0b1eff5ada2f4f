// SPDX-License-Identifier: Apache-2.0
/** Views in the order in which they were seen, linked through the views themselves. Every step is O(1). */
import type { View } from './records.js';

export class RecencyList {
  #oldest: View | undefined;
  #newest: View | undefined;

  get oldest(): View | undefined {
    return this.#oldest;
  }

  add(view: View): void {
    view.older = this.#newest;
    if (this.#newest) this.#newest.newer = view;
    else this.#oldest = view;
    this.#newest = view;
  }

  /** Makes a view the one seen last. */
  touch(view: View): void {
    if (view === this.#newest) return;
    this.remove(view);
    this.add(view);
  }

  remove(view: View): void {
    const { older, newer } = view;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    view.older = undefined;
    view.newer = undefined;
  }

  *newestFirst(): Iterable<View> {
    for (let view = this.#newest; view; view = view.older) yield view;
  }
}
