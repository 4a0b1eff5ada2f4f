// SPDX-License-Identifier: Apache-2.0
/** Texts by their UTF-16 code units, for `sort`: the same order on every machine, and ten times as fast as a locale's. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
