// SPDX-License-Identifier: Apache-2.0
/**
 * A map that forgets what was put in first once it is full. A `Map` alone would do, but finding its first key takes as long as
 * there are places of deleted ones before it: tens of thousands of steps where every entry replaces an old one. So the keys
 * stand in a queue as well.
 */

interface Entry<V> {
  readonly value: V;
  /** Which of the places in the queue that have its key is the entry's own. */
  readonly turn: number;
}

interface Place<K> {
  readonly key: K;
  readonly turn: number;
}

export class BoundedMap<K, V> {
  readonly #countMax: number;
  readonly #onForgotten: ((value: V) => void) | undefined;
  readonly #entries = new Map<K, Entry<V>>();
  #queue: Place<K>[] = [];
  #head = 0;
  #turns = 0;

  /** @param onForgotten told of each value that went to make room */
  constructor(countMax: number, onForgotten?: (value: V) => void) {
    this.#countMax = countMax;
    this.#onForgotten = onForgotten;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Puts a value in as the newest. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    while (this.#entries.size >= this.#countMax) this.#forgetOldest();
    const turn = this.#turns++;
    this.#entries.set(key, { value, turn });
    this.#queue.push({ key, turn });
    if (this.#queue.length > 2 * (this.#entries.size + 32)) this.#tidy();
  }

  /** Takes a value out. */
  take(key: K): V | undefined {
    const value = this.get(key);
    this.#entries.delete(key);
    return value;
  }

  /** What is in, oldest first. */
  *entries(): IterableIterator<[K, V]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  #forgetOldest(): void {
    const { key, turn } = this.#queue[this.#head++] as Place<K>;
    const entry = this.#entries.get(key);
    if (entry?.turn !== turn) return;
    this.#entries.delete(key);
    this.#onForgotten?.(entry.value);
  }

  /** Leaves out the places of what was taken out, replaced or forgotten. */
  #tidy(): void {
    this.#queue = this.#queue.slice(this.#head).filter(({ key, turn }) => this.#entries.get(key)?.turn === turn);
    this.#head = 0;
  }
}
