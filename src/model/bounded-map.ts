// SPDX-License-Identifier: Apache-2.0
/** A map that forgets what was put in first once it is full. */
export class BoundedMap<K, V> {
  readonly #countMax: number;
  readonly #entries = new Map<K, V>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Puts a value in as the newest. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#countMax) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, value);
  }

  /** Takes a value out. */
  take(key: K): V | undefined {
    const value = this.#entries.get(key);
    this.#entries.delete(key);
    return value;
  }

  /** What is in, oldest first. */
  entries(): IterableIterator<[K, V]> {
    return this.#entries.entries();
  }
}
