// SPDX-License-Identifier: Apache-2.0
/**
 * A recording's file, unpacked if it is packed as a whole (`gzip`, `zstd`), and how much of it has been read. Its first bytes tell; its
 * name does not matter.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import zlib from 'node:zlib';
import { PanoramaError } from '../../model/errors.js';
import { unpack } from '../ingest/compression.js';
import { type RecordedRequest, requestsIn } from './recorded-requests.js';

/** Read and unpacked in pieces of this size, in bytes: large enough that a piece costs nothing beside what is in it. */
const PIECE_BYTES = 1024 * 1024;

/** What Node before 22.15 unpacks of zstd at once, in bytes: it cannot do so piece by piece. */
const ZSTD_BYTES_MAX = 1024 * 1024 * 1024;

const GZIP_MAGIC = 0x8b1f;
const ZSTD_MAGIC = 0xfd2fb528;

/** What Node's types of our oldest version do not know yet. */
interface ZstdOfNode {
  createZstdDecompress?(options: { chunkSize: number }): NodeJS.ReadWriteStream;
}

export class RecordedFile {
  /** As it was given; `-` is standard input. */
  readonly path: string;
  /** Bytes of the file; 0 where that is not known. */
  readonly size: number;
  /** Bytes read so far. */
  readCount = 0;
  /** What was left out at its end; `undefined` where nothing was. */
  cutOff: string | undefined;

  private constructor(path: string, size: number) {
    this.path = path;
    this.size = size;
  }

  /** @throws PanoramaError PANO_USAGE where it cannot be read */
  static async open(path: string): Promise<RecordedFile> {
    if (path === '-') return new RecordedFile(path, 0);
    try {
      const found = await stat(path);
      if (found.isDirectory()) throw new Error('it is a directory');
      return new RecordedFile(path, found.isFile() ? found.size : 0);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'there is no such file' : message;
      throw new PanoramaError('PANO_USAGE', `cannot replay ${path}: ${why}`, error);
    }
  }

  /** Its requests, in order. @throws PanoramaError PANO_WIRE_… for what is no recording, with the file's name */
  async *requests(): AsyncGenerator<RecordedRequest> {
    try {
      yield* requestsIn(this.#unpacked(), (place) => {
        this.cutOff = place;
      });
    } catch (error) {
      if (isBrokenOff(error)) {
        this.cutOff = 'its compressed data';
        return;
      }
      if (!(error instanceof PanoramaError)) {
        throw new PanoramaError('PANO_WIRE_MALFORMED', `${this.path} cannot be read: ${String(error)}`, error);
      }
      throw new PanoramaError(error.code, `${this.path}: ${error.message}`, error);
    }
  }

  async *#unpacked(): AsyncGenerator<Buffer> {
    const chunks = this.#chunks();
    const first = await chunks.next();
    if (first.done) return;
    const all = resumed(first.value, chunks);
    const isGzip = first.value.length >= 2 && first.value.readUInt16LE() === GZIP_MAGIC;
    const isZstd = first.value.length >= 4 && first.value.readUInt32LE() === ZSTD_MAGIC;
    if (isGzip) yield* through(zlib.createGunzip({ chunkSize: PIECE_BYTES }), all);
    else if (isZstd) yield* unpackedZstd(all);
    else yield* all;
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    const stream = this.path === '-' ? process.stdin : createReadStream(this.path, { highWaterMark: PIECE_BYTES });
    for await (const chunk of stream) {
      const bytes = chunk as Buffer;
      this.readCount += bytes.length;
      yield bytes;
    }
  }
}

async function* resumed(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* unpackedZstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { createZstdDecompress } = zlib as unknown as ZstdOfNode;
  if (createZstdDecompress) {
    yield* through(createZstdDecompress({ chunkSize: PIECE_BYTES }), chunks);
    return;
  }
  const pieces: Buffer[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  yield unpack(Buffer.concat(pieces), 'zstd', ZSTD_BYTES_MAX);
}

/** What a stream makes of the bytes; an error of either ends it. */
async function* through(stream: NodeJS.ReadWriteStream, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Readable } = await import('node:stream');
  const source = Readable.from(chunks, { objectMode: false });
  source.on('error', (error) => (stream as zlib.Gunzip).destroy(error));
  source.pipe(stream);
  for await (const chunk of stream) yield chunk as unknown as Buffer;
}

/** A file that is still being written, or whose writer was killed. */
function isBrokenOff(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
}
