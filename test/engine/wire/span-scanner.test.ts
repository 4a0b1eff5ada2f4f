// SPDX-License-Identifier: Apache-2.0
/** What is scanned is what would be read in full; whatever is written in any other way is left to be. */
import { describe, expect, it } from 'vitest';
import { SpanScanner } from '../../../src/engine/wire/span-scanner.js';
import { WIRE_LIMITS } from '../../../src/engine/wire/wire-limits.js';
import {
  anyValueBytes,
  type Bytes,
  field,
  fixed64,
  flatten,
  requestOfSpans,
  spanBytes,
  tag,
  varint,
  wireSpan,
} from './otlp-writer.js';

const CLIENT = spanBytes(wireSpan());
const SERVER = spanBytes(wireSpan({ kind: 2 }));
const text = (string: string) => field(2, anyValueBytes({ string }));
const attribute = (key: string, string: string) => field(9, [field(1, key), text(string)]);
const scanned = (...spans: readonly Bytes[]) => new SpanScanner().scan(requestOfSpans(...spans));
/** Whether two spans that differ in this much are of one form. */
const areAlike = (a: Bytes, b: Bytes, of: Bytes = CLIENT) => {
  const batch = scanned([of, a], [of, b]);
  return batch && batch.forms[0] === batch.forms[1];
};

