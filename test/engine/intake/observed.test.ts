// SPDX-License-Identifier: Apache-2.0
/** What a request showed is told in order of time, once, and good calls of one pair a second at a time. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { IntakeSink } from '../../../src/engine/intake/intake-sink.js';
import { KnownPair } from '../../../src/engine/intake/known-pair.js';
import { Observed } from '../../../src/engine/intake/observed.js';
import type { Observation } from '../../../src/model/observation.js';

let told: unknown[];
let observed: Observed;

beforeEach(() => {
  told = [];
  observed = new Observed(
    (row) => `row ${row}`,
    (row, other) => row - other,
  );
});

const sink = {
  observed: ({ id }, atMs) => told.push([id, atMs]),
  wentWell: ({ subject }, { count, firstMs, lastMs }, cause) => told.push([subject, count, firstMs, lastMs, cause()]),
} as Partial<IntakeSink> as IntakeSink;

const pairOf = (subject: string) => new KnownPair('', 'me', subject, 'service', 'GET', 'caller', 'ok', undefined);
const failure = (id: string) => ({ id }) as Observation;

describe('good calls', () => {
  it('of one pair within a second are told together, whatever their order', () => {
    const [a, b] = [pairOf('a'), pairOf('b')];
    observed.good(a, 0, 500);
    observed.good(b, 1, 400);
    observed.good(a, 2, 100);
    observed.good(a, 3, 999);
    observed.tell(sink, 2000);
    expect(told).toEqual([
      ['a', 3, 100, 999, 'row 0'],
      ['b', 1, 400, 400, 'row 1'],
    ]);
  });

  it('of more than a second are told second by second, in order of time', () => {
    const a = pairOf('a');
    for (const [row, atMs] of [2500, 0, 999, 1000, 300].entries()) observed.good(a, row, atMs);
    observed.tell(sink, 3000);
    expect(told).toEqual([
      ['a', 3, 0, 999, 'row 1'],
      ['a', 1, 1000, 1000, 'row 3'],
      ['a', 1, 2500, 2500, 'row 0'],
    ]);
  });

  it('are told one by one beside a failure, in order of time and at one time of ids', () => {
    const a = pairOf('a');
    observed.good(a, 3, 300);
    observed.good(a, 1, 100);
    observed.other(failure('later'), 4, 300);
    observed.other(failure('late'), 2, 300);
    observed.other(failure('first'), 5, 50);
    observed.tell(sink, 1000);
    expect(told).toEqual([
      ['first', 50],
      ['a', 1, 100, 100, 'row 1'],
      ['late', 300],
      ['a', 1, 300, 300, 'row 3'],
      ['later', 300],
    ]);
  });
});

describe('what was told', () => {
  it('is not told again', () => {
    const a = pairOf('a');
    observed.good(a, 0, 0);
    observed.other(failure('one'), 1, 0);
    observed.tell(sink, 0);
    told = [];
    observed.good(a, 7, 5000);
    observed.tell(sink, 5000);
    observed.tell(sink, 5000);
    expect(told).toEqual([['a', 1, 5000, 5000, 'row 7']]);
  });

  it('is not told again although its listener has failed', () => {
    const a = pairOf('a');
    observed.good(a, 0, 0);
    const failing = { ...sink, wentWell: () => expect.fail('no room') } as IntakeSink;
    expect(() => observed.tell(failing, 0)).toThrow('no room');
    observed.good(a, 1, 0);
    observed.tell(sink, 0);
    expect(told).toEqual([['a', 1, 0, 0, 'row 1']]);
  });
});
