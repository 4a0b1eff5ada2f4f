// SPDX-License-Identifier: Apache-2.0
/**
 * 64 bits of some bytes, as two words that are mixed apart. No cryptography, but from a seed that is drawn when the process
 * starts, so that what comes over the wire cannot be chosen to collide.
 */
import { systemRandom } from './clock.js';

function drawn(): number {
  const bytes = new Uint8Array(4);
  systemRandom(bytes);
  return new DataView(bytes.buffer).getInt32(0);
}

/** Of all hashes of this process. */
export const FINGERPRINT_SEED: number = drawn();

/** Odd numbers without a pattern (xxHash's and MurmurHash3's). */
const HIGH_FACTOR = 0x85ebca6b;
const LOW_FACTOR = 0xc2b2ae35;

export class Fingerprint {
  high = 0;
  low = 0;

  /** Begins anew, from another fingerprint's words. */
  begin(high: number = FINGERPRINT_SEED, low: number = ~FINGERPRINT_SEED): void {
    this.high = high;
    this.low = low;
  }

  word(word: number): void {
    this.high = turned(Math.imul(this.high ^ word, HIGH_FACTOR));
    this.low = mixed(Math.imul(this.low + word, LOW_FACTOR));
  }

  /**
   * The bytes from `start` up to `end`, and how many they are: that comes first and by itself, for four bytes are read as one
   * number, and what ends in zeros would else be the same number as what is shorter.
   */
  bytes(view: DataView, start: number, end: number): void {
    this.word(end - start);
    let { high, low } = this;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = view.getUint32(at, true);
      high = turned(Math.imul(high ^ word, HIGH_FACTOR));
      low = mixed(Math.imul(low + word, LOW_FACTOR));
    }
    for (; at < end; at++) {
      const byte = view.getUint8(at);
      high = turned(Math.imul(high ^ byte, HIGH_FACTOR));
      low = mixed(Math.imul(low + byte, LOW_FACTOR));
    }
    this.high = high;
    this.low = low;
  }

  /** The code units of a text, two at a time, and how many they are, as with bytes. */
  text(text: string): void {
    const { length } = text;
    this.word(length);
    let { high, low } = this;
    for (let at = 0; at < length; at += 2) {
      const next = at + 1 < length ? text.charCodeAt(at + 1) : 0;
      const word = text.charCodeAt(at) | (next << 16);
      high = turned(Math.imul(high ^ word, HIGH_FACTOR));
      low = mixed(Math.imul(low + word, LOW_FACTOR));
    }
    this.high = high;
    this.low = low;
  }
}

function turned(word: number): number {
  return (word << 13) | (word >>> 19);
}

function mixed(word: number): number {
  return word ^ (word >>> 15);
}
