// SPDX-License-Identifier: Apache-2.0
/** Who is who in a simulated world: a branch with the tuples that it must know, and the family whose clock it shares. */
import type { Baggage } from '../../../src/baggage/bag/baggage.js';

export interface Member {
  baggage: Baggage;
  readonly family: Family;
  readonly known: Set<number>;
  /** What was handed over with an answer, and is not taken again. Branches of one process share it. */
  gone: Set<number>;
  /** Where its knowledge is since it was joined. */
  into?: Member;
  /** Requests that may still be answered to it. */
  openCalls: number;
}

export interface Family {
  home?: Member;
  readonly asker?: Member;
  readonly inherited: ReadonlySet<number>;
  readonly members: Set<Member>;
  /** Whether a part of its clock can no longer come back. */
  broken: boolean;
  /** Whether it has copies that the sender's clock does not follow; see `isLoose`. */
  loose: boolean;
}

/** Adds what another branch or an answer tells, save what was handed over before. */
export function learn(member: Member, known: ReadonlySet<number>): void {
  for (const id of known) if (!member.gone.has(id)) member.known.add(id);
}

/**
 * Whether a family works with copies that its sender's clock does not follow: a request reached two receivers, of whom
 * one gives the sender's part of the clock back while the other has its copy still; or work goes on after it has answered.
 * Such a family answers as all do. What it must not do is join another family, which may know the same tuples under the
 * key that the sender, its clock whole again, has given them since. `docs/wire-format.md` says so.
 */
export function isLoose(family: Family): boolean {
  const asked = new Set<Family>();
  const open = [family];
  for (let each = open.pop(); each; each = open.pop()) {
    if (each.loose) return true;
    if (!each.asker || asked.has(each)) continue;
    asked.add(each);
    open.push(each.asker.family, whereabouts(each.asker)?.family ?? each.asker.family);
  }
  return false;
}

/** The branch that has what this one knew, where it is not lost. */
export function whereabouts(member: Member): Member | undefined {
  let at = member;
  while (at.into) at = at.into;
  return at.family.members.has(at) ? at : undefined;
}
