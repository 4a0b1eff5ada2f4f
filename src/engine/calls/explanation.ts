// SPDX-License-Identifier: Apache-2.0
/** Who deeper explains a call, by what is known of its callee's work: the rules by which a call becomes a victim's. */
import { BLAMED_COUNT_MAX } from '../../model/limits.js';
import { wasReached } from '../../model/observation.js';
import { type CalleeWork, mayHaveLostFailingCall } from './callee-work.js';
import type { Deeper, SeenCall } from './settled-call.js';
import type { SpanNode } from './trace-spans.js';

/** Whether it is known what the callee did, so far as it matters to who is to blame. */
export function isCalleeSeen(node: SpanNode, callee: string, work: CalleeWork, deeper: readonly Deeper[]): boolean {
  const { call } = node;
  if (!call || deeper.length > 0 || call.blamed !== undefined) return true;
  // One that was not reached did nothing.
  if (call.failing && !wasReached(call.reason)) return true;
  return work.isSeen && !(call.failing && mayHaveLostFailingCall(node, callee));
}

const NOBODY: readonly Deeper[] = [];

/**
 * @param durationMs of the call in question
 * @param nameOf the subject of a call, as it is known by now
 */
export function deeperOf(
  call: SeenCall,
  durationMs: number,
  { failing, longest }: CalleeWork,
  nameOf: (node: SpanNode) => string,
): readonly Deeper[] {
  if (!call.failing) return longest ? [shareOf(longest, durationMs, nameOf)] : blamedBy(call);
  if (failing) return [{ subject: nameOf(failing), operation: failing.call?.operation, share: 1 }];
  const blamed = blamedBy(call);
  if (blamed.length > 0 || !longest) return blamed;
  // The caller gave up, and the callee itself had not: it still waited for somebody who was only slow.
  return call.reason === 'timeout' || call.reason === 'hung' ? [shareOf(longest, durationMs, nameOf)] : NOBODY;
}

function blamedBy({ blamed }: SeenCall): readonly Deeper[] {
  if (!blamed || blamed.length === 0) return NOBODY;
  return blamed.slice(0, BLAMED_COUNT_MAX).map((subject) => ({ subject, share: 1 }));
}

function shareOf(longest: SpanNode, durationMs: number, nameOf: (node: SpanNode) => string): Deeper {
  const share = durationMs > 0 ? Math.min(1, longest.durationMs / durationMs) : 0;
  return { subject: nameOf(longest), operation: longest.call?.operation, share };
}
