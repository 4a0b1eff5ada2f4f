// SPDX-License-Identifier: Apache-2.0
/** When alerts fired, as somebody sees it who asks again and again, and what that is worth. */
import { describe, expect, it } from 'vitest';
import { type ActiveAlert, Firings, ruleFiguresOf } from '../../bench/detection/firings.js';

/** It watches for what takes 50 ms to make it fire. */
const alertOf = (service: string, atMs: number, state = 'firing'): ActiveAlert => ({
  state,
  activeAt: new Date(atMs - 50).toISOString(),
  labels: { alertname: 'FailedCalls', service_name: service, span_kind: 'SPAN_KIND_CLIENT' },
});

/** What was seen, as times and the services that fire then. */
function seen(...moments: readonly (readonly [number, ...string[]])[]): Firings {
  const firings = new Firings();
  for (const [atMs, ...services] of moments)
    firings.note(
      atMs,
      services.map((service) => alertOf(service, atMs)),
    );
  return firings;
}

const times = { faultMs: 1000, repairMs: 9000 };

describe('an alert', () => {
  it('fires from when it is first seen to when it is last, and once for all that', () => {
    expect(seen([100, 'web'], [200, 'web', 'shop'], [300, 'web']).all).toEqual([
      { alert: 'FailedCalls', service: 'web', side: 'client', sinceMs: 50, fromMs: 100, toMs: 300 },
      { alert: 'FailedCalls', service: 'shop', side: 'client', sinceMs: 150, fromMs: 200, toMs: 200 },
    ]);
  });

  it('fires again after it was silent', () => {
    expect(seen([100, 'web'], [200], [300, 'web']).all.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [100, 100],
      [300, 300],
    ]);
  });

  it('does not fire while it is pending', () => {
    const firings = new Firings();
    firings.note(100, [alertOf('web', 100, 'pending')]);
    expect(firings.all).toEqual([]);
  });
});

describe('the rules’ stopwatch', () => {
  it('runs from the fault to the first alert', () => {
    const { all } = seen([3000, 'web'], [4000, 'web', 'shop']);
    expect(ruleFiguresOf(all, times)).toEqual({ ruleS: 2, said: 'FailedCalls of web as client', before: [] });
  });

  it('takes no alert of what was the case before the fault, and says which those are', () => {
    const { all } = seen([500, 'web'], [600], [1020, 'db'], [3000, 'shop'], [4000, 'web', 'shop']);
    expect(ruleFiguresOf(all, times)).toEqual({
      ruleS: 2,
      said: 'FailedCalls of shop as client',
      before: ['FailedCalls of db as client', 'FailedCalls of web as client'],
    });
  });

  it('takes none after the repair, and has nothing to say where none fired', () => {
    expect(ruleFiguresOf(seen([9001, 'web']).all, times).ruleS).toBeUndefined();
    expect(ruleFiguresOf([], times)).toEqual({ ruleS: undefined, said: undefined, before: [] });
  });
});
