// SPDX-License-Identifier: Apache-2.0
/** Writes over the spots of a request, span by span, in a fraction of a microsecond for each. */
import type { Spot, SpotKind } from './piece.js';
import { lastNumberOf, NODE_COUNT_MAX } from './world.js';

/** Of how many traces one fails, as in the bench of the judges. */
const FAILING_EVERY = 1000;

/** Traces of one lap end within so many microseconds of each other: what an agent collects before it sends. */
const TRACE_SPREAD_US = 200_000;

/** Times of spans differ from those of the next trace by up to so many microseconds. */
const JITTER_US = 64;

const NS_PER_US = 1000;

/** Client ports, and counts of bytes that are as large: their varints have three bytes. */
const NUMBER_MIN = 32_768;
const NUMBER_RANGE = 28_000;

/** The two bytes of a varint. */
const HTTP_OK = 0x01c8;
const HTTP_FAILED = 0x03f4;
const GRPC_UNAVAILABLE = 14;
const SPAN_STATUS_ERROR = 2;

/** Four hexadecimal digits, as the bytes of their text. */
const HEX: Uint32Array = Uint32Array.from({ length: 0x1_0000 }, (_, value) =>
  Buffer.from(value.toString(16).padStart(4, '0')).readUInt32LE(),
);

/** The last numbers of the addresses on each node, as the bytes of their text: two of them, and the third. */
const LAST_NUMBERS: Uint16Array = Uint16Array.from({ length: 2 * NODE_COUNT_MAX }, (_, index) => {
  const text = Buffer.from(lastNumberOf(index >> 1));
  return index % 2 === 0 ? text.readUInt16BE() : text.readUInt8(2);
});

/** When a span of a trace is, before the trace's end. */
export interface SpanTimes {
  readonly startUs: number;
  readonly endUs: number;
  /** Its parent's place in the trace. */
  readonly parent: number;
}

/** The kinds as small numbers, by which a switch is a jump. */
const CODES: Readonly<Record<SpotKind, number>> = {
  traceId: 0,
  spanId: 1,
  parentId: 2,
  start: 3,
  end: 4,
  peerNode: 5,
  text: 6,
  number: 7,
  httpStatus: 8,
  grpcStatus: 9,
  spanStatus: 10,
};

export class SpotWriter {
  readonly #view: DataView;
  /** Spots of all spans, span by span: where they are, and their codes. */
  readonly #at: Int32Array;
  readonly #codes: Uint8Array;
  /** Where each span's spots begin; one more, where the last one's end. */
  readonly #begins: Int32Array;
  readonly #salt: number;
  /** When the lap began, in nanoseconds since 1970: the upper and the lower half. */
  #high = 0;
  #low = 0;

  /** @param spots of `spanCount` owners, numbered from 0 */
  constructor(frame: Buffer, spots: readonly Spot[], spanCount: number, salt: number) {
    this.#view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    this.#salt = salt;
    const bySpan = [...spots].sort((a, b) => a.owner - b.owner || a.at - b.at);
    this.#at = Int32Array.from(bySpan, ({ at }) => at);
    this.#codes = Uint8Array.from(bySpan, ({ kind }) => CODES[kind]);
    this.#begins = new Int32Array(spanCount + 1);
    for (const { owner } of bySpan) this.#begins[owner + 1] = (this.#begins[owner + 1] as number) + 1;
    for (let owner = 0; owner < spanCount; owner++) {
      this.#begins[owner + 1] = (this.#begins[owner + 1] as number) + (this.#begins[owner] as number);
    }
  }

  beginLap(startMs: number): void {
    const ns = BigInt(Math.floor(startMs)) * 1_000_000n;
    this.#high = Number(ns >> 32n);
    this.#low = Number(ns & 0xffff_ffffn);
  }

  /** @param trace the number of the trace, which no other of the run has */
  write(owner: number, trace: number, place: number, { startUs, endUs, parent }: SpanTimes, peerNode: number): void {
    const chance = mixed(trace ^ this.#salt);
    const isFailing = chance % FAILING_EVERY === 0;
    const traceEndUs = mixed(chance) % TRACE_SPREAD_US;
    const jitterUs = chance % JITTER_US;
    const id = this.#spanId(trace, place);
    const view = this.#view;
    const end = this.#begins[owner + 1] as number;
    for (let index = this.#begins[owner] as number; index < end; index++) {
      const offset = this.#at[index] as number;
      switch (this.#codes[index]) {
        case CODES.traceId:
          view.setUint32(offset, chance);
          view.setUint32(offset + 4, mixed(chance + 1));
          view.setUint32(offset + 8, mixed(chance + 2));
          view.setUint32(offset + 12, mixed(chance + 3));
          break;
        case CODES.spanId:
          view.setUint32(offset, id);
          view.setUint32(offset + 4, mixed(id + 1));
          break;
        case CODES.parentId: {
          const parentId = this.#spanId(trace, parent);
          view.setUint32(offset, parentId);
          view.setUint32(offset + 4, mixed(parentId + 1));
          break;
        }
        case CODES.start:
          this.#writeTime(offset, traceEndUs + startUs + jitterUs);
          break;
        case CODES.end:
          this.#writeTime(offset, traceEndUs + endUs);
          break;
        case CODES.peerNode:
          view.setUint16(offset, LAST_NUMBERS[2 * peerNode] as number);
          view.setUint8(offset + 2, LAST_NUMBERS[2 * peerNode + 1] as number);
          break;
        case CODES.text:
          view.setUint32(offset, HEX[id >>> 16] as number, true);
          view.setUint32(offset + 4, HEX[(id + index) & 0xffff] as number, true);
          break;
        case CODES.number: {
          const number = NUMBER_MIN + ((id + index) % NUMBER_RANGE);
          view.setUint16(offset, 0x8080 | ((number & 0x7f) << 8) | ((number >> 7) & 0x7f));
          view.setUint8(offset + 2, number >> 14);
          break;
        }
        case CODES.httpStatus:
          view.setUint16(offset, isFailing ? HTTP_FAILED : HTTP_OK, true);
          break;
        case CODES.grpcStatus:
          view.setUint8(offset, isFailing ? GRPC_UNAVAILABLE : 0);
          break;
        case CODES.spanStatus:
          view.setUint8(offset, isFailing ? SPAN_STATUS_ERROR : 0);
          break;
      }
    }
  }

  #spanId(trace: number, place: number): number {
    return mixed(Math.imul(trace, 8) + place + this.#salt);
  }

  /** So many microseconds before the lap. */
  #writeTime(offset: number, beforeUs: number): void {
    const low = this.#low - beforeUs * NS_PER_US;
    this.#view.setUint32(offset, low, true);
    this.#view.setUint32(offset + 4, low < 0 ? this.#high - 1 : this.#high, true);
  }
}

/** A whole number of 32 bits that looks like chance; another one for each number that is given. */
function mixed(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
