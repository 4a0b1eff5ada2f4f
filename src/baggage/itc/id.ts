// SPDX-License-Identifier: Apache-2.0
/**
 * The id of an Interval Tree Clock: which parts of the unit interval are mine. Picture a strip of paper. One who holds
 * the whole strip can tear it in two and hand half to somebody who was never heard of before; each half can be torn
 * again, and pieces that meet are glued together. No piece is ever held twice, so nobody has to hand out names.
 *
 * `0` is no paper, `1` is the whole strip, `[left, right]` says how much of either half. An id is in normal form: a pair
 * is neither `[0, 0]` nor `[1, 1]`, which are written `0` and `1`. All functions take normal forms and give them back.
 *
 * Source: Almeida, Baquero, Fonte, "Interval Tree Clocks" (OPODIS 2008), section 5: "Normal form", "Fork", "Join".
 */

export type Id = 0 | 1 | readonly [Id, Id];

/**
 * Tears an id in two that do not overlap and that together make up the whole of it. `0` gives two of `0`. A half that is
 * never joined again leaves its sibling one level deeper for good; see `depthOfId`. O(depth).
 */
export function splitId(id: Id): [Id, Id] {
  if (id === 0) return [0, 0];
  if (id === 1) {
    return [
      [1, 0],
      [0, 1],
    ];
  }
  const left = id[0];
  const right = id[1];
  if (left === 0) {
    const [one, other] = splitId(right);
    return [
      [0, one],
      [0, other],
    ];
  }
  if (right === 0) {
    const [one, other] = splitId(left);
    return [
      [one, 0],
      [other, 0],
    ];
  }
  return [
    [left, 0],
    [0, right],
  ];
}

/**
 * Glues two ids together. O(size of what both divide).
 *
 * @throws RangeError when they overlap: then one piece is held twice, and no order of events can be trusted any more.
 */
export function sumIds(a: Id, b: Id): Id {
  if (a === 0) return b;
  if (b === 0) return a;
  if (a === 1 || b === 1) {
    throw new RangeError(
      'Two ids of an interval tree clock overlap: join a stamp once, and never with a copy of itself',
    );
  }
  const left = sumIds(a[0], b[0]);
  const right = sumIds(a[1], b[1]);
  // Two parts that are not empty never sum to [0, 0].
  return left === 1 && right === 1 ? 1 : [left, right];
}

/** Whether a part of the strip is in both. `0` overlaps nothing. O(size of what both divide). */
export function overlaps(a: Id, b: Id): boolean {
  if (a === 0 || b === 0) return false;
  if (a === 1 || b === 1) return true;
  return overlaps(a[0], b[0]) || overlaps(a[1], b[1]);
}

/** Whether this is the whole strip: everybody who ever held a part has joined again. O(1). */
export function isWhole(id: Id): boolean {
  return id === 1;
}

/** How often the strip was halved for the smallest part: 0 for `0` and `1`. A fork adds at most 1. O(size). */
export function depthOfId(id: Id): number {
  return typeof id === 'number' ? 0 : 1 + Math.max(depthOfId(id[0]), depthOfId(id[1]));
}
