// SPDX-License-Identifier: Apache-2.0
/** Unpacking, by whatever this Node has, of data made by the zstd program and of data made to do harm. */
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressionOf, unpack } from '../../../src/engine/ingest/compression.js';
import { zstdExtent } from '../../../src/engine/ingest/zstd-frames.js';
import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';
import { call, expectServing, frame, rawCall } from './grpc-client.js';
import { BODY_BYTES_MAX, send, startGrpc, startHttp } from './receivers.js';

/** `zstd -3` of fourteen times "hello " less the last blank: a block that needs the whole decoder, and a checksum. */
const HELLO = Buffer.from('28b52ffd04586d00003068656c6c6f2001001ab41401ac4e5253', 'hex');
const HELLO_TEXT = Array(14).fill('hello').join(' ');

/** One frame of blocks that stand as they are or repeat a byte; its size is stated or not. */
function zstdFrame(blocks: readonly { readonly bytes: Buffer; readonly repeat?: number }[], stated?: number): Buffer {
  const head = Buffer.from('28b52ffd', 'hex');
  const size = Buffer.alloc(4);
  size.writeUInt32LE(stated ?? 0);
  // Four bytes of size in a single segment, or a window of 1 MiB and no size.
  const description = stated === undefined ? Buffer.of(0x00, 0x50) : Buffer.concat([Buffer.of(0xa0), size]);
  const body = blocks.map(({ bytes, repeat }, index) => {
    const header = Buffer.alloc(3);
    const isLast = index === blocks.length - 1;
    header.writeUIntLE(((repeat ?? bytes.length) << 3) | (repeat === undefined ? 0 : 2) | Number(isLast), 0, 3);
    return Buffer.concat([header, bytes]);
  });
  return Buffer.concat([head, description, ...body]);
}

const asZstd = (bytes: Uint8Array): Buffer => zstdFrame([{ bytes: Buffer.from(bytes) }], bytes.length);
/** 128 KiB of zeros in four bytes, many times over. */
const bomb = (count: number, stated?: number): Buffer =>
  zstdFrame(Array(count).fill({ bytes: Buffer.of(0), repeat: 128 * 1024 }), stated);

describe('a compression', () => {
  it('is known by its name, whatever its case', () => {
    expect([undefined, '', ' GZip ', 'zstd', 'identity'].map(compressionOf)).toEqual([
      'identity',
      'identity',
      'gzip',
      'zstd',
      'identity',
    ]);
    expect(['br', 'snappy', 'gzip, gzip', 'constructor'].map(compressionOf)).toEqual(Array(4).fill(undefined));
  });
});