describe('spans', () => {
  it('are of one form where only ids, times and what nobody reads differ', () => {
    const changes = { traceId: 'ff'.repeat(16), spanId: 'ee'.repeat(8), parentSpanId: 'dd'.repeat(8), end: 5n };
    const other = wireSpan({
      ...changes,
      statusMessage: 'said',
      attributes: [{ key: 'thread.id', value: { int: 7n } }],
    });
    const batch = scanned(CLIENT, spanBytes(other));
    expect(batch?.forms[0]).toBe(batch?.forms[1]);
    expect([...(batch?.ids ?? [])].slice(8, 16)).toEqual([
      ...[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xeeeeeeee, 0xeeeeeeee, 0xdddddddd, 0xdddddddd],
    ]);
    expect([batch?.endMs[1], batch?.durationMs[1]]).toEqual([5e-6, 0]);
  });

  it('are of several where anything differs that a rule looks at', () => {
    for (const [a, b] of [
      [attribute('http.route', '/a'), attribute('http.route', '/b')],
      [attribute('http.route', '/a'), attribute('http.target', '/a')],
      [attribute('http.route', ''), []],
      [field(15, [tag(3, 0), 2]), field(15, [tag(3, 0), 1])],
      [field(5, 'GET'), field(5, 'PUT')],
    ] as const) {
      expect(areAlike(a, b)).toBe(false);
    }
  });

  it('took no time where a time is missing, or the end is before the start', () => {
    const times = [
      { start: 0n, end: 5_000_000n },
      { start: 5_000_000n, end: 0n },
      { start: 6_000_000n, end: 5_000_000n },
      { start: 0x1_ffff_ffffn, end: 0x2_0000_0000n + 999_999n },
    ];
    const batch = scanned(...times.map((each) => spanBytes(wireSpan(each))));
    expect([...(batch?.durationMs ?? [])].slice(0, 4)).toEqual([0, 0, 0, 1]);
  });

  it('of two kinds are of two forms, and have the parent that was named last', () => {
    const ids = [field(1, new Uint8Array(16).fill(1)), field(2, new Uint8Array(8).fill(1))];
    const batch = scanned([ids, tag(6, 0), 3], [ids, tag(6, 0), 4], ids);
    expect(batch?.forms.map(({ kind }) => kind)).toEqual([3, 4, 0]);
    const parent = field(4, new Uint8Array(8).fill(7));
    const orphan = scanned([CLIENT, parent, field(4, [])], [CLIENT, field(4, []), parent]);
    expect([...(orphan?.ids ?? [])].filter((_, word) => word % 8 >= 6 && word < 16)).toEqual([
      ...[0, 0, 0x07070707, 0x07070707],
    ]);
  });

  it('that were served are of one form wherever they were asked for, and calls are not', () => {
    const [here, there] = [attribute('server.address', 'a'), attribute('server.address', 'b')];
    expect([areAlike(here, there, SERVER), areAlike(here, there)]).toEqual([true, false]);
    const [health, up] = [attribute('url.path', '/health'), attribute('url.path', '/up')];
    expect([areAlike(health, up, SERVER), areAlike(health, up)]).toEqual([true, false]);
  });

  it('are of several where one’s URL is a health check’s and the other’s is not, or gives way to another attribute', () => {
    const long = `http://${'a'.repeat(1024)}/health`;
    for (const [one, other] of [
      ['', '?a'],
      ['', '/42'],
      ['?a', '/42'],
      ['/health', 'x://y/health'],
      ['http://a/health', long],
    ] as const) {
      expect(areAlike(attribute('url.full', one), attribute('url.full', other))).toBe(false);
    }
    for (const [one, other] of [
      ['http://a/health?x', 'http://a/health?y'],
      ['/orders/42', '/orders/43'],
    ] as const) {
      expect(areAlike(attribute('url.full', one), attribute('url.full', other))).toBe(true);
    }
    const [here, there] = [
      attribute('http.target', 'http://a/health?x'),
      attribute('http.target', 'https://b:1/health'),
    ];
    expect(areAlike(here, there)).toBe(true);
  });

  it('are of one form whatever their URL says behind its host, or before', () => {
    for (const name of ['url.full', 'http.url']) {
      const alike = (one: string, other: string) => areAlike(attribute(name, one), attribute(name, other));
      const first = 'http://web:80/orders/42?id=1';
      for (const other of ['http://web:80/42#1', 'http://ann:secret@web:80/43', `${first}/${'x/'.repeat(1e5)}`]) {
        expect([other, alike(first, other)]).toEqual([other, true]);
      }
      for (const other of [
        'https://web:80/orders/42',
        'http://web:81/orders/42',
        'http://shop:80/42',
        '//web:80/42',
        '42',
      ]) {
        expect([other, alike(first, other)]).toEqual([other, false]);
      }
    }
  });

  it('are each of its own form where a URL’s host goes on for longer than is read', () => {
    const [one, other] = [1, 2].map((number) => attribute('http.url', `http://${number}@${'a'.repeat(1024)}/42`));
    expect(areAlike(one as Bytes, other as Bytes)).toBe(false);
  });

  it('within a process are of one form, whatever they are called and say', () => {
    const internal = (name: string) => spanBytes(wireSpan({ kind: 1, name }));
    const batch = scanned(
      [internal('a'), attribute('http.route', '/a')],
      internal('b'),
      internal('panorama.observation'),
    );
    expect(batch?.forms[0]).toBe(batch?.forms[1]);
    expect(batch?.forms[2]).not.toBe(batch?.forms[0]);
    expect(batch?.forms[2]?.name).toBe('panorama.observation');
  });

  it('of other resources are of other forms, and the resource may come last', () => {
    const of = (service: string) => field(1, field(1, [field(1, 'service.name'), text(service)]));
    const spans = field(2, field(2, CLIENT));
    const body = flatten([field(1, [of('a'), spans]), field(1, [spans, of('b')]), field(1, [spans, spans, of('a')])]);
    const batch = new SpanScanner().scan(body);
    expect(batch?.forms.map(({ resource }) => resource.attributes['service.name'])).toEqual(['a', 'b', 'a', 'a']);
    expect(batch?.resources.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 4],
    ]);
    expect(batch?.forms[2]).toBe(batch?.forms[0]);
  });
});

