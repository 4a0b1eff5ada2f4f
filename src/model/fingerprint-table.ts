// SPDX-License-Identifier: Apache-2.0
/**
 * Things by fingerprints of what they are known by: sixteen bytes a place, where a map would keep the text itself. Two
 * generations: what is asked for is in the younger one or moves there, and when that is full the older one is dropped as a whole.
 * So what is used stays, what is not goes, and nobody keeps a list of when.
 */

const FIRST_PLACES = 256;

export class FingerprintTable<T> {
  readonly #countMax: number;
  readonly #onDropped: ((thing: T) => void) | undefined;
  #young = new Generation<T>(FIRST_PLACES);
  #old = new Generation<T>(FIRST_PLACES);

  /**
   * @param countMax things in one generation; at most twice as many are held
   * @param onDropped told of each thing that is held no more
   */
  constructor(countMax: number, onDropped?: (thing: T) => void) {
    this.#countMax = countMax;
    this.#onDropped = onDropped;
  }

  /** The thing with this fingerprint. */
  find(high: number, low: number): T | undefined {
    const young = this.#young.find(high, low);
    if (young !== undefined) return young;
    const old = this.#old.find(high, low);
    if (old !== undefined) this.set(high, low, old);
    return old;
  }

  /** Puts in a thing that is not there yet. */
  set(high: number, low: number, thing: T): void {
    if (this.#young.count >= this.#countMax) this.#turn(thing);
    this.#young.add(high, low, thing);
  }

  /** @param moving a thing that is about to be put into the new generation, and may come from the one that is dropped */
  #turn(moving: T): void {
    const [dropped, kept] = [this.#old, this.#young];
    this.#old = kept;
    this.#young = new Generation(kept.placeCount);
    const onDropped = this.#onDropped;
    if (onDropped) dropped.tellOthers(kept, (thing) => thing !== moving && onDropped(thing));
  }
}

/** Open addressing; at most half of the places are taken. */
class Generation<T> {
  count = 0;
  #high: Int32Array;
  #low: Int32Array;
  #things: (T | undefined)[];

  /** @param placeCount places at first, a power of two; where one was full there will be as many again */
  constructor(placeCount: number) {
    this.#high = new Int32Array(placeCount);
    this.#low = new Int32Array(placeCount);
    this.#things = empty(placeCount);
  }

  get placeCount(): number {
    return this.#things.length;
  }

  find(high: number, low: number): T | undefined {
    const mask = this.#low.length - 1;
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const thing = this.#things[place];
      if (thing === undefined || (this.#low[place] === low && this.#high[place] === high)) return thing;
    }
  }

  add(high: number, low: number, thing: T): void {
    if (++this.count * 2 > this.#low.length) this.#grow();
    this.#put(high, low, thing);
  }

  /** Tells of each thing that the other one does not hold. */
  tellOthers(other: Generation<T>, tell: (thing: T) => void): void {
    for (const [place, thing] of this.#things.entries()) {
      if (thing === undefined) continue;
      if (other.find(this.#high[place] as number, this.#low[place] as number) !== thing) tell(thing);
    }
  }

  #put(high: number, low: number, thing: T): void {
    const mask = this.#low.length - 1;
    let place = low & mask;
    while (this.#things[place] !== undefined) place = (place + 1) & mask;
    this.#high[place] = high;
    this.#low[place] = low;
    this.#things[place] = thing;
  }

  #grow(): void {
    const [highs, lows, things] = [this.#high, this.#low, this.#things];
    this.#high = new Int32Array(2 * highs.length);
    this.#low = new Int32Array(2 * lows.length);
    this.#things = empty(2 * things.length);
    for (const [place, thing] of things.entries()) {
      if (thing !== undefined) this.#put(highs[place] as number, lows[place] as number, thing);
    }
  }
}

function empty<T>(places: number): (T | undefined)[] {
  return new Array<T | undefined>(places).fill(undefined);
}
