// SPDX-License-Identifier: Apache-2.0
/** Statuses: the paper's words with the paper's numbers. */
import { describe, expect, it } from 'vitest';
import { HealthStatus, type HealthStatusName, isFailing, statusFromName, statusName } from '../../src/model/status.js';

const LINES: readonly [HealthStatus, number, HealthStatusName, 'failing' | 'not failing'][] = [
  [HealthStatus.INVALID, 0, 'invalid', 'not failing'],
  [HealthStatus.NA, 1, 'na', 'not failing'],
  [HealthStatus.HEALTHY, 2, 'healthy', 'not failing'],
  [HealthStatus.PENDING, 3, 'pending', 'not failing'],
  [HealthStatus.MAYBE_UNHEALTHY, 4, 'maybe_unhealthy', 'not failing'],
  [HealthStatus.UNHEALTHY, 5, 'unhealthy', 'failing'],
  [HealthStatus.DYING, 6, 'dying', 'failing'],
  [HealthStatus.DEAD, 7, 'dead', 'failing'],
];

describe('a status', () => {
  it.each(LINES)('%i has the number %i, is called %s and is %s', (status, number, name, failing) => {
    expect(status).toBe(number);
    expect(statusName(status)).toBe(name);
    expect(statusFromName(name)).toBe(status);
    expect(statusFromName(name.toUpperCase())).toBe(status);
    expect(isFailing(status)).toBe(failing === 'failing');
  });

  it('is one of these', () => {
    expect(Object.values(HealthStatus)).toEqual(LINES.map(([status]) => status));
  });

  it.each(['', 'unhealthy ', 'well', '5', 'toString', '__proto__'])('is not called %j', (name) => {
    expect(statusFromName(name)).toBeUndefined();
  });

  it('of an unknown number is called invalid', () => {
    expect(statusName(99 as HealthStatus)).toBe('invalid');
  });
});
