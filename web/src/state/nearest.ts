// SPDX-License-Identifier: Apache-2.0
/** Names that are nearly as what was asked for. Pure. */
const NEAREST_COUNT = 8;

/** Those that share the most pairs of letters with `name`, the nearest first. */
export function nearestNames<T extends { readonly subject: string }>(name: string, known: Iterable<T>): readonly T[] {
  const wanted = pairsOf(name);
  return [...known]
    .map((each) => ({ each, likeness: likeness(wanted, pairsOf(each.subject)) }))
    .filter(({ likeness: share }) => share > 0.2)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, NEAREST_COUNT)
    .map(({ each }) => each);
}

function pairsOf(name: string): ReadonlySet<string> {
  const text = ` ${name.toLowerCase()} `;
  return new Set(Array.from({ length: text.length - 1 }, (_, at) => text.slice(at, at + 2)));
}

/** Dice's coefficient: 1 for the same pairs, 0 for none in common. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const pair of a) if (b.has(pair)) shared++;
  return (2 * shared) / (a.size + b.size);
}
