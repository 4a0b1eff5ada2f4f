// SPDX-License-Identifier: Apache-2.0
/**
 * How large zstd data can become, told from the headers of its frames and blocks, without unpacking a byte. Node's own
 * decoder reads one frame and passes over the rest in silence, so it is told where each of them is. The decoder for Node
 * before 22.15 gets its memory beforehand and does not say why it failed; what stands here says how much to give it, and
 * tells data that is too large from data that is none.
 *
 * Source: RFC 8878, "Zstandard Frames", "Blocks", "Skippable Frames".
 */

/** What the headers say of zstd data. */
export interface ZstdExtent {
  /** Bytes after unpacking: never more than these. */
  readonly bytesMax: number;
  /** Whether `bytesMax` is the size itself, as the frames state it. */
  readonly isExact: boolean;
  /** Where each frame with content begins and ends. */
  readonly frames: readonly (readonly [start: number, end: number])[];
}

/** Frames of one body. Encoders write one; each costs a decoder of its own. */
const FRAME_COUNT_MAX = 64;

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Largest content of one block. */
const BLOCK_BYTES_MAX = 128 * 1024;
const BLOCK_RLE = 1;
const BLOCK_COMPRESSED = 2;
/** Bytes of the dictionary id and of the content size, by their flags. */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/** Walks over all frames, or says `undefined` where the data breaks off, has too many or is no zstd. Time is linear in the blocks. */
export function zstdExtent(data: Buffer): ZstdExtent | undefined {
  let pos = 0;
  let bytesMax = 0;
  let isExact = true;
  const frames: (readonly [number, number])[] = [];
  if (data.length === 0) return undefined;
  while (pos < data.length) {
    if (pos + 8 > data.length) return undefined;
    const magic = data.readUInt32LE(pos);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      pos += 8 + data.readUInt32LE(pos + 4);
      continue;
    }
    const frame = magic === FRAME_MAGIC ? readFrame(data, pos + 4) : undefined;
    if (frame === undefined || frames.length >= FRAME_COUNT_MAX) return undefined;
    frames.push([pos, frame.end]);
    pos = frame.end;
    bytesMax += frame.stated ?? frame.blockBytes;
    isExact &&= frame.stated !== undefined;
  }
  return pos === data.length ? { bytesMax, isExact, frames } : undefined;
}

interface Frame {
  readonly end: number;
  /** The content's size as the header states it. */
  readonly stated: number | undefined;
  /** What its blocks can hold at the most. */
  readonly blockBytes: number;
}

function readFrame(data: Buffer, start: number): Frame | undefined {
  const descriptor = data[start] as number;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] as number);
  const sizeAt = start + 1 + (isSingleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] as number);
  let pos = sizeAt + sizeBytes;
  if (pos > data.length) return undefined;
  const stated = sizeBytes === 0 ? undefined : contentSize(data, sizeAt, sizeBytes);
  let blockBytes = 0;
  for (let isLast = false; !isLast; ) {
    if (pos + 3 > data.length) return undefined;
    const header = data.readUIntLE(pos, 3);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    isLast = (header & 1) === 1;
    blockBytes += type === BLOCK_COMPRESSED ? BLOCK_BYTES_MAX : size;
    pos += 3 + (type === BLOCK_RLE ? 1 : size);
  }
  const hasChecksum = (descriptor & 4) !== 0;
  return { end: pos + (hasChecksum ? 4 : 0), stated, blockBytes };
}

function contentSize(data: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(data.readBigUInt64LE(at));
  // Two bytes count from 256, because one byte holds what is below.
  return data.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
