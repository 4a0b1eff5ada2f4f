// SPDX-License-Identifier: Apache-2.0
/** Who deeper explains a call, by what is known of its callee's work: the rules by which a call becomes a victim's. */
import { BLAMED_COUNT_MAX } from '../../model/limits.js';
import type { OutcomeReason } from '../../model/observation.js';
import type { Deeper } from './settled-call.js';
import type { CalleeWork } from './stretch.js';
import { NONE } from './trace-table.js';

/** A call whose explanation is asked for. */
export interface Explained {
  readonly failing: boolean;
  readonly reason: OutcomeReason;
  readonly blamed: readonly string[] | undefined;
  readonly durationMs: number;
}

/** A call that the callee made, by the name that its subject has by now. */
export type DeeperCall = Pick<Explained, 'durationMs'> & Omit<Deeper, 'share'>;

const NOBODY: readonly Deeper[] = [];

/** @param at a call of the callee's work */
export function deeperOf(call: Explained, work: CalleeWork, at: (span: number) => DeeperCall): readonly Deeper[] {
  const { failing, longest } = work;
  if (!call.failing) return longest === NONE ? blamedBy(call) : [shareOf(at(longest), call)];
  if (failing !== NONE) {
    const { subject, operation } = at(failing);
    return [{ subject, operation, share: 1 }];
  }
  const blamed = blamedBy(call);
  if (blamed.length > 0 || longest === NONE) return blamed;
  // The caller gave up, and the callee itself had not: it still waited for somebody who was only slow.
  return call.reason === 'timeout' || call.reason === 'hung' ? [shareOf(at(longest), call)] : NOBODY;
}

function blamedBy({ blamed }: Explained): readonly Deeper[] {
  if (!blamed || blamed.length === 0) return NOBODY;
  return blamed.slice(0, BLAMED_COUNT_MAX).map((subject) => ({ subject, share: 1 }));
}

function shareOf({ subject, operation, durationMs: longestMs }: DeeperCall, { durationMs }: Explained): Deeper {
  return { subject, operation, share: durationMs > 0 ? Math.min(1, longestMs / durationMs) : 0 };
}
