// SPDX-License-Identifier: Apache-2.0
/**
 * The event tree of an Interval Tree Clock: a skyline over the unit interval. Whoever makes an event raises the skyline
 * above its own part of the interval; whoever learns from another takes the higher of the two at every place. So one
 * has seen all that another has seen exactly when its skyline is nowhere lower.
 *
 * A number is a flat roof of that height. `[base, left, right]` is a ground floor of height `base` with a skyline upon
 * either half. Heights are integers from 0 to 2^53 - 1, summed from the root. In normal form the lower of two halves
 * stands on the ground (its own base is 0), and equal flat roofs are one, so that one skyline has one tree. All
 * functions take normal forms and give them back; trees are never changed, and parts of them are shared.
 *
 * Source: Almeida, Baquero, Fonte, "Interval Tree Clocks" (OPODIS 2008), section 5: "Normal form", "Comparison", "Join".
 */

export type EventTree = number | readonly [base: number, left: EventTree, right: EventTree];

/** The least height. In normal form it is the base. O(1). */
export function minOf(event: EventTree): number {
  return typeof event === 'number' ? event : event[0];
}

/** The greatest height. O(size). */
export function maxOf(event: EventTree): number {
  return typeof event === 'number' ? event : event[0] + Math.max(maxOf(event[1]), maxOf(event[2]));
}

/** The skyline raised everywhere by `height`. O(1). */
export function lift(event: EventTree, height: number): EventTree {
  if (height === 0) return event;
  return typeof event === 'number' ? event + height : [event[0] + height, event[1], event[2]];
}

/** The skyline lowered everywhere by `height`, which is at most `minOf(event)`. O(1). */
export function sink(event: EventTree, height: number): EventTree {
  return lift(event, -height);
}

/** The tree with this base and these halves, in normal form if both halves are. O(1). */
export function normalise(base: number, left: EventTree, right: EventTree): EventTree {
  if (typeof left === 'number' && left === right) return base + left;
  const lowest = Math.min(minOf(left), minOf(right));
  return [base + lowest, sink(left, lowest), sink(right, lowest)];
}

/** Whether the skyline of `a` is nowhere higher than that of `b`: `b` has seen all that `a` has. O(size of `a`). */
export function leqEvents(a: EventTree, b: EventTree): boolean {
  return leqAbove(a, 0, b, 0);
}

/** `leqEvents` of trees that stand on `groundA` and `groundB`. Heights are carried down, so that nothing is built. */
function leqAbove(a: EventTree, groundA: number, b: EventTree, groundB: number): boolean {
  if (a === b) return groundA <= groundB;
  if (typeof a === 'number') return groundA + a <= groundB + minOf(b);
  const floorA = groundA + a[0];
  if (typeof b === 'number') {
    return floorA <= groundB + b && leqAbove(a[1], floorA, b, groundB) && leqAbove(a[2], floorA, b, groundB);
  }
  const floorB = groundB + b[0];
  return floorA <= floorB && leqAbove(a[1], floorA, b[1], floorB) && leqAbove(a[2], floorA, b[2], floorB);
}

/** The higher of two skylines at every place: all that either has seen. O(size of both). */
export function joinEvents(a: EventTree, b: EventTree): EventTree {
  return joinLifted(a, b, 0);
}

/**
 * `joinEvents` of `a` with `b` raised by `height`, which is not negative. The paper makes a flat roof into a node with
 * two halves of 0 to join it with a node. Here what of the roof shows above the node's base goes down into both of the
 * node's halves, and the node is shared as it stands when nothing shows.
 */
function joinLifted(a: EventTree, b: EventTree, height: number): EventTree {
  if (a === b) return lift(b, height);
  const baseA = minOf(a);
  const baseB = minOf(b) + height;
  if (typeof a === 'number') {
    if (baseA <= baseB) return lift(b, height);
    if (typeof b === 'number') return a;
    const above = baseA - baseB;
    return normalise(baseB, joinLifted(b[1], 0, above), joinLifted(b[2], 0, above));
  }
  if (typeof b === 'number') {
    if (baseB <= baseA) return a;
    const above = baseB - baseA;
    return normalise(baseA, joinLifted(a[1], 0, above), joinLifted(a[2], 0, above));
  }
  return baseA <= baseB
    ? normalise(baseA, joinLifted(a[1], b[1], baseB - baseA), joinLifted(a[2], b[2], baseB - baseA))
    : normalise(baseB, joinLifted(b[1], a[1], baseA - baseB), joinLifted(b[2], a[2], baseA - baseB));
}
