// SPDX-License-Identifier: Apache-2.0
/** A `SpanBatch` while it is filled: columns that grow and are used again for the next request. */
import type { SpanRecord } from '../../model/span.js';
import { ID_WORDS, type ResourceRows, type SpanBatch } from './span-batch.js';
import type { ResourceForm, SpanForm } from './span-form.js';

const FIRST_CAPACITY = 1024;
const TWO_TO_32 = 0x1_0000_0000;
const NANOSECONDS_PER_MILLISECOND = 1e6;

export class SpanColumns implements SpanBatch {
  count = 0;
  resources: ResourceRows[] = [];
  readonly forms: SpanForm[] = [];
  ids: Uint32Array = new Uint32Array(ID_WORDS * FIRST_CAPACITY);
  endMs: Float64Array = new Float64Array(FIRST_CAPACITY);
  durationMs: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Where each span stands in the body. */
  from: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  to: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  rejectedSpans = 0;
  rejectedMessage = '';
  /** Whether `from` and `to` say where each span stands, and all that it says can be read there. */
  isScanned = false;
  /** Reads all of one span. */
  recordOf: (row: number) => SpanRecord = unread;
  #groupFrom = 0;

  /** Empties it for another request. */
  begin(recordOf: (row: number) => SpanRecord, isScanned: boolean): void {
    this.count = 0;
    this.resources = [];
    this.rejectedSpans = 0;
    this.rejectedMessage = '';
    this.recordOf = recordOf;
    this.isScanned = isScanned;
    this.#groupFrom = 0;
  }

  /** Makes room for one more row, and returns it. It is not there until `keep` is called. */
  next(): number {
    if (this.count === this.endMs.length) this.#grow();
    return this.count;
  }

  /** Keeps the row that `next` gave. */
  keep(form: SpanForm): void {
    this.forms[this.count++] = form;
  }

  /** Closes a resource: the rows since the last one are its. */
  endResource(resource: ResourceForm): void {
    if (this.count > this.#groupFrom) this.resources.push({ resource, from: this.#groupFrom, to: this.count });
    this.#groupFrom = this.count;
  }

  /** A span's ids, from where they stand; `parentAt` is 0 where it has none. @returns whether they are ids */
  writeIds(row: number, view: DataView, traceAt: number, spanAt: number, parentAt: number): boolean {
    const { ids } = this;
    const at = row * ID_WORDS;
    ids[at] = view.getUint32(traceAt);
    ids[at + 1] = view.getUint32(traceAt + 4);
    ids[at + 2] = view.getUint32(traceAt + 8);
    ids[at + 3] = view.getUint32(traceAt + 12);
    ids[at + 4] = view.getUint32(spanAt);
    ids[at + 5] = view.getUint32(spanAt + 4);
    ids[at + 6] = parentAt === 0 ? 0 : view.getUint32(parentAt);
    ids[at + 7] = parentAt === 0 ? 0 : view.getUint32(parentAt + 4);
    const isTrace = ids[at + 3] !== 0 || ids[at + 2] !== 0 || ids[at + 1] !== 0 || ids[at] !== 0;
    return isTrace && (ids[at + 5] !== 0 || ids[at + 4] !== 0);
  }

  /**
   * A span's times, from where they stand; 0 where they are missing. The exact difference first, as in `span-builder.ts`: as
   * numbers, two present-day times would each be rounded to 256 ns.
   */
  writeTimes(row: number, view: DataView, startAt: number, endAt: number): void {
    const startLow = startAt === 0 ? 0 : view.getUint32(startAt, true);
    const startHigh = startAt === 0 ? 0 : view.getUint32(startAt + 4, true);
    const endLow = endAt === 0 ? 0 : view.getUint32(endAt, true);
    const endHigh = endAt === 0 ? 0 : view.getUint32(endAt + 4, true);
    const nanoseconds = (endHigh - startHigh) * TWO_TO_32 + (endLow - startLow);
    const isKnown = (startHigh !== 0 || startLow !== 0) && nanoseconds > 0;
    this.endMs[row] = (endHigh * TWO_TO_32 + endLow) / NANOSECONDS_PER_MILLISECOND;
    this.durationMs[row] = isKnown ? nanoseconds / NANOSECONDS_PER_MILLISECOND : 0;
  }

  #grow(): void {
    this.ids = wider(this.ids);
    this.endMs = wider(this.endMs);
    this.durationMs = wider(this.durationMs);
    this.from = wider(this.from);
    this.to = wider(this.to);
  }
}

function wider<T extends Uint32Array | Float64Array>(column: T): T {
  const result = new (column.constructor as new (length: number) => T)(column.length * 2);
  result.set(column);
  return result;
}

function unread(): never {
  throw new Error('no request is being read');
}
