// SPDX-License-Identifier: Apache-2.0
/**
 * Interval Tree Clocks: they tell what happened before what among parties that come and go, without names for them. A
 * stamp is a part of a strip of paper (the id: where I may build) and a skyline over the whole strip (the event tree:
 * what I have seen built). `fork` tears the strip for a branch, `event` builds on one's own part, `join` glues two parts
 * together and keeps the higher skyline. When everybody has joined, the strip is whole and the skyline mostly flat: the
 * clock is as small again as at the start, which vector clocks never are.
 *
 * The one rule for callers: a stamp is used up by `fork`, `event` and `join`; go on with what they give, never with the
 * old one. What goes to somebody else as mere news is a `peek`. Stamps are plain values in normal form, never changed.
 *
 * Source: Almeida, Baquero, Fonte, "Interval Tree Clocks: A Logical Clock for Dynamic Systems" (OPODIS 2008), section 5.
 */
import { type EventTree, joinEvents, leqEvents, lift, maxOf, minOf, normalise } from './event.js';
import { type Id, splitId, sumIds } from './id.js';

export interface Stamp {
  /** Where events may be made. 0: nowhere, the stamp is anonymous. */
  readonly id: Id;
  /** The events known. */
  readonly event: EventTree;
}

/**
 * What it costs to divide a flat roof, counted in levels of depth: more than any tree is deep, so that growth divides
 * only where it must (the paper's constant N, under "Event"). Far above the recursion that a stack can hold, and 2^33 of
 * them can be summed exactly.
 */
const DIVISION_COST = 2 ** 20;

/** The first stamp: the whole id, and nothing has happened. All stamps that are to be compared come from one seed. O(1). */
export function seed(): Stamp {
  return { id: 1, event: 0 };
}

/**
 * Two stamps that share the id and both know what this one knows. An anonymous stamp gives two. Nothing bounds the depth
 * here: whoever may lose halves asks `depthOfId` before, since a stamp of more than 64 levels cannot be encoded.
 * O(depth of the id).
 */
export function fork(stamp: Stamp): [Stamp, Stamp] {
  const [left, right] = splitId(stamp.id);
  return [
    { id: left, event: stamp.event },
    { id: right, event: stamp.event },
  ];
}

/**
 * One stamp with both ids that knows what either knows. Either may be anonymous. O(size of both).
 *
 * @throws RangeError when the ids overlap, that is, when a stamp was used twice.
 */
export function join(a: Stamp, b: Stamp): Stamp {
  return { id: sumIds(a.id, b.id), event: joinEvents(a.event, b.event) };
}

/**
 * The stamp after one more event, which nobody else knows yet. Filling is tried first: to raise one's own part to what
 * stands beside it also is an event and makes the tree smaller. Only when there is nothing to fill does the tree grow,
 * by 1 at the cheapest place. O(size), and O(size * depth) for an id of many parts.
 *
 * @throws RangeError for an anonymous stamp, which has no part of its own, and when a height passes 2^53 - 1.
 */
export function event(stamp: Stamp): Stamp {
  const { id, event: known } = stamp;
  if (id === 0) throw new RangeError('An anonymous stamp can make no event: it has no id; use a forked stamp');
  const filled = fill(id, known);
  return { id, event: filled === known ? grow(id, known, 0) : filled };
}

/** An anonymous copy: what this stamp knows, to be joined by others, without any part of its id. O(1). */
export function peek(stamp: Stamp): Stamp {
  return { id: 0, event: stamp.event };
}

/** Whether `b` knows every event that `a` knows. Neither `leq(a, b)` nor `leq(b, a)`: they are concurrent. O(size of `a`). */
export function leq(a: Stamp, b: Stamp): boolean {
  return leqEvents(a.event, b.event);
}

/**
 * Whether `known` has events on the stamp's own part that the stamp does not know. Only its owner can have made them, so
 * the stamp is a copy of one that was used up. O(size of both).
 */
export function isUsedUp(stamp: Stamp, known: EventTree): boolean {
  return isHigherWithin(stamp.id, known, stamp.event);
}

function isHigherWithin(id: Id, known: EventTree, own: EventTree): boolean {
  if (id === 0 || known === own) return false;
  if (id === 1) return !leqEvents(known, own);
  const [knownLeft, knownRight] = halvesOf(known);
  const [left, right] = halvesOf(own);
  return isHigherWithin(id[0], knownLeft, left) || isHigherWithin(id[1], knownRight, right);
}

function halvesOf(event: EventTree): readonly [EventTree, EventTree] {
  return typeof event === 'number' ? [event, event] : [lift(event[1], event[0]), lift(event[2], event[0])];
}

/** The paper's `fill`. Gives the very tree back when there is nothing to fill. */
function fill(id: Id, known: EventTree): EventTree {
  if (id === 0 || typeof known === 'number') return known;
  if (id === 1) return maxOf(known);
  const ownLeft = id[0];
  const ownRight = id[1];
  let left = known[1];
  let right = known[2];
  if (ownLeft === 1) {
    right = fill(ownRight, right);
    left = Math.max(maxOf(left), minOf(right));
  } else if (ownRight === 1) {
    left = fill(ownLeft, left);
    right = Math.max(maxOf(right), minOf(left));
  } else {
    left = fill(ownLeft, left);
    right = fill(ownRight, right);
  }
  return left === known[1] && right === known[2] ? known : normalise(known[0], left, right);
}

/**
 * The paper's `grow`, for a tree that `fill` leaves as it is. That is why the result needs no normal form made: a part
 * that grows was at least as high as the lowest beside it. `ground` is the sum of the bases above, for the bound only.
 */
function grow(id: Id, known: EventTree, ground: number): EventTree {
  if (id === 1) {
    // fill() has made everything above a whole part flat.
    const height = minOf(known);
    if (ground + height >= Number.MAX_SAFE_INTEGER) {
      throw new RangeError('An event tree counts no further than 2^53 - 1: start again from a new seed');
    }
    return height + 1;
  }
  const [ownLeft, ownRight] = id as readonly [Id, Id];
  const base = minOf(known);
  const left = typeof known === 'number' ? 0 : known[1];
  const right = typeof known === 'number' ? 0 : known[2];
  return ownRight === 0 || (ownLeft !== 0 && costOfGrowth(ownLeft, left) < costOfGrowth(ownRight, right))
    ? [base, grow(ownLeft, left, ground + base), right]
    : [base, left, grow(ownRight, right, ground + base)];
}

/** What the paper's `grow` reports beside the tree: levels down to the place that grows, and flat roofs divided there. */
function costOfGrowth(id: Id, known: EventTree): number {
  if (id === 0) return Number.POSITIVE_INFINITY;
  if (id === 1) return 0;
  const flat = typeof known === 'number';
  const left = costOfGrowth(id[0], flat ? 0 : known[1]);
  const right = costOfGrowth(id[1], flat ? 0 : known[2]);
  return Math.min(left, right) + 1 + (flat ? DIVISION_COST : 0);
}
