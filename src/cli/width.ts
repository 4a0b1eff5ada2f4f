// SPDX-License-Identifier: Apache-2.0
/** How many columns of a terminal a text takes, and text cut to so many. What is measured has no control characters. */

/** East Asian wide and full-width letters, and pictures: two columns each. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** Marks that stand over the letter before them. */
const MARK = /\p{M}/u;

const PLAIN = /^[\x20-\x7e]*$/;

export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** Text of at most so many columns; the last one is `…` where some is left out. */
export function fitted(text: string, widthMax: number): string {
  if (widthOf(text) <= widthMax) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += columnsOf(character);
    if (width > widthMax - 1) break;
    kept += character;
  }
  return widthMax > 0 ? `${kept}…` : '';
}

/** Text filled up with blanks to so many columns. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function columnsOf(character: string): number {
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
