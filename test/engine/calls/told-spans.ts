// SPDX-License-Identifier: Apache-2.0
/** Spans of one trace in a line each, and a call tree that answers in short. */
import type { CallTreeOptions } from '../../../src/engine/calls/call-tree.js';
import type { OutcomeReason } from '../../../src/model/observation.js';
import { type SpanKind, type SpanRecord, SpanStatusCode } from '../../../src/model/span.js';
import { spanOf } from '../../support/spans.js';
import { FedTree, type SeenCall, type ToldCall } from './fed-tree.js';

export interface Told {
  readonly of: string;
  readonly span: SpanRecord;
  readonly call?: SeenCall | undefined;
}

/** A span of `of`, with its id, its parent's, and from when to when it lasted by its own process's clock, in ms. */
export function told(
  of: string,
  kind: SpanKind,
  spanId: string,
  parentSpanId: string,
  [startMs, endMs]: readonly [number, number],
  given: {
    to?: string;
    reason?: OutcomeReason;
    blamed?: string[];
    traceId?: string;
    db?: boolean;
    fails?: boolean;
  } = {},
): Told {
  const { to, reason = 'ok', blamed, traceId = 'a'.repeat(32), db = false, fails = false } = given;
  const span = spanOf({
    traceId,
    spanId,
    parentSpanId,
    kind,
    statusCode: fails ? SpanStatusCode.ERROR : SpanStatusCode.UNSET,
    attributes: db ? { 'db.system.name': 'postgresql' } : {},
    durationMs: endMs - startMs,
    startUnixNano: BigInt(startMs) * 1_000_000n,
    endUnixNano: BigInt(endMs) * 1_000_000n,
  });
  const failing = reason !== 'ok';
  const resolution = to?.includes(':') ? 'address' : 'instance';
  return {
    of,
    span,
    call: to ? { subject: to, resolution, operation: 'GET', failing, reason, blamed, atMs: endMs } : undefined,
  };
}

/** A tree, and what it settles of the calls with these ids, in short. */
export function treeOf(options: CallTreeOptions = {}) {
  const tree = new FedTree(options);
  const said = (settled: readonly ToldCall[]) =>
    settled
      .map(({ id, ownMs, isCalleeSeen, deeper }) => {
        const who = deeper.map(({ subject, share }) => `${subject} ${share}`).join(', ') || 'nobody';
        return `${id.slice(32)}: ${ownMs} ms of its own, deeper ${who}${isCalleeSeen ? '' : ', unseen'}`;
      })
      .sort();
  return {
    tree,
    add: (all: readonly Told[], nowMs = 0) => {
      for (const { of, span, call } of all) tree.add(span, 'prod', of, nowMs, call);
      return said(tree.settle(nowMs));
    },
    settled: (nowMs: number) => said(tree.settle(nowMs)),
  };
}
