// SPDX-License-Identifier: Apache-2.0
/** Two receivers take no more connections than the system lets the process open files. */
import { expect, it } from 'vitest';
import { CONNECTION_COUNT_MAX } from '../../src/engine/ingest/receiver.js';
import { connectionsPossible, connectionsWithin } from '../../src/engine/open-files.js';

const limits = (soft: number | 'unlimited') =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft}                1048576              files     \n`;

it.each([
  [1_048_576, CONNECTION_COUNT_MAX],
  [20_000, 9250],
  [4096, 1298],
  [1024, 100],
  ['unlimited', CONNECTION_COUNT_MAX],
] as const)('a process that may open %s files has %s connections a receiver', (soft, count) => {
  expect(connectionsWithin(limits(soft), CONNECTION_COUNT_MAX)).toBe(count);
});

it('a system that does not tell how many files there may be gives all', () => {
  expect(connectionsWithin(undefined, CONNECTION_COUNT_MAX)).toBe(CONNECTION_COUNT_MAX);
});

it('this process has some', () => {
  expect(connectionsPossible(CONNECTION_COUNT_MAX)).toBeGreaterThanOrEqual(100);
  expect(connectionsPossible(CONNECTION_COUNT_MAX)).toBeLessThanOrEqual(CONNECTION_COUNT_MAX);
});
