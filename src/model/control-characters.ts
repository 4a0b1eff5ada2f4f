// SPDX-License-Identifier: Apache-2.0
/**
 * Characters that a terminal obeys rather than shows. Names and messages come from whoever sends spans; printed as they are
 * they could repaint a screen, hide the line before, or turn the direction of writing.
 *
 * They are Unicode's controls (C1 too: a terminal takes U+009B for ESC [), its formatting (bidirectional marks, what has no
 * width, tags, which spell ASCII that nobody sees) and its separators of lines and paragraphs.
 */

const NOT_SHOWN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** JSON escapes line ends in its texts; those between its tokens are its own. */
const NOT_SHOWN_IN_JSON = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text from outside, harmless to a terminal: U+FFFD stands for each character that is not shown. */
export function withoutControls(text: string): string {
  return text.replace(NOT_SHOWN, '\ufffd');
}

/** JSON that means the same and is harmless to a terminal. */
export function withControlsEscaped(json: string): string {
  return json.replace(NOT_SHOWN_IN_JSON, (found) =>
    [...Array(found.length).keys()]
      .map((index) => `\\u${found.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
