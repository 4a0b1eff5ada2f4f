// SPDX-License-Identifier: Apache-2.0
/**
 * The operations on event trees as the paper defines them, case by case, with no thought of speed. They are the measure
 * for the quick ones, which carry sums down, share what does not change, and take costs apart from growth.
 *
 * Source: Almeida, Baquero, Fonte, "Interval Tree Clocks" (OPODIS 2008), section 5.
 */
import type { EventTree } from '../../../src/baggage/itc/event.js';
import type { Id } from '../../../src/baggage/itc/id.js';

const lift = (e: EventTree, m: number): EventTree => (typeof e === 'number' ? e + m : [e[0] + m, e[1], e[2]]);
const min = (e: EventTree): number => (typeof e === 'number' ? e : e[0] + Math.min(min(e[1]), min(e[2])));
const max = (e: EventTree): number => (typeof e === 'number' ? e : e[0] + Math.max(max(e[1]), max(e[2])));
const branch = (e: EventTree): readonly [number, EventTree, EventTree] => (typeof e === 'number' ? [e, 0, 0] : e);

function norm(e: EventTree): EventTree {
  if (typeof e === 'number') return e;
  const [n, l, r] = e;
  if (typeof l === 'number' && l === r) return n + l;
  const m = Math.min(min(l), min(r));
  return [n + m, lift(l, -m), lift(r, -m)];
}

export function leq(a: EventTree, b: EventTree): boolean {
  if (typeof a === 'number') return a <= branch(b)[0];
  const [n, l, r] = a;
  if (typeof b === 'number') return n <= b && leq(lift(l, n), b) && leq(lift(r, n), b);
  const [m, x, y] = b;
  return n <= m && leq(lift(l, n), lift(x, m)) && leq(lift(r, n), lift(y, m));
}

export function join(a: EventTree, b: EventTree): EventTree {
  if (typeof a === 'number' && typeof b === 'number') return Math.max(a, b);
  const [n, l, r] = branch(a);
  const [m, x, y] = branch(b);
  if (n > m) return join(b, a);
  return norm([n, join(l, lift(x, m - n)), join(r, lift(y, m - n))]);
}

export function event(id: Id, e: EventTree): EventTree {
  const filled = fill(id, e);
  return JSON.stringify(filled) === JSON.stringify(e) ? grow(id, e).tree : filled;
}

function fill(id: Id, e: EventTree): EventTree {
  if (id === 0) return e;
  if (id === 1) return max(e);
  if (typeof e === 'number') return e;
  const [n, l, r] = e;
  if (id[0] === 1) {
    const right = fill(id[1], r);
    return norm([n, Math.max(max(l), min(right)), right]);
  }
  if (id[1] === 1) {
    const left = fill(id[0], l);
    return norm([n, left, Math.max(max(r), min(left))]);
  }
  return norm([n, fill(id[0], l), fill(id[1], r)]);
}

/** The cost is a pair, compared from the left: flat roofs divided, levels gone down. */
interface Grown {
  readonly tree: EventTree;
  readonly divided: number;
  readonly levels: number;
}

function grow(id: Id, e: EventTree): Grown {
  if (typeof e === 'number') {
    if (id === 1) return { tree: e + 1, divided: 0, levels: 0 };
    const { tree, divided, levels } = grow(id, [e, 0, 0]);
    return { tree, divided: divided + 1, levels };
  }
  if (typeof id === 'number') throw new Error('a whole part over a node is filled, and an empty part never grows');
  const [n, l, r] = e;
  const left = id[0] === 0 ? undefined : grow(id[0], l);
  const right = id[1] === 0 ? undefined : grow(id[1], r);
  if (left && (!right || cheaper(left, right))) return { ...left, tree: [n, left.tree, r], levels: left.levels + 1 };
  if (!right) throw new Error('an id has at least one part');
  return { ...right, tree: [n, l, right.tree], levels: right.levels + 1 };
}

function cheaper(a: Grown, b: Grown): boolean {
  return a.divided === b.divided ? a.levels < b.levels : a.divided < b.divided;
}
