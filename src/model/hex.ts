// SPDX-License-Identifier: Apache-2.0
/** Ids as words of 32 bits, and as the lower-case hex digits that people and exporters know them by. */

/** `count` words from `at` on, eight digits each. */
export function hexOfWords(words: Uint32Array, at: number, count: number): string {
  let digits = '';
  for (let word = at; word < at + count; word++) digits += (words[word] as number).toString(16).padStart(8, '0');
  return digits;
}

/** The other way round: eight digits to a word, from `at` on. */
export function writeHex(words: Uint32Array, at: number, digits: string): void {
  for (let from = 0; from < digits.length; from += 8) {
    words[at + from / 8] = Number.parseInt(digits.slice(from, from + 8), 16);
  }
}
