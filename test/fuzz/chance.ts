// SPDX-License-Identifier: Apache-2.0
/**
 * Chance from a seed, one stream for each mutation: the millionth mutation of a run can be made again alone, without the
 * 999,999 before it.
 *
 * Source: Bob Jenkins, "A small noncryptographic PRNG" (jsf32).
 */
const WARM_UP_ROUNDS = 12;

export class Chance {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** Begins the stream of one mutation. */
  restart(seed: number, stream: number): void {
    this.#a = 0xf1ea5eed;
    this.#b = seed >>> 0;
    this.#c = stream >>> 0;
    this.#d = Math.floor(stream / 2 ** 32) >>> 0;
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.next();
  }

  /** 32 bits, unsigned. */
  next(): number {
    const e = (this.#a - ((this.#b << 27) | (this.#b >>> 5))) | 0;
    this.#a = this.#b ^ ((this.#c << 17) | (this.#c >>> 15));
    this.#b = (this.#c + this.#d) | 0;
    this.#c = (this.#d + e) | 0;
    this.#d = (e + this.#a) | 0;
    return this.#d >>> 0;
  }

  /** A whole number from 0 to less than `count`; 0 where there is nothing to choose from. */
  below(count: number): number {
    return count > 1 ? this.next() % count : 0;
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }

  /** A length that is mostly small and now and then large: up to 4, 32, 256 or 2,048. */
  length(): number {
    return 1 + this.below(4 << (3 * this.below(4)));
  }
}
