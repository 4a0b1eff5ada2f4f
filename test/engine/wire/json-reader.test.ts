// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { JsonReader } from '../../../src/engine/wire/json-reader.js';
import { jsonBytes } from './otlp-writer.js';

const reader = (text: string | Uint8Array, depthMax = 100): JsonReader =>
  new JsonReader(typeof text === 'string' ? jsonBytes(text) : text, depthMax);

function check(text: string): void {
  const read = reader(text);
  read.skip();
  read.finish();
}

describe('grammar', () => {
  it.each([
    '{}',
    '[]',
    ' [ 1 , -0.5e+3 ,\t0,\r\n1E9 , "a" , true , false , null , { "a" : [ { } ] } ] ',
    '"\\u00e9\\n\\"\\\\\\/"',
    '[[[]],[{}]]',
    '\ufeff{}',
  ])('takes %s', (text) => {
    expect(() => check(text)).not.toThrow();
  });

  it.each([
    '',
    ' ',
    '{',
    '[1',
    '[1,]',
    '[,1]',
    '{,}',
    '{"a":1,}',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    "{'a':1}",
    '{"a":1 "b":2}',
    '[1 2]',
    '[1}',
    '{"a":1]',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '+1',
    'NaN',
    'tru',
    'truee',
    'nul',
    '"a',
    '"\\x"',
    '"\\u12g4"',
    '"\\u12',
    '"\n"',
    '{} {}',
    '{}x',
    '/* */{}',
  ])('refuses %j', (text) => {
    expect(() => check(text)).toThrow(expect.objectContaining({ code: 'PANO_WIRE_MALFORMED' }));
  });

  it('names the byte at which the text is broken', () => {
    expect(() => check('{"é": [1, 2,, 3]}')).toThrow(/at byte 13: a value should begin here/);
  });

  it('refuses a document that ends at any byte before its own end', () => {
    const text = '{"a":[1.5e3,"b\\u0041",true,null,{"c":{}}]}';
    for (let length = 0; length < text.length; length++) {
      expect(() => check(text.slice(0, length)), text.slice(0, length)).toThrow(/malformed OTLP JSON/);
    }
  });
});

describe('depth', () => {
  it('takes what is as deep as the bound and refuses what is deeper', () => {
    expect(() => reader('['.repeat(100) + ']'.repeat(100)).skip()).not.toThrow();
    expect(() => reader('['.repeat(101) + ']'.repeat(101)).skip()).toThrow(
      expect.objectContaining({ code: 'PANO_WIRE_LIMIT' }),
    );
  });

  it('meets a million open brackets without exhausting the stack', () => {
    expect(() => reader('['.repeat(1_000_000), 2_000_000).skip()).toThrow(/ends early/);
    expect(() => reader('{"a":'.repeat(1_000_000)).skip()).toThrow(/nested more than 100 deep at byte/);
  });
});

describe('text', () => {
  it.each([
    ['"plain"', 'plain'],
    ['"\\ud83d\\ude00 \\u00e9\\t\\/"', '😀 é\t/'],
    ['"é😀"', 'é😀'],
    ['"\\ud800x"', '\ufffdx'],
    ['"x\\udc00"', 'x\ufffd'],
    ['""', ''],
  ])('reads %s', (json, text) => {
    expect(reader(json).readText(100)).toBe(text);
  });

  it('replaces invalid UTF-8', () => {
    expect(reader(Uint8Array.of(0x22, 0x61, 0xff, 0x22)).readText(10)).toBe('a\ufffd');
  });

  it('cuts escaped and plain text alike, and never within a pair', () => {
    for (let lengthMax = 0; lengthMax < 9; lengthMax++) {
      const plain = reader('"ab😀cd😀"').readText(lengthMax);
      expect(reader('"ab\\ud83d\\ude00c\\u0064\\ud83d\\ude00"').readText(lengthMax)).toBe(plain);
      expect(plain.length).toBeLessThanOrEqual(lengthMax);
      expect(plain).not.toMatch(/\ufffd/);
    }
  });

  it('stands behind text that was cut', () => {
    const read = reader('["abcdef",1]');
    read.enter();
    read.next();
    expect(read.readText(2)).toBe('ab');
    expect(read.next()).toBe(true);
    expect(read.readNumber()).toBe('1');
    expect(read.next()).toBe(false);
  });
});

describe('keys', () => {
  it('reads keys with escapes, and an over-long one as none', () => {
    const read = reader(`{"tr\\u0061ceId":1,"${'k'.repeat(65)}":2,"__proto__":3}`);
    const keys: string[] = [];
    read.enter();
    while (read.next()) {
      keys.push(read.key());
      read.skip();
    }
    expect(keys).toEqual(['traceId', '', '__proto__']);
  });
});
