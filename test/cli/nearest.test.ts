// SPDX-License-Identifier: Apache-2.0
/** Who is meant by a name that nobody has. */
import { describe, expect, it } from 'vitest';
import { nearestOf } from '../../src/cli/nearest.js';

const NAMES = ['datanode/dn1', 'datanode/dn2', 'checkout', 'shop:checkout', '10.0.0.7:9000', 'db'];

describe('a name that nobody has', () => {
  it.each([
    ['dn2', ['datanode/dn2']],
    ['datanode/dn3', ['datanode/dn1', 'datanode/dn2']],
    ['Checkuot', ['checkout']],
    ['checkout', ['checkout', 'shop:checkout']],
    ['10.0.0.7:9001', ['10.0.0.7:9000']],
    ['bd', ['db']],
    ['payments', []],
    ['x', []],
  ])('%s means %j', (written, meant) => {
    expect(nearestOf(written, NAMES)).toEqual(meant);
  });

  it('gets three suggestions at the most, and each once', () => {
    const many = Array.from({ length: 50 }, (_, index) => `shop/s${index % 9}`);
    expect(nearestOf('shop/s', many)).toEqual(['shop/s0', 'shop/s1', 'shop/s2']);
  });

  it('is compared in no time however long it is', () => {
    const long = 'x'.repeat(100_000);
    expect(nearestOf(long, [long, ...NAMES])).toEqual([long]);
  });
});
