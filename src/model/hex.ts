// SPDX-License-Identifier: Apache-2.0
/** Ids as words of 32 bits, and as the lower-case hex digits that people and exporters know them by. */

/** `count` words from `at` on, eight digits each. */
export function hexOfWords(words: Uint32Array, at: number, count: number): string {
  let digits = '';
  for (let word = at; word < at + count; word++) digits += (words[word] as number).toString(16).padStart(8, '0');
  return digits;
}

/** The other way round: eight digits to a word, from `at` on. They must be hex digits, and eight to each word. */
export function writeHex(words: Uint32Array, at: number, digits: string): void {
  for (let from = 0, word = at; from < digits.length; word++) {
    let value = 0;
    // A letter's low bits count from 1, and it alone has bit 6.
    for (const end = from + 8; from < end; from++) {
      const code = digits.charCodeAt(from);
      value = (value << 4) | ((code & 15) + (code >> 6) * 9);
    }
    words[word] = value;
  }
}
