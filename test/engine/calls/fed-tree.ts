// SPDX-License-Identifier: Apache-2.0
/** A call tree that is fed with spans as records, and whose answers are kept as they were told. */
import type { CallEnd, Callee } from '../../../src/engine/calls/call-ends.js';
import { CallTree, type CallTreeOptions } from '../../../src/engine/calls/call-tree.js';
import type { CalleeStory, SettledCall } from '../../../src/engine/calls/settled-call.js';
import { ID_ROW } from '../../../src/engine/calls/span-table.js';
import { NONE } from '../../../src/engine/calls/trace-table.js';
import { SpanKind, type SpanRecord } from '../../../src/model/span.js';
import { isFailing } from '../../../src/model/status.js';
import { selfOutcomeOf } from '../../../src/observe/outcome.js';

/** One call as the rules read it. */
export interface SeenCall extends Callee, CallEnd {
  readonly atMs: number;
}

/** A settled call with all that could be asked of it. */
export type ToldCall = Omit<SettledCall, 'id' | 'story' | 'callee'> & CalleeStory & { readonly id: string };

export class FedTree {
  readonly #ids = new Uint32Array(ID_ROW.LENGTH);
  readonly #names = new Map<string, string>();
  readonly #tree: CallTree;
  #told: ToldCall[] = [];

  constructor(options: CallTreeOptions = {}) {
    this.#tree = new CallTree({
      ...options,
      onSettled: (call) => {
        const { environment, observer, subject, operation, failing, durationMs, atMs, ownMs } = call;
        const id = call.id();
        this.#told.push({
          ...{ environment, observer, subject, operation, failing, durationMs, atMs, ownMs, ...call.story() },
          id: id.slice(0, 32) + (this.#names.get(id.slice(32)) ?? ''),
        });
      },
    });
  }

  counts() {
    return this.#tree.counts();
  }

  add(span: SpanRecord, environment: string, component: string, nowMs: number, call?: SeenCall): void {
    this.#write(ID_ROW.TRACE, 4, span.traceId);
    this.#write(ID_ROW.SPAN, 2, this.#digits(span.spanId));
    this.#write(ID_ROW.PARENT, 2, span.parentSpanId === '' ? '0'.repeat(16) : this.#digits(span.parentSpanId));
    const { kind, durationMs } = span;
    const startMs = Number(span.startUnixNano) / 1e6;
    const place = this.#tree.add(this.#ids, 0, { kind, component, environment }, startMs, durationMs, nowMs);
    if (place === NONE) return;
    if (kind === SpanKind.SERVER && isFailing(selfOutcomeOf(span).status)) this.#tree.failed(place);
    const isLeaf = kind === SpanKind.PRODUCER || span.attributes['db.system.name'] !== undefined;
    if (call) this.#tree.called(place, call, call, call.atMs, isLeaf);
  }

  settle(nowMs: number): readonly ToldCall[] {
    this.#tree.settle(nowMs);
    const told = this.#told;
    this.#told = [];
    return told;
  }

  /** Tests may name spans by words: eight letters of them are an id. */
  #digits(spanId: string): string {
    const isHex = /^[0-9a-f]{16}$/.test(spanId);
    const digits = isHex ? spanId : Buffer.from(spanId.padEnd(8, ' ').slice(0, 8)).toString('hex');
    this.#names.set(digits, spanId);
    return digits;
  }

  #write(at: number, words: number, digits: string): void {
    for (let word = 0; word < words; word++)
      this.#ids[at + word] = Number.parseInt(digits.slice(8 * word, 8 * word + 8), 16);
  }
}