describe('what no encoder writes is read in full:', () => {
  const key = field(1, 'http.route');
  const blame = field(1, 'panorama.blame');
  const cases: Record<string, Bytes> = {
    'a value before its key': field(9, [text('/a'), key]),
    'a second key behind one of which nothing is asked': field(9, [blame, text('a'), key, text('/a')]),
    'two keys': field(9, [blame, key, text('/a')]),
    'two values': field(9, [key, text('/a'), text('/b')]),
    'an array where text is expected': field(9, [key, field(2, anyValueBytes({ array: [{ string: '/a' }] }))]),
    'a value of two members': field(9, [
      key,
      field(2, [anyValueBytes({ bool: true }), anyValueBytes({ string: 'a' })]),
    ]),
    'a value that is longer than its attribute': field(9, [key, tag(2, 2), 9]),
    'a key that is longer than its attribute': field(9, [tag(1, 2), 9]),
    'a kind twice': [tag(6, 0), 3],
    'a status of many bytes': field(15, [tag(3, 0), 0x82, 0]),
    'field number 0': [2, 0],
    'field number 0, of a number': [0, 0],
    'field number 0, of four bytes': [5, 0, 0, 0, 0],
    'a group': [tag(20, 3), tag(20, 4)],
    'a tag of three bytes': [0x82, 0x80, 1, 0],
    'a small field’s tag in two bytes': [0xca, 0, 0],
    'an id of nine bytes': field(2, new Uint8Array(9).fill(1)),
    'an id of zeros': field(1, new Uint8Array(16)),
    'a parent’s id of seven bytes': field(4, new Uint8Array(7).fill(1)),
    'a time that is cut': [tag(7, 1), fixed64(1n).slice(0, 7)],
    'a length that leads out of the span': [tag(5, 2), 100],
  };
  for (const [what, bytes] of Object.entries(cases)) {
    it(what, () => {
      expect(scanned(CLIENT)).toBeDefined();
      expect(scanned([CLIENT, bytes])).toBeUndefined();
    });
  }

  it('a kind of many bytes', () => {
    const parts = [field(1, new Uint8Array(16).fill(1)), field(2, new Uint8Array(8).fill(1))];
    expect(scanned([parts, tag(6, 0), 3])?.forms[0]?.kind).toBe(3);
    expect(scanned([parts, tag(6, 0), 0x83, 0])).toBeUndefined();
    expect(scanned(parts)?.forms[0]?.kind).toBe(0);
    expect(scanned([parts[0] as Bytes])).toBeUndefined();
    expect(scanned([parts[1] as Bytes])).toBeUndefined();
  });

  it('a body that is cut, wherever that is', () => {
    const body = requestOfSpans([CLIENT, attribute('http.route', '/a')], SERVER);
    for (let length = 1; length < body.length; length++) {
      expect(new SpanScanner().scan(body.subarray(0, length))).toBeUndefined();
    }
    expect(new SpanScanner().scan(body)?.count).toBe(2);
  });

  it('a resource twice, and more spans than are taken', () => {
    const resource = field(1, []);
    const spans = field(2, field(2, CLIENT));
    expect(new SpanScanner().scan(flatten(field(1, [resource, spans])))).toBeDefined();
    expect(new SpanScanner().scan(flatten(field(1, [resource, resource, spans])))).toBeUndefined();
    const scanner = new SpanScanner({ ...WIRE_LIMITS, spanCountMax: 2 });
    expect(scanner.scan(requestOfSpans(CLIENT, CLIENT))?.count).toBe(2);
    expect(scanner.scan(requestOfSpans(CLIENT, CLIENT, CLIENT))).toBeUndefined();
    expect(scanner.scan(requestOfSpans(CLIENT))?.count).toBe(1);
  });
});

describe('what is new to it', () => {
  it('is passed over: fields that are not known yet, and lengths of four bytes', () => {
    const unknown = [tag(16, 5), 1, 2, 3, 4, tag(100, 0), varint(300), tag(101, 2), 1, 7, tag(102, 1), fixed64(1n)];
    expect(areAlike([], unknown)).toBe(true);
    const long = [tag(5, 2), 0x80 + 12, 0x80, 0x80, 0, ...Buffer.from('POST /blocks')];
    expect(areAlike([], long)).toBe(true);
    expect(scanned([CLIENT, tag(100, 0), new Array(9).fill(0xff), 1])).toBeDefined();
    expect(scanned([CLIENT, tag(100, 0), new Array(9).fill(0xff), 2])).toBeUndefined();
  });

  it('has room for any number of spans', () => {
    const spans = Array.from({ length: 3000 }, (_, at) => spanBytes(wireSpan({ end: BigInt(at) * 1_000_000n })));
    const batch = scanned(...spans);
    expect(batch?.count).toBe(3000);
    expect(batch?.endMs[2999]).toBe(2999);
    expect(batch?.recordOf(2500).endUnixNano).toBe(2_500_000_000n);
  });
});
