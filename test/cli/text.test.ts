// SPDX-License-Identifier: Apache-2.0
/** What stands in a terminal: tables that fit it, widths of letters, lengths of time. */
import { describe, expect, it } from 'vitest';
import { durationMs } from '../../src/cli/duration.js';
import { sightingIn } from '../../src/cli/observation-request.js';
import { table } from '../../src/cli/text.js';
import { fitted, widthOf } from '../../src/cli/width.js';
import { HealthStatus } from '../../src/model/status.js';

describe('a table', () => {
  const rows = [
    ['shop', 'healthy', ''],
    ['在庫サービス', 'ill', 'GET /items'],
  ];

  it('has columns as wide as their widest cell, by what a terminal shows', () => {
    expect(table(['NAME', 'STATUS', 'IN'], rows).split('\n')).toEqual([
      'NAME          STATUS   IN',
      'shop          healthy',
      '在庫サービス  ill      GET /items',
    ]);
  });

  it.each([1, 5, 13, 14, 15, 16, 20, 24, 30])('has no line wider than %i where that is all there is', (width) => {
    const lines = table(['NAME', 'STATUS', 'IN'], rows, undefined, width).split('\n');
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
    if (width >= 20) expect(lines[2]).toMatch(/^在庫サービス {2}ill/);
  });

  it('prints nothing that a terminal obeys', () => {
    expect(table(['A'], [['\u001b[2Jx\ny']])).toBe('A\n\ufffd[2Jx\ufffdy');
  });
});

describe('a text', () => {
  it.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['在庫', 4],
    ['🔥', 2],
    ['→', 1],
  ])('%s takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it('is cut with a sign that it is', () => {
    expect(fitted('datanode', 8)).toBe('datanode');
    expect(fitted('datanode', 5)).toBe('data…');
    expect(fitted('在庫サ', 4)).toBe('在…');
    expect(fitted('datanode', 0)).toBe('');
  });
});

describe('a length of time', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
  ])('%s is %i ms', (text, ms) => {
    expect(durationMs('--since', text)).toBe(ms);
  });

  it.each(['', '30', 's', '-1s', '1 h', '1y'])('is not %j', (text) => {
    expect(() => durationMs('--since', text)).toThrow(/--since .* is no length of time/);
  });
});

describe('a word of a report', () => {
  const { HEALTHY, UNHEALTHY, DEAD } = HealthStatus;
  it.each([
    ['GET /cart:unhealthy', 'GET /cart', UNHEALTHY, 1],
    ['GET /cart:unhealthy:3', 'GET /cart', UNHEALTHY, 3],
    ['a:b:DEAD', 'a:b', DEAD, 1],
    ['a:7:healthy:9', 'a:7', HEALTHY, 9],
    ['dead:healthy', 'dead', HEALTHY, 1],
    ['x:unhealthy:healthy', 'x:unhealthy', HEALTHY, 1],
  ])('%s is read from its end', (text, operation, status, score) => {
    expect(sightingIn(text)).toEqual({ operation, status, score });
  });

  it.each([
    '',
    'healthy',
    ':healthy',
    'x:ill',
    'x:invalid',
    'x:healthy:',
    'x:healthy:0',
    'x:healthy:1001',
    'x:healthy:-1',
  ])('is not %j', (text) => {
    expect(() => sightingIn(text)).toThrow(JSON.stringify(text));
  });
});
