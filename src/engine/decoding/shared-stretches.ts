// SPDX-License-Identifier: Apache-2.0
/**
 * Memory that the engine's thread and a decoding thread both see: a body goes over in it and its columns come back. Handing
 * memory over for good instead would make it anew for every request, outside the heap, where V8 answers every 64 MB
 * with a walk over the whole heap.
 */
import { ROW_BYTES } from './shared-columns.js';

/** Smallest stretch. A larger one is a power of two, so that few sizes serve all bodies. */
const STRETCH_BYTES_MIN = 64 * 1024;

/** Bytes that a span takes at least where every exporter's are larger; what is smaller has its columns elsewhere. */
const SPAN_BYTES_MIN = 256;

export class SharedStretches {
  readonly #bytesMax: number;
  readonly #free: SharedArrayBuffer[] = [];
  #bytes = 0;

  /** @param bytesMax of all stretches together, in use and free */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of all stretches. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A stretch for a body of `length` bytes and its columns; `undefined` where there is no room. */
  take(length: number): SharedArrayBuffer | undefined {
    const wanted = length + Math.ceil(length / SPAN_BYTES_MIN) * ROW_BYTES;
    let bytes = STRETCH_BYTES_MIN;
    while (bytes < wanted) bytes *= 2;
    // The one that was used last, for it is in the cache.
    const index = this.#free.findLastIndex((each) => each.byteLength === bytes);
    if (index >= 0) return this.#free.splice(index, 1)[0];
    while (this.#bytes + bytes > this.#bytesMax) {
      const dropped = this.#free.shift();
      if (!dropped) return undefined;
      this.#bytes -= dropped.byteLength;
    }
    this.#bytes += bytes;
    return new SharedArrayBuffer(bytes);
  }

  /** Nobody reads or writes it any more. */
  giveBack(stretch: SharedArrayBuffer): void {
    this.#free.push(stretch);
  }

  /** Somebody may still write it. */
  lose(stretch: SharedArrayBuffer): void {
    this.#bytes -= stretch.byteLength;
  }
}
