// SPDX-License-Identifier: Apache-2.0
/** Chance that can be repeated: all that a simulated world leaves to chance is drawn from one seed. */
import { chanceFrom } from '../baggage/bag/chance.js';

export class Dice {
  readonly #chance: () => number;
  /** The second of two normal numbers, which are drawn together. */
  #spareNormal: number | undefined;

  constructor(seed: number) {
    this.#chance = chanceFrom(seed);
  }

  /** Dice of their own for a part of the world, so that a change in one part does not reshuffle all others. */
  fork(): Dice {
    return new Dice(Math.floor(this.#chance() * 2 ** 32));
  }

  /** From 0 to 1, without 1. */
  share(): number {
    return this.#chance();
  }

  happens(probability: number): boolean {
    return this.#chance() < probability;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.#chance();
  }

  /** Between two numbers, each order of magnitude as likely as the next. */
  scaleBetween(low: number, high: number): number {
    return low * (high / low) ** this.#chance();
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.#chance());
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('there is nothing to pick from');
    return from[Math.floor(from.length * this.#chance())] as T;
  }

  /** So many of them, or all where they are fewer, in no particular order. */
  sample<T>(from: readonly T[], count: number): T[] {
    const left = [...from];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0) {
      taken.push(...left.splice(Math.floor(left.length * this.#chance()), 1));
    }
    return taken;
  }

  /** The time until the next of events that come by chance, at a mean distance. */
  wait(meanMs: number): number {
    return -meanMs * Math.log(1 - this.#chance());
  }

  /** Log-normal: half of the numbers are below `median`, and `sigma` is the spread of their logarithm. */
  logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.#normal());
  }

  #normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.#chance()));
    const angle = 2 * Math.PI * this.#chance();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
