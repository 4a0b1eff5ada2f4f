// SPDX-License-Identifier: Apache-2.0
/**
 * Memory for bodies, used again. A body comes in pieces and is decoded from one stretch. A new stretch for each lies
 * outside the heap, and every 64 MB of such memory make V8 walk the whole heap once: at full load twenty times a second,
 * and a third of a receiver's CPU time. So a stretch that is done with serves the next body.
 */

/** Bytes kept for later, all together. Sixteen bodies as large as the receivers take by default would not help more. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

/** Smallest stretch: what is smaller is common. A larger one is a power of two, so that few sizes serve all bodies. */
const STRETCH_BYTES_MIN = 64 * 1024;

export class BodyBuffers {
  readonly #free: Buffer[] = [];
  #keptBytes = 0;

  /** The pieces in one. It is the caller's until `giveBack`. @param length of all pieces together */
  join(parts: readonly Buffer[], length: number): Buffer {
    const stretch = this.#take(length);
    let at = 0;
    for (const part of parts) {
      stretch.set(part, at);
      at += part.length;
    }
    return stretch.subarray(0, length);
  }

  /** What `join` gave. It must not be read any more. A stretch that was transferred to another thread is lost. */
  giveBack(body: Buffer): void {
    const bytes = body.buffer.byteLength;
    if (bytes === 0 || this.#keptBytes + bytes > KEPT_BYTES_MAX) return;
    this.#free.push(Buffer.from(body.buffer));
    this.#keptBytes += bytes;
  }

  /** The stretch that was used last and is large enough. */
  #take(length: number): Buffer {
    for (let index = this.#free.length - 1; index >= 0; index--) {
      const stretch = this.#free[index] as Buffer;
      if (stretch.length < length) continue;
      this.#free.splice(index, 1);
      this.#keptBytes -= stretch.length;
      return stretch;
    }
    let bytes = STRETCH_BYTES_MIN;
    while (bytes < length) bytes *= 2;
    return Buffer.allocUnsafeSlow(bytes);
  }
}
