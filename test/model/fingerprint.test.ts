// SPDX-License-Identifier: Apache-2.0
/** Both words of a fingerprint tell apart what differs, and so its 64 bits are 64. */
import { describe, expect, it } from 'vitest';
import { Fingerprint } from '../../src/model/fingerprint.js';

const SEEDS = [0, 1, -1, 0x5bd1e995, 0x12345678] as const;

function wordsOf(seed: number, bytes: readonly number[]): readonly [number, number] {
  const fingerprint = new Fingerprint();
  fingerprint.begin(seed, ~seed);
  fingerprint.bytes(new DataView(Uint8Array.from(bytes).buffer), 0, bytes.length);
  return [fingerprint.high, fingerprint.low];
}

/** A few strings of up to nine bytes, each with up to eight zeros behind it, and zeros alone. */
function withZeros(): number[][] {
  const stems = Array.from({ length: 10 }, (_, length) => Array.from({ length }, (_each, at) => 97 + at));
  const zeros = Array.from({ length: 9 }, (_, length) => new Array<number>(length).fill(0));
  return stems.flatMap((stem) => zeros.map((tail) => [...stem, ...tail]));
}

describe.each(SEEDS)('with the seed %i', (seed) => {
  it('bytes with zeros behind them have other words than without, both of them', () => {
    const all = withZeros();
    const words = all.map((bytes) => wordsOf(seed, bytes));
    const different = new Set(all.map(String)).size;
    expect(new Set(words.map(([high]) => high)).size).toBe(different);
    expect(new Set(words.map(([, low]) => low)).size).toBe(different);
  });

  it('the same bytes have the same words, wherever they stand', () => {
    const fingerprint = new Fingerprint();
    fingerprint.begin(seed, ~seed);
    fingerprint.bytes(new DataView(Uint8Array.of(9, 9, 9, 1, 2, 3, 4, 5, 9).buffer), 3, 8);
    expect([fingerprint.high, fingerprint.low]).toEqual(wordsOf(seed, [1, 2, 3, 4, 5]));
  });
});

it('what the length adds to one word depends on the seed', () => {
  const steps = SEEDS.map((seed) => (wordsOf(seed, [97, 0, 0, 0])[1] - wordsOf(seed, [97])[1]) | 0);
  expect(new Set(steps).size).toBe(SEEDS.length);
});
