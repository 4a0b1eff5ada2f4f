// SPDX-License-Identifier: Apache-2.0
/**
 * Unpacking what a sender has compressed, without trusting its size: the bound holds while it unpacks, so that a bomb is
 * cut off at the first byte too many. A whole body is unpacked at once and in this thread: that takes half the CPU time of
 * a stream (0.2 ms against 0.4 to 0.7 for 200 KB of spans), and a bomb of zeros is over after some milliseconds.
 *
 * Node has zstd from 22.15 on; before, the reference decoder as WebAssembly does it (`zstddec`).
 */
import zlib from 'node:zlib';
import { PanoramaError } from '../../model/errors.js';
import { type ZstdExtent, zstdExtent } from './zstd-frames.js';

/** How a body is compressed; the names are those of HTTP's `Content-Encoding` and gRPC's `grpc-encoding`. */
export const COMPRESSIONS = ['identity', 'gzip', 'deflate', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What a sender may choose from, for headers and messages. */
export const COMPRESSION_NAMES: string = COMPRESSIONS.join(', ');

/** Unpacked in pieces of this size, in bytes: as Node does it by default (16 KiB), it takes twice as long. */
const PIECE_BYTES = 64 * 1024;

/** Largest window of zstd, as a power of two: 32 MiB, which the encoders of Collectors use at their best levels. */
const ZSTD_WINDOW_LOG_MAX = 25;

/** What Node's types of our oldest version do not know yet. */
interface ZstdOfNode {
  zstdDecompressSync?(data: Buffer, options: { maxOutputLength: number; params: Record<number, number> }): Buffer;
  constants: { ZSTD_d_windowLogMax?: number };
}

type Decode = (body: Buffer, extent: ZstdExtent, bytesMax: number) => Buffer;

/** Made when the first body needs it: the package takes some megabytes. */
let zstd: Promise<Decode> | undefined;

/** The compression that a header names; none where there is no header. `undefined` for one that nobody here knows. */
export function compressionOf(header: string | undefined): Compression | undefined {
  const name = header?.trim().toLowerCase() || 'identity';
  return COMPRESSIONS.find((each) => each === name);
}

/**
 * The body unpacked.
 *
 * @param bytesMax bytes it may have then
 * @throws PanoramaError PANO_BODY_TOO_LARGE past the bound, PANO_WIRE_MALFORMED for a body that breaks off or is not what it
 *   says it is
 */
export async function unpack(body: Buffer, compression: Compression, bytesMax: number): Promise<Buffer> {
  if (compression === 'identity') return body;
  const options = { maxOutputLength: bytesMax, chunkSize: PIECE_BYTES };
  if (compression === 'gzip') return unpackByNode(compression, body, bytesMax, () => zlib.gunzipSync(body, options));
  if (compression === 'deflate')
    return unpackByNode(compression, body, bytesMax, () => zlib.inflateSync(body, options));
  zstd ??= zstdOfNode();
  return unpackZstd(body, bytesMax, await zstd);
}

/** The error of a body that is too large. @param how `as sent` or `after decompression` */
export function bodyTooLarge(bodyBytesMax: number, how: string): PanoramaError {
  return new PanoramaError(
    'PANO_BODY_TOO_LARGE',
    `the body is larger than ${bodyBytesMax} bytes ${how}; make the exporter's batches smaller`,
  );
}

function notCompressed(compression: Compression, body: Buffer, cause?: unknown): PanoramaError {
  return new PanoramaError(
    'PANO_WIRE_MALFORMED',
    `the body is announced as ${compression} and breaks off or is not ${compression}, in ${body.length} bytes; compress it, or announce no compression`,
    cause,
  );
}

function unpackByNode(compression: Compression, body: Buffer, bytesMax: number, run: () => Buffer): Buffer {
  try {
    return run();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw bodyTooLarge(bytesMax, 'after decompression');
    }
    throw notCompressed(compression, body, error);
  }
}

/** What the headers refuse is refused before it is unpacked. */
function unpackZstd(body: Buffer, bytesMax: number, decode: Decode): Buffer {
  const extent = zstdExtent(body);
  if (extent === undefined) throw notCompressed('zstd', body);
  if (extent.isExact && extent.bytesMax > bytesMax) throw bodyTooLarge(bytesMax, 'after decompression');
  return extent.bytesMax === 0 ? Buffer.alloc(0) : decode(body, extent, bytesMax);
}

async function zstdOfNode(): Promise<Decode> {
  const { zstdDecompressSync, constants } = zlib as unknown as ZstdOfNode;
  const windowLogMax = constants.ZSTD_d_windowLogMax;
  if (zstdDecompressSync === undefined || windowLogMax === undefined) return zstdOfPackage();
  const params = { [windowLogMax]: ZSTD_WINDOW_LOG_MAX };
  return (body, { frames }, bytesMax) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    for (const [start, end] of frames) {
      const frame = body.subarray(start, end);
      // A bound of 0 is none that Node takes.
      const options = { maxOutputLength: Math.max(1, bytesMax - bytes), params };
      const part = unpackByNode('zstd', body, bytesMax, () => zstdDecompressSync(frame, options));
      bytes += part.length;
      if (bytes > bytesMax) throw bodyTooLarge(bytesMax, 'after decompression');
      parts.push(part);
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, bytes);
  };
}

async function zstdOfPackage(): Promise<Decode> {
  const { ZSTDDecoder } = await import('zstddec');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return (body, extent, bytesMax) => {
    const { buffer, byteOffset, length } = decoder.decode(body, Math.min(extent.bytesMax, bytesMax));
    // It returns nothing where it failed: for want of room, if it did not get all that the blocks might need.
    if (length === 0 && extent.bytesMax > bytesMax) throw bodyTooLarge(bytesMax, 'after decompression');
    if (length === 0) throw notCompressed('zstd', body);
    return Buffer.from(buffer, byteOffset, length);
  };
}
