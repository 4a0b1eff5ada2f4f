// SPDX-License-Identifier: Apache-2.0
/** A `SpanBatch` while it is filled: columns that grow and are used again for the next request. */
import type { SpanRecord } from '../../model/span.js';
import { ID_WORDS, type ResourceRows, type SpanBatch } from './span-batch.js';
import type { ResourceForm, SpanForm } from './span-form.js';

const FIRST_CAPACITY = 1024;

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
  /** Reads all of one span. */
  recordOf: (row: number) => SpanRecord = unread;
  #groupFrom = 0;

  /** Empties it for another request. */
  begin(recordOf: (row: number) => SpanRecord): void {
    this.count = 0;
    this.resources = [];
    this.rejectedSpans = 0;
    this.rejectedMessage = '';
    this.recordOf = recordOf;
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

  reject(message: string): void {
    if (this.rejectedSpans++ === 0) this.rejectedMessage = message;
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
