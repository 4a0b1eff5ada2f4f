// SPDX-License-Identifier: Apache-2.0
/** Which of the names there are somebody may have meant who wrote another one: `dn2` for `datanode/dn2`, `datanode/db2` for it too. */
import { compareTexts } from '../model/text-order.js';

/** More than these are no suggestion but a list. */
const SUGGESTION_COUNT_MAX = 3;

/** Of names so long nobody writes one by heart, and comparing them takes their lengths' product. */
const LENGTH_MAX = 128;

/** The nearest first; none where nothing is near. */
export function nearestOf(written: string, names: Iterable<string>): readonly string[] {
  const wanted = written.slice(0, LENGTH_MAX).toLowerCase();
  // A third of the word wrong is another word.
  const distanceMax = Math.max(1, Math.floor(wanted.length / 3));
  const near: { readonly name: string; readonly distance: number }[] = [];
  for (const name of new Set(names)) {
    const known = name.slice(0, LENGTH_MAX).toLowerCase();
    const distance = isPartOf(wanted, known) ? 0 : distanceBetween(wanted, known, distanceMax);
    if (distance <= distanceMax) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance || a.name.length - b.name.length || compareTexts(a.name, b.name));
  return near.slice(0, SUGGESTION_COUNT_MAX).map(({ name }) => name);
}

/** A part of two letters says little. */
function isPartOf(wanted: string, known: string): boolean {
  return wanted.length > 2 && known.includes(wanted);
}

/** Letters to add, take away, change, or swap with the next; something above `max` where it is above. */
function distanceBetween(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return max + 1;
  let [older, old]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min((old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (older[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    [older, old] = [old, row];
  }
  return old[b.length] ?? max + 1;
}
