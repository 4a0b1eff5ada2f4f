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
  /** Whether it is in the asker's process, so that what it answers is handed over and not delivered. */
  readonly local: boolean;
  readonly inherited: ReadonlySet<number>;
  readonly members: Set<Member>;
  /** Whether a part of its clock can no longer come back. */
  broken: boolean;
}

/** Adds what another branch or an answer tells, save what was handed over before. */
export function learn(member: Member, known: ReadonlySet<number>): void {
  for (const id of known) if (!member.gone.has(id)) member.known.add(id);
}

/** The branch that has what this one knew, where it is not lost. */
export function whereabouts(member: Member): Member | undefined {
  let at = member;
  while (at.into) at = at.into;
  return at.family.members.has(at) ? at : undefined;
}
