// SPDX-License-Identifier: Apache-2.0
/** Observers against subjects: what is shown of them, in which order, and how one moves among them. */
import { describe, expect, it } from 'vitest';
import type { PairJson } from '../../../src/engine/api/shapes.js';
import type { HealthStatusName } from '../../../src/model/status.js';
import { cellIn, cellText, placeAfter } from '../../../web/src/state/cell.js';
import { keyOf } from '../../../web/src/state/fleet.js';
import { type MatrixChoice, matrixChoiceIn, matrixOf, worstFirst } from '../../../web/src/state/matrix.js';
import { shortName } from '../../../web/src/state/words.js';

const pair = (observer: string, subject: string, status: HealthStatusName = 'healthy', environment = ''): PairJson => ({
  environment,
  subject,
  observer,
  status,
});

const PAIRS = [
  pair('web/1', 'api/1'),
  pair('web/2', 'api/1'),
  pair('api/1', 'db/1', 'unhealthy'),
  pair('job/1', 'db/1'),
  pair('job/1', 'mail', 'pending'),
];

const ALL: MatrixChoice = matrixChoiceIn({});
const subjectsOf = (choice: Partial<MatrixChoice>): readonly string[] =>
  matrixOf(PAIRS, { ...ALL, ...choice }).rows.map(({ subject }) => subject);

describe('the matrix', () => {
  it('puts observers that complain first, and counts', () => {
    const { columns, pairCount, complaintCount } = matrixOf(PAIRS, ALL);
    expect(columns.map(({ observer }) => observer)).toEqual(['api/1', 'job/1', 'web/1', 'web/2']);
    expect({ pairCount, complaintCount }).toEqual({ pairCount: 5, complaintCount: 1 });
  });

  it('puts subjects that were judged worst first, whatever is said of them', () => {
    const judged = new Map<string, HealthStatusName>([[keyOf({ environment: '', subject: 'mail' }), 'dead']]);
    const { rows } = worstFirst(matrixOf(PAIRS, ALL), (key) => judged.get(key) ?? 'healthy');
    expect(rows.map(({ subject }) => subject)).toEqual(['mail', 'db/1', 'api/1']);
  });

  it('shows of a subject of which somebody complains also who does not', () => {
    const { rows, columns } = matrixOf(PAIRS, { ...ALL, isIllOnly: true });
    expect(rows.map(({ subject, found }) => [subject, [...found.values()]])).toEqual([
      ['db/1', ['unhealthy', 'healthy']],
    ]);
    expect(columns.map(({ observer }) => observer)).toEqual(['api/1', 'job/1']);
  });

  it('finds all words in either name', () => {
    expect(subjectsOf({ text: 'JOB' })).toEqual(['db/1', 'mail']);
    expect(subjectsOf({ text: 'job mail' })).toEqual(['mail']);
    expect(subjectsOf({ text: 'nobody' })).toEqual([]);
  });

  it('keeps environments apart', () => {
    const pairs = [pair('web/1', 'api/1'), pair('web/1', 'api/1', 'dead', 'prod')];
    const { rows } = matrixOf(pairs, ALL);
    expect(rows.map(({ environment, found }) => [environment, found.get('web/1')])).toEqual([
      ['prod', 'dead'],
      ['', 'healthy'],
    ]);
    expect(matrixOf(pairs, matrixChoiceIn({ environment: '(none)' })).rows).toHaveLength(1);
  });
});

describe('a cell of the matrix', () => {
  it('stands in the address, whatever its names', () => {
    for (const environment of ['', 'prod|%7C'])
      for (const observer of ['web/1', 'a|b', '100%7C']) {
        const cell = { environment, subject: 'db/1#x|y%25', observer };
        expect(cellIn(cellText(cell))).toEqual(cell);
      }
    expect(cellText({ environment: '', subject: 'db/1', observer: 'web/1' })).toBe('web/1|db/1');
    expect(cellIn('web/1')).toBeUndefined();
    expect(cellIn(undefined)).toBeUndefined();
  });

  const matrix = matrixOf(PAIRS, ALL);

  it('is left with arrows, but not beyond the edge', () => {
    const at = { row: 0, column: 0 };
    expect(placeAfter('ArrowRight', at, matrix, false)).toEqual({ row: 0, column: 1 });
    expect(placeAfter('ArrowUp', at, matrix, false)).toEqual(at);
    expect(placeAfter('End', at, matrix, true)).toEqual({ row: 2, column: 3 });
    expect(placeAfter('PageDown', at, matrix, false)).toEqual({ row: 2, column: 0 });
    expect(placeAfter('x', at, matrix, false)).toBeUndefined();
  });

  it('is left for the next in which something stands, where that is wanted', () => {
    const row = matrix.rows.findIndex(({ subject }) => subject === 'api/1');
    expect(placeAfter('ArrowRight', { row, column: 0 }, matrix, true)).toEqual({ row, column: 2 });
    expect(placeAfter('ArrowLeft', { row, column: 2 }, matrix, true)).toEqual({ row, column: 2 });
  });
});

describe('a name that is too long', () => {
  it('keeps both ends', () => {
    expect(shortName('checkout/checkout-10', 20)).toBe('checkout/checkout-10');
    expect(shortName('checkout/checkout-5d8f-x2', 12)).toBe('checko…8f-x2');
  });
});
