// SPDX-License-Identifier: Apache-2.0
/** Calls wait in order, each once; one whose place is somebody else's by now waits no more. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { SpanOrigin } from '../../../src/engine/calls/span-rows.js';
import { SpanTable } from '../../../src/engine/calls/span-table.js';
import { NONE } from '../../../src/engine/calls/trace-table.js';
import { WaitingCalls } from '../../../src/engine/calls/waiting-calls.js';

const ORIGIN: SpanOrigin = { kind: 3, component: 'web', environment: '' };

let spans: SpanTable<SpanOrigin>;
let waiting: WaitingCalls;
let lastId: number;

beforeEach(() => {
  spans = new SpanTable(() => undefined);
  waiting = new WaitingCalls(spans);
  lastId = 0;
});

/** A span in a trace of its own. */
function span(): number {
  const ids = Uint32Array.of(0, 0, 0, ++lastId, 0, lastId, 0, 0);
  return spans.add(spans.traces.make(ids, 0, 0), ids, 0, ORIGIN, 0, 1);
}

describe('calls that wait', () => {
  it('are due when they were to be, and not before', () => {
    const [a, b] = [span(), span()];
    waiting.add(a, 100);
    waiting.add(b, 200);
    expect(waiting.takeDue(99)).toBe(NONE);
    expect([waiting.takeDue(100), waiting.takeDue(100)]).toEqual([a, NONE]);
    expect([waiting.takeDue(300), waiting.takeDue(300)]).toEqual([b, NONE]);
  });

  it('are passed over when they are settled, and when their places are used again', () => {
    const [a, b, c] = [span(), span(), span()];
    for (const each of [a, b, c]) waiting.add(each, 100);
    spans.markSettled(a);
    spans.remove(spans.trace(b));
    expect(span()).toBe(b);
    expect([waiting.takeDue(100), waiting.takeDue(100)]).toEqual([c, NONE]);
  });

  it('are all kept and in order, however many come', () => {
    const all: number[] = [];
    const taken: number[] = [];
    for (let turn = 0; turn < 5000; turn++) {
      const each = span();
      if (turn % 3 === 0) spans.markSettled(each);
      else all.push(each);
      waiting.add(each, turn);
      if (turn % 7 === 0) taken.push(waiting.takeDue(turn));
    }
    for (let each = waiting.takeDue(5000); each !== NONE; each = waiting.takeDue(5000)) taken.push(each);
    expect(taken.filter((each) => each !== NONE)).toEqual(all);
  });
});
