// SPDX-License-Identifier: Apache-2.0
/**
 * What was delivered before: exporters that got no answer send a request again, within a minute. Remembered by 64 bits of each
 * id, in two generations, of which the older one is dropped as a whole: sixteen bytes an id, and no object for any.
 *
 * Of a million ids two different ones share their 64 bits once in half a year of a million spans a second.
 */
import { Fingerprint } from '../../model/fingerprint.js';

/** Ids in a generation; twice as many are known at most. */
const GENERATION_COUNT = 131_072;
/** Places, half of which are taken at most. */
const PLACES = 2 * GENERATION_COUNT;

/** Words of a trace id and a span id. */
const ID_WORDS = 6;

export class RecentIds {
  readonly #fingerprint = new Fingerprint();
  #young = new Int32Array(0);
  #old = new Int32Array(0);
  #count = 0;

  /**
   * Notes an id: six words, from `at` on. Some tracers give both ends of a call one id; `side` tells them apart.
   *
   * @returns whether it is new
   */
  add(ids: Uint32Array, at: number, side: number): boolean {
    const fingerprint = this.#fingerprint;
    fingerprint.begin();
    for (let word = at; word < at + ID_WORDS; word++) fingerprint.word(ids[word] as number);
    fingerprint.word(side);
    // A pair of zeros marks a free place.
    const high = fingerprint.high || 1;
    const { low } = fingerprint;
    if (this.#young.length === 0) this.#young = new Int32Array(2 * PLACES);
    const place = placeOf(this.#young, high, low);
    if (this.#young[place] !== 0) return false;
    if (this.#old.length > 0 && this.#old[placeOf(this.#old, high, low)] !== 0) return false;
    this.#young[place] = high;
    this.#young[place + 1] = low;
    if (++this.#count >= GENERATION_COUNT) this.#turn();
    return true;
  }

  #turn(): void {
    const spent = this.#old;
    this.#old = this.#young;
    this.#young = spent.fill(0);
    this.#count = 0;
  }
}

/** Where an id is, or may be put. */
function placeOf(ids: Int32Array, high: number, low: number): number {
  let place = 2 * (low & (PLACES - 1));
  while (ids[place] !== 0 && (ids[place] !== high || ids[place + 1] !== low)) place = (place + 2) & (2 * PLACES - 1);
  return place;
}
