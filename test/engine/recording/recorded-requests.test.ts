// SPDX-License-Identifier: Apache-2.0
/** The requests in recorded bytes: what the Collector's file exporter writes, in each of its formats, however it comes in pieces. */
import { describe, expect, it } from 'vitest';
import { requestsIn } from '../../../src/engine/recording/recorded-requests.js';

const SPANS = '{"resourceSpans":[]}';
const LOGS = '{"resourceLogs":[]}';
const METRICS = '{"resourceMetrics":[]}';

/** Messages of one span, one log record and one data point, as protobuf: a resource, its scope, and the item. */
const framed = (item: readonly number[]): Buffer => {
  const scope = [0x12, item.length, ...item];
  const resource = [0x12, scope.length, ...scope];
  return Buffer.from([0x0a, resource.length + 2, 0x0a, 0x00, ...resource]);
};
const SPAN = framed([0x0a, 16, ...Array(16).fill(1), 0x12, 8, ...Array(8).fill(2)]);
const LOG = framed([0x09, ...Array(8).fill(1)]);
const OBSERVED_LOG = framed([0x59, ...Array(8).fill(1)]);
const METRIC = framed([0x0a, 3, 0x61, 0x62, 0x63]);
const METRIC_OF_SIXTEEN_LETTERS = framed([
  0x0a,
  16,
  ...Buffer.from('http.server.time'),
  0x12,
  4,
  ...Buffer.from('time'),
]);

/** A raw block of zstd. */
const zstd = (bytes: Buffer): Buffer => {
  const block = Buffer.alloc(3);
  block.writeUIntLE((bytes.length << 3) | 1, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length]), block, bytes]);
};

const withLength = (message: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(message.length);
  return Buffer.concat([head, message]);
};

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer | string, size = 7) {
  const cutOff: string[] = [];
  const requests: string[] = [];
  for await (const { signal, encoding, body, place } of requestsIn(pieces(Buffer.from(bytes), size), (at) =>
    cutOff.push(at),
  )) {
    requests.push(`${place}: ${signal} as ${encoding}, ${Buffer.from(body).toString('latin1').slice(0, 20)}`);
  }
  return { requests, cutOff };
}

describe('a recording of lines', () => {
  it.each([1, 3, 7, 1000])('has a request a line, of whatever signal, in pieces of %i bytes', async (size) => {
    const { requests, cutOff } = await read([SPANS, '', `  ${LOGS} \r`, METRICS, ''].join('\n'), size);
    expect(requests).toEqual([
      `line 1: traces as json, ${SPANS}`,
      `line 3: logs as json, ${LOGS}`,
      `line 4: metrics as json, ${METRICS.slice(0, 20)}`,
    ]);
    expect(cutOff).toEqual([]);
  });

  it('may begin with a byte order mark, and end without a newline', async () => {
    expect((await read(`\ufeff${SPANS}\n${LOGS}`)).requests).toHaveLength(2);
  });

  it('may end in the middle of a line, which is told and left out', async () => {
    const { requests, cutOff } = await read(`${SPANS}\n${SPANS.slice(0, 15)}`);
    expect([requests.length, cutOff]).toEqual([1, ['line 2']]);
  });

  it('takes the names of the fields as protobuf has them, too', async () => {
    expect((await read('{ "resource_logs": [] }\n')).requests).toEqual(['line 1: logs as json, { "resource_logs": [']);
  });

  it('leaves what is no request to who decodes it, with the place where it stands', async () => {
    expect((await read(`{"what":1}\n`)).requests).toEqual(['line 1: traces as json, {"what":1}']);
  });

  it('may be empty', async () => {
    expect(await read('')).toEqual({ requests: [], cutOff: [] });
    expect(await read('\n\n')).toEqual({ requests: [], cutOff: [] });
  });
});

describe('a recording of messages behind their lengths', () => {
  it.each([1, 5, 1000])(
    'has protobuf of any signal, which shows in its first item, in pieces of %i bytes',
    async (size) => {
      const messages = [SPAN, LOG, OBSERVED_LOG, METRIC, METRIC_OF_SIXTEEN_LETTERS];
      const { requests } = await read(Buffer.concat(messages.map(withLength)), size);
      expect(requests.map((request) => request.replace(/,.*$/s, ''))).toEqual([
        'message 1: traces as protobuf',
        'message 2: logs as protobuf',
        'message 3: logs as protobuf',
        'message 4: metrics as protobuf',
        'message 5: metrics as protobuf',
      ]);
    },
  );

  it('may have each packed with zstd, of either encoding', async () => {
    const { requests } = await read(Buffer.concat([zstd(Buffer.from(SPANS)), zstd(LOG)].map(withLength)));
    expect(requests.map((request) => request.replace(/,.*$/s, ''))).toEqual([
      'message 1: traces as json',
      'message 2: logs as protobuf',
    ]);
  });

  it.each([1, 3, 6, SPAN.length])('may end %i bytes into a message, which is told and left out', async (length) => {
    const { requests, cutOff } = await read(Buffer.concat([withLength(SPAN), withLength(SPAN).subarray(0, length)]));
    expect([requests.length, cutOff]).toEqual([1, ['message 2']]);
  });

  it('passes over empty ones', async () => {
    expect((await read(Buffer.concat([Buffer.alloc(4), withLength(SPAN)]))).requests).toHaveLength(1);
  });

  it('is none where the first length is beyond all measure', async () => {
    await expect(read('no recording at all')).rejects.toThrow(/this is no recording/);
  });

  it('is refused from a message on that is too large', async () => {
    const bytes = Buffer.concat([withLength(SPAN), Buffer.from([0x7f, 0, 0, 0])]);
    await expect(read(bytes)).rejects.toThrow(/message 2 has 2130706432 bytes/);
  });
});
