// SPDX-License-Identifier: Apache-2.0
/** Options: a number that cannot be used is replaced by the default and said, for a guest does not stop its host over it. */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../src/model/clock.js';
import { DEFAULT_RULES } from '../../src/observe/rules.js';
import { settingsOf } from '../../src/processor/options.js';
import { KeepingExporter, listenToDiagnostics } from './guest.js';

const exporter = new KeepingExporter();
let heard: ReturnType<typeof listenToDiagnostics> | undefined;
afterEach(() => heard?.stop());

describe('without options', () => {
  it('the defaults hold', () => {
    expect(settingsOf({ exporter })).toEqual({
      exporter,
      windowMs: 1000,
      queueCountMax: 2048,
      pairCountMax: 2000,
      hungFloorMs: 100,
      hungSuspicion: 4,
      inFlightCountMax: 10_000,
      exportTimeoutMs: 10_000,
      rules: DEFAULT_RULES,
      clock: systemClock,
      random: systemRandom,
    });
  });
});

describe('a bound', () => {
  it.each([
    ['windowMs', 100, 60_000, 1000],
    ['queueCountMax', 1, 65_536, 2048],
    ['pairCountMax', 1, 100_000, 2000],
    ['hungFloorMs', 25, 600_000, 100],
    ['hungSuspicion', 1, 100, 4],
    ['inFlightCountMax', 1, 1_000_000, 10_000],
    ['exportTimeoutMs', 100, 600_000, 10_000],
  ] as const)('of %s is from %i to %i; anything else is %i, and said', (name, min, max, byDefault) => {
    heard = listenToDiagnostics();
    expect(settingsOf({ exporter, [name]: min })[name]).toBe(min);
    expect(settingsOf({ exporter, [name]: max })[name]).toBe(max);
    expect(heard.warn).not.toHaveBeenCalled();
    for (const wrong of [min - 1, max + 1, Number.NaN, Number.POSITIVE_INFINITY, '500' as unknown as number]) {
      expect(settingsOf({ exporter, [name]: wrong })[name]).toBe(byDefault);
    }
    expect(heard.warn).toHaveBeenCalledTimes(5);
    expect(heard.warn.mock.calls[0]?.[0]).toContain(name);
  });
});
