// SPDX-License-Identifier: Apache-2.0
/** Bags as bytes: the golden files, what a hop leaves unchanged, and copies that are not whole. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { bag } from '../../../src/baggage/bag/packing.js';
import { frame, GOLDEN_BAGS, goldenText, readGolden } from './golden-bags.js';

const FOLDER = path.join(import.meta.dirname, 'golden');
const golden = (name: string) => readGolden(readFileSync(path.join(FOLDER, `${name}.hex`), 'utf8'));
const packed = (baggage: Baggage) => baggage.unpack('example').map(({ value }) => value);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the golden files', () => {
  for (const [name, example] of Object.entries(GOLDEN_BAGS)) {
    it(`${name}: the same bag gives the same bytes`, async () => {
      await expect(goldenText(example)).toMatchFileSnapshot(path.join(FOLDER, `${name}.hex`));
    });

    it(`${name}: the bytes unpack to what the file says`, () => {
      const { bytes, tuples } = golden(name);
      const baggage = Baggage.deserialize(bytes);
      expect(example.names.flatMap((each) => baggage.unpack(each).map((tuple) => [each, tuple]))).toEqual(tuples);
    });
  }

  it('are all of them made here', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(
      Object.keys(GOLDEN_BAGS)
        .map((name) => `${name}.hex`)
        .sort(),
    );
  });

  it('are written again as they were read, where the branch goes on in its frame', () => {
    for (const name of Object.keys(GOLDEN_BAGS).filter((each) => !['newer', 'answer'].includes(each))) {
      const { bytes } = golden(name);
      expect([name, hex(Baggage.deserialize(bytes).serialize())]).toEqual([name, hex(bytes)]);
    }
  });
});

describe('what a newer version sent', () => {
  const field = (text: string) => Buffer.from(text).toString('hex');
  const inInstances = ['kept in a new way', 'combined in a new way', 'a field of Instance', 'a field of Rows'].map(
    field,
  );

  it('is passed on unchanged with a request, though nobody here understands it', () => {
    const { bytes } = golden('newer');
    const entered = Baggage.enter(Baggage.deserialize(bytes), frame('B'));
    expect(packed(entered)).toEqual([10]);
    const onward = hex(entered.request().serialize());
    for (const each of inInstances) expect(onward).toContain(each);
    expect(onward).not.toContain(field('a field of Bag'));
  });

  it('is passed on unchanged with an answer, also when all else is written together', () => {
    const asking = new Baggage(frame('C'));
    asking.pack('example', { value: 1 });
    const request = asking.split();
    const newer = new Baggage(frame('A'));
    newer.join(request);
    const { bytes } = golden('newer');
    asking.join(Baggage.deserialize(bytes));
    asking.pack('example', { value: 2 });
    asking.join(newer);
    asking.pack('example', { value: 3 });
    expect(packed(asking)).toEqual([1, 10, 2, 3]);
    const onward = hex(asking.answer().serialize());
    for (const each of inInstances) expect(onward).toContain(each);
  });

  it('is left out first where it does not fit the budget', () => {
    const half = Baggage.deserialize(golden('newer').bytes);
    const bytes = half.serialize({ byteCountMax: 70 });
    expect(bytes.length).toBeLessThanOrEqual(70);
    expect(packed(Baggage.deserialize(bytes))).toEqual([10]);
    expect(Baggage.deserialize(bytes).truncated).toBe(true);
  });
});

describe('fields of a bag', () => {
  it('combined bags are read by the names of their columns, in whatever order a writer has them', () => {
    const numbered = bag('b', { keep: 'combined', by: [], values: { z: 'sum', 1: 'max' } });
    const column = (name: string, combine: number) => [0x22, 5, 0x0a, 1, name.charCodeAt(0), 0x10, combine];
    const row = [0x2a, 8, 0x0a, 2, 0x08, 2, 0x0a, 2, 0x08, 4];
    const rows = [0x0a, 1, 0x62, 0x10, 3, ...column('z', 1), ...column('1', 4), ...row];
    const instance = [0x12, 1, 0b1001_0000, 0x22, rows.length, ...rows];
    const baggage = Baggage.deserialize(Uint8Array.of(0x0a, 1, 9, 0x1a, instance.length, ...instance));
    expect(baggage.unpack(numbered)).toEqual([{ 1: 2, z: 1 }]);
  });

  it('the subject is an identity or nothing', () => {
    const answer = (subject: string) => Baggage.deserialize(new Baggage().answer().serialize({ subject })).subject;
    expect(answer('ns/service@instance')).toBe('ns/service@instance');
    expect(answer('two words')).toBe(undefined);
    expect(answer('x'.repeat(5000))).toBe(undefined);
  });
});

describe('a partial copy', () => {
  it('gives way to a whole one, whichever comes first', () => {
    const asking = new Baggage();
    for (let value = 0; value < 20; value++) asking.pack('example', { value });
    const one = asking.split();
    const other = asking.split();
    const partial = () => Baggage.deserialize(one.serialize({ byteCountMax: 80 }));
    const whole = () => Baggage.deserialize(other.serialize());
    expect(packed(partial()).length).toBeGreaterThan(1);
    expect(packed(partial()).length).toBeLessThan(20);
    expect(partial().truncated).toBe(true);
    for (const [first, second] of [
      [partial(), whole()],
      [whole(), partial()],
    ] as [Baggage, Baggage][]) {
      first.join(second);
      expect(packed(first)).toEqual(Array.from({ length: 20 }, (_, value) => value));
    }
  });

  it('says that it is one on every hop', () => {
    const asking = new Baggage();
    for (let value = 0; value < 20; value++) asking.pack('example', { value });
    let half = asking.split();
    half = Baggage.deserialize(half.serialize({ byteCountMax: 80 }));
    half = Baggage.deserialize(half.serialize());
    half.join(asking);
    expect(packed(half).length).toBe(20);
  });

  it('that is all there is keeps the marker, so that nobody takes it for everything', () => {
    const callee = Baggage.enter(new Baggage().request());
    for (let value = 0; value < 20; value++) callee.pack('example', { value });
    const answer = Baggage.deserialize(callee.answer().serialize({ byteCountMax: 80 }));
    const asking = new Baggage();
    asking.join(answer);
    asking.pack('example', { value: 20 });
    expect(asking.truncated).toBe(true);
    expect(Baggage.deserialize(asking.serialize()).truncated).toBe(true);
  });
});
