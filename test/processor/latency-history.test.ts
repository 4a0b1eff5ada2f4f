// SPDX-License-Identifier: Apache-2.0
/** What is remembered of an operation's latencies: two generations, and suspects only when a generation is full. */
import { describe, expect, it } from 'vitest';
import { LatencyHistory } from '../../src/processor/latency-history.js';

const MINUTE = 60_000;
/** When the first two generations are over, which are short. */
const GROWN_MS = 10_000;

function taught(count: number, latencyMs: number, history: LatencyHistory = new LatencyHistory()): LatencyHistory {
  for (let call = 0; call < count; call++) history.learn(latencyMs);
  return history;
}
/** One whose first two generations are over, both of so many ms a call. */
function grown(latencyMs: number): LatencyHistory {
  const history = taught(100, latencyMs);
  history.age(0);
  history.age(GROWN_MS / 2);
  taught(100, latencyMs, history).age(GROWN_MS);
  return history;
}

/** Within the relative error of the sketch. */
function expectAbout(actual: number, expected: number): void {
  expect(actual).toBeGreaterThan(expected * 0.94);
  expect(actual).toBeLessThan(expected * 1.06);
}

describe('a latency history', () => {
  it.each([0.05, 1, 37, 1234, 3_600_000])('tells the quantiles of %d ms within its error', (latencyMs) => {
    const history = taught(990, latencyMs);
    taught(10, latencyMs * 7, history);
    expect(history.count).toBe(1000);
    expectAbout(history.quantileMs(0.5), latencyMs);
    expectAbout(history.quantileMs(0.999), Math.min(latencyMs * 7, 24 * 60 * MINUTE));
  });

  it('bears latencies that cannot be: none, no number of ms below it, and for ever', () => {
    const history = taught(5, 0);
    history.learn(-1);
    history.learn(Number.POSITIVE_INFINITY);
    expect(history.count).toBe(7);
    expect(Number.isFinite(history.quantileMs(0.999))).toBe(true);
  });

  it('forgets a latency in the second generation after it', () => {
    const history = taught(2000, 500, grown(500));
    history.age(GROWN_MS + MINUTE);
    taught(2000, 5, history);
    expectAbout(history.quantileMs(0.999), 500);
    history.age(GROWN_MS + 2 * MINUTE);
    taught(2000, 5, history);
    expectAbout(history.quantileMs(0.999), 5);
  });

  it('keeps a generation until it is a minute old and a thousand calls strong', () => {
    const young = taught(5000, 500, grown(500));
    young.age(GROWN_MS + MINUTE - 1);
    expect(young.count).toBe(5100);
    taught(5000, 5, young);
    young.age(GROWN_MS + MINUTE);
    expect(young.count).toBe(10_000);
    young.age(GROWN_MS + 2 * MINUTE);
    expect(young.count).toBe(10_000);
    const weak = taught(999, 500, grown(500));
    for (let minute = 1; minute < 60; minute++) weak.age(GROWN_MS + minute * MINUTE);
    expect(weak.count).toBe(1099);
    weak.learn(500);
    weak.age(GROWN_MS + 60 * MINUTE);
    expect(weak.count).toBe(1000);
  });

  it('forgets what was slow only while the process was cold: its first two generations are of 5 s and a hundred calls', () => {
    const history = new LatencyHistory();
    history.age(0);
    taught(100, 500, history);
    history.age(4999);
    taught(100, 5, history);
    expect(history.count).toBe(200);
    history.age(5000);
    expectAbout(history.quantileMs(0.999), 500);
    // Young or not, it takes so many calls to know better.
    taught(99, 5, history).age(20_000);
    expectAbout(history.quantileMs(0.999), 500);
    taught(1, 5, history).age(20_001);
    expectAbout(history.quantileMs(0.999), 5);
    // The third is one as all that follow: what happens in it is not forgotten within seconds.
    taught(1000, 50, history).age(20_001 + MINUTE - 1);
    expect(history.count).toBe(1100);
    history.age(20_001 + MINUTE);
    expect(history.count).toBe(1000);
  });

  /** A minute in which a hundred calls of 5 ms come back each second, and so many suspects of 30 s in some of them. */
  function lived(history: LatencyHistory, startMs: number, suspectsAt: (second: number) => number): void {
    for (let second = 0; second <= 60; second++) {
      taught(100, 5, history);
      for (let call = suspectsAt(second); call > 0; call--) history.learnLater(30_000);
      history.age(startMs + second * 1000);
    }
  }

  it('does not learn from suspects while the generation grows', () => {
    const history = new LatencyHistory();
    history.age(0);
    for (let call = 0; call < 40; call++) history.learnLater(30_000);
    taught(5000, 5, history);
    expectAbout(history.quantileMs(0.999), 5);
  });

  it('never learns an incident: a server that stood still for twelve seconds answers hundreds of calls at once', () => {
    const history = grown(5);
    lived(history, GROWN_MS, (second) => (second === 30 ? 1200 : 0));
    expectAbout(history.quantileMs(0.999), 5);
    // Nor one that lasts for half a minute, in which each call comes back late.
    lived(history, GROWN_MS + MINUTE, (second) => (second < 30 ? 20 : 0));
    expectAbout(history.quantileMs(0.999), 5);
  });

  it('is not forgotten in an incident in which every call comes back late, and then none', () => {
    const history = grown(5);
    taught(1000, 5, history).age(GROWN_MS + MINUTE);
    for (let second = 1; second <= 120; second++) {
      for (let call = 0; second <= 10 && call < 100; call++) history.learnLater(30_000);
      history.age(GROWN_MS + MINUTE + second * 1000);
    }
    expectAbout(history.quantileMs(0.999), 5);
    expect(history.count).toBe(1000);
  });

  it('learns how an operation is: slow once in a hundred calls, all the time', () => {
    const history = grown(5);
    lived(history, GROWN_MS, () => 1);
    expectAbout(history.quantileMs(0.999), 30_000);
  });

  it('learns that every call has become slow, though there are no others that fill the generation', () => {
    const history = taught(500, 5, grown(5));
    for (let second = 0; second <= 60; second++) {
      for (let call = 0; call < 20; call++) history.learnLater(3000);
      history.age(GROWN_MS + second * 1000);
    }
    expectAbout(history.quantileMs(0.999), 3000);
  });

  it('learns it of an operation that is called in bursts, with fewer looks than there are parts', () => {
    const history = grown(5);
    for (const at of [MINUTE, 2 * MINUTE]) {
      taught(900, 5, history);
      for (let call = 0; call < 100; call++) history.learnLater(3000);
      history.age(at);
    }
    expectAbout(history.quantileMs(0.999), 3000);
  });

  it('counts each suspect once', () => {
    const history = grown(5);
    lived(history, GROWN_MS, () => 1);
    lived(history, GROWN_MS + MINUTE, () => 0);
    expectAbout(history.quantileMs(0.999), 5);
  });

  it('keeps each generation for a minute', () => {
    const history = taught(1000, 500, grown(500));
    history.age(GROWN_MS + 90_000);
    taught(1000, 5, history);
    history.age(GROWN_MS + 100_000);
    expectAbout(history.quantileMs(0.999), 500);
    history.age(GROWN_MS + 150_000);
    expectAbout(history.quantileMs(0.999), 5);
  });
});
