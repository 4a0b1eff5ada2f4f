// SPDX-License-Identifier: Apache-2.0
/**
 * Forms by their fingerprints. Two generations: what is asked for is in the younger one or moves there, and when that is full the
 * older one is dropped as a whole. So what is used stays, what is not goes, and nobody keeps a list of when.
 */

const FIRST_PLACES = 256;

export class FormTable<F> {
  readonly #countMax: number;
  readonly #onDropped: ((form: F) => void) | undefined;
  #young = new Generation<F>();
  #old = new Generation<F>();

  /**
   * @param countMax forms in one generation; at most twice as many are held
   * @param onDropped told of each form that is held no more
   */
  constructor(countMax: number, onDropped?: (form: F) => void) {
    this.#countMax = countMax;
    this.#onDropped = onDropped;
  }

  /** The form with this fingerprint. */
  find(high: number, low: number): F | undefined {
    const young = this.#young.find(high, low);
    if (young !== undefined) return young;
    const old = this.#old.find(high, low);
    if (old !== undefined) this.set(high, low, old);
    return old;
  }

  /** Puts in a form that is not there yet. */
  set(high: number, low: number, form: F): void {
    if (this.#young.count >= this.#countMax) this.#turn(form);
    this.#young.add(high, low, form);
  }

  /** @param moving a form that is about to be put into the new generation, and may come from the one that is dropped */
  #turn(moving: F): void {
    const [dropped, kept] = [this.#old, this.#young];
    this.#old = kept;
    this.#young = new Generation();
    const onDropped = this.#onDropped;
    if (onDropped) dropped.tellOthers(kept, (form) => form !== moving && onDropped(form));
  }
}

/** Open addressing; at most half of the places are taken. */
class Generation<F> {
  count = 0;
  #high = new Int32Array(FIRST_PLACES);
  #low = new Int32Array(FIRST_PLACES);
  #forms: (F | undefined)[] = empty(FIRST_PLACES);

  find(high: number, low: number): F | undefined {
    const mask = this.#low.length - 1;
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const form = this.#forms[place];
      if (form === undefined || (this.#low[place] === low && this.#high[place] === high)) return form;
    }
  }

  add(high: number, low: number, form: F): void {
    if (++this.count * 2 > this.#low.length) this.#grow();
    this.#put(high, low, form);
  }

  /** Tells of each form that the other one does not hold. */
  tellOthers(other: Generation<F>, tell: (form: F) => void): void {
    for (const [place, form] of this.#forms.entries()) {
      if (form === undefined) continue;
      if (other.find(this.#high[place] as number, this.#low[place] as number) !== form) tell(form);
    }
  }

  #put(high: number, low: number, form: F): void {
    const mask = this.#low.length - 1;
    let place = low & mask;
    while (this.#forms[place] !== undefined) place = (place + 1) & mask;
    this.#high[place] = high;
    this.#low[place] = low;
    this.#forms[place] = form;
  }

  #grow(): void {
    const [highs, lows, forms] = [this.#high, this.#low, this.#forms];
    this.#high = new Int32Array(2 * highs.length);
    this.#low = new Int32Array(2 * lows.length);
    this.#forms = empty(2 * forms.length);
    for (const [place, form] of forms.entries()) {
      if (form !== undefined) this.#put(highs[place] as number, lows[place] as number, form);
    }
  }
}

function empty<F>(places: number): (F | undefined)[] {
  return new Array<F | undefined>(places).fill(undefined);
}