describe('zstd', () => {
  it('unpacks what the zstd program makes, and stored blocks, repeats, empty and skippable frames', async () => {
    expect((await unpack(HELLO, 'zstd', 1000)).toString()).toBe(HELLO_TEXT);
    const mixed = zstdFrame([{ bytes: Buffer.from('ab') }, { bytes: Buffer.from('c'), repeat: 3 }]);
    expect((await unpack(mixed, 'zstd', 5)).toString()).toBe('abccc');
    expect(await unpack(asZstd(Buffer.alloc(0)), 'zstd', 5)).toHaveLength(0);
    const skippable = Buffer.from('502a4d1802000000ffff', 'hex');
    expect((await unpack(Buffer.concat([skippable, HELLO, mixed]), 'zstd', 1000)).toString()).toBe(
      `${HELLO_TEXT}abccc`,
    );
  });

  it('is refused past the bound, stated or not, and taken at it', async () => {
    const tooLarge = { code: 'PANO_BODY_TOO_LARGE', message: expect.stringContaining('after decompression') };
    const length = HELLO_TEXT.length;
    expect(await unpack(HELLO, 'zstd', length)).toHaveLength(length);
    await expect(unpack(HELLO, 'zstd', length - 1)).rejects.toMatchObject(tooLarge);
    // 4 GB in 130 KB, honest and not.
    await expect(unpack(bomb(32_000), 'zstd', 1_000_000)).rejects.toMatchObject(tooLarge);
    await expect(unpack(bomb(32_000, 4_000_000_000), 'zstd', 1_000_000)).rejects.toMatchObject(tooLarge);
    await expect(unpack(bomb(32_000, 10), 'zstd', 1_000_000)).rejects.toMatchObject({
      code: expect.stringMatching(/^PANO_(WIRE_MALFORMED|BODY_TOO_LARGE)$/),
    });
  });

  it('that breaks off anywhere, or is none, is malformed', async () => {
    const malformed = { code: 'PANO_WIRE_MALFORMED', message: expect.stringContaining('announced as zstd') };
    for (let length = 0; length < HELLO.length; length++) {
      await expect(unpack(HELLO.subarray(0, length), 'zstd', 1000), `cut at ${length}`).rejects.toMatchObject(
        malformed,
      );
    }
    await expect(unpack(Buffer.from('no zstd at all'), 'zstd', 1000)).rejects.toMatchObject(malformed);
    const damaged = Buffer.from(HELLO);
    damaged[15] = 0xff;
    await expect(unpack(damaged, 'zstd', 200_000)).rejects.toMatchObject(malformed);
  });

  it('tells its extent from its headers', () => {
    expect(zstdExtent(HELLO)).toEqual({ bytesMax: 128 * 1024, isExact: false, frames: [[0, HELLO.length]] });
    expect(zstdExtent(bomb(3))).toMatchObject({ bytesMax: 3 * 128 * 1024, isExact: false });
    expect(zstdExtent(bomb(3, 77))).toMatchObject({ bytesMax: 77, isExact: true });
    expect(zstdExtent(Buffer.concat([asZstd(Buffer.alloc(9)), bomb(1)]))).toMatchObject({
      bytesMax: 9 + 128 * 1024,
      isExact: false,
    });
    expect(zstdExtent(Buffer.concat(Array(64).fill(bomb(1))))?.frames).toHaveLength(64);
    expect(zstdExtent(Buffer.concat(Array(65).fill(bomb(1))))).toBeUndefined();
  });
});

describe.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
] as const)('%s', (compression, pack) => {
  it('is refused past the bound and taken at it, and malformed where it is none or breaks off', async () => {
    const body = pack(Buffer.alloc(100_000));
    expect(await unpack(body, compression, 100_000)).toHaveLength(100_000);
    await expect(unpack(body, compression, 99_999)).rejects.toMatchObject({ code: 'PANO_BODY_TOO_LARGE' });
    for (const broken of [body.subarray(0, -5), Buffer.from('none'), Buffer.alloc(0)]) {
      await expect(unpack(broken, compression, 100_000)).rejects.toMatchObject({ code: 'PANO_WIRE_MALFORMED' });
    }
  });
});

describe('a receiver', () => {
  const PROTOBUF = toProtobuf(wireRequest(wireSpan()));

  it('of HTTP takes zstd and cuts a bomb off', async () => {
    const { receiver, sink } = await startHttp();
    const zstd = { headers: { 'content-encoding': 'zstd' } };
    expect((await send(receiver, asZstd(PROTOBUF), zstd)).status).toBe(200);
    expect(sink.spans).toHaveLength(1);
    expect((await send(receiver, bomb(10_000), zstd)).status).toBe(413);
    expect((await send(receiver, PROTOBUF, zstd)).status).toBe(400);
  });

  it('of gRPC takes zstd and cuts a bomb off', async () => {
    const bench = await startGrpc();
    const statuses: string[] = [];
    for (const [body, flag] of [
      [asZstd(PROTOBUF), 1],
      // A message may stay as it is, whatever the encoding of the others.
      [Buffer.from(PROTOBUF), 0],
      [bomb(10_000), 1],
      [Buffer.from(PROTOBUF), 1],
    ] as const) {
      expect(body.length).toBeLessThan(BODY_BYTES_MAX);
      const { session, stream, status } = rawCall(bench.receiver, { 'grpc-encoding': 'zstd' });
      stream.end(frame(body, body.length, flag));
      statuses.push(await status);
      session.destroy();
    }
    expect(statuses).toEqual(['0', '0', '8', '3']);
    expect(bench.sink.spans).toHaveLength(2);
    expect((await call(bench.receiver, PROTOBUF)).code).toBe(0);
    await expectServing(bench);
  });
});
