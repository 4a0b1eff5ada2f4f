// SPDX-License-Identifier: Apache-2.0
/**
 * The example of the Brown talk, line by line: pack 10; fork; one branch packs 20 and reads `[10, 20]`; the other packs 5
 * and reads `[10, 5]`, then 8; they join and read `[10, 20, 5, 8]`. At no point does anybody read a value twice.
 */
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';

const values = (baggage: Baggage) => baggage.unpack('example').map(({ value }) => value);
const pack = (baggage: Baggage, value: number) => baggage.pack('example', { value });
const carried = (baggage: Baggage) => Baggage.deserialize(baggage.serialize());

describe('the talk’s example', () => {
  it('within one process', () => {
    const left = new Baggage();
    pack(left, 10);
    const right = left.split();

    pack(left, 20);
    expect(values(left)).toEqual([10, 20]);

    pack(right, 5);
    expect(values(right)).toEqual([10, 5]);
    pack(right, 8);
    expect(values(right)).toEqual([10, 5, 8]);

    left.join(right);
    expect(values(left)).toEqual([10, 20, 5, 8]);
    expect(left.instanceCount).toBe(1);
  });

  it('with bytes between the steps', () => {
    let left = new Baggage();
    pack(left, 10);
    let right = carried(left.split());
    left = carried(left);
    expect(values(left)).toEqual([10]);
    expect(values(right)).toEqual([10]);

    pack(left, 20);
    left = carried(left);
    expect(values(left)).toEqual([10, 20]);

    pack(right, 5);
    right = carried(right);
    expect(values(right)).toEqual([10, 5]);
    pack(right, 8);
    right = carried(right);
    expect(values(right)).toEqual([10, 5, 8]);

    left.join(right);
    expect(values(left)).toEqual([10, 20, 5, 8]);
    expect(values(carried(left))).toEqual([10, 20, 5, 8]);
  });

  it('with a request and its response, and the example once more beneath it', () => {
    const caller = new Baggage();
    pack(caller, 10);
    const request = caller.request().serialize();
    pack(caller, 20);
    expect(values(caller)).toEqual([10, 20]);

    const callee = Baggage.enter(Baggage.deserialize(request));
    pack(callee, 5);
    expect(values(callee)).toEqual([10, 5]);
    const nested = Baggage.enter(Baggage.deserialize(callee.request().serialize()));
    pack(nested, 8);
    expect(values(nested)).toEqual([10, 5, 8]);
    callee.join(carried(nested.answer()));
    expect(values(callee)).toEqual([10, 5, 8]);

    const response = callee.answer();
    expect(values(response)).toEqual([5, 8]);
    caller.join(carried(response));
    expect(values(caller)).toEqual([10, 20, 5, 8]);
    expect(caller.instanceCount).toBe(1);
  });

  it('whichever branch joins the other', () => {
    const left = new Baggage();
    pack(left, 10);
    const right = left.split();
    pack(left, 20);
    pack(right, 5);
    pack(right, 8);
    right.join(left);
    expect(values(right)).toEqual([10, 5, 8, 20]);
    expect(values(left)).toEqual([]);
  });
});
