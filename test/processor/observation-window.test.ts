// SPDX-License-Identifier: Apache-2.0
/** Folding what was seen: what goes at once, what waits, in which order, and what is forgotten. */
import { describe, expect, it } from 'vitest';
import type { Evidence, OutcomeReason } from '../../src/model/observation.js';
import { HealthStatus, statusName } from '../../src/model/status.js';
import type { Sighting } from '../../src/observe/observe.js';
import { type FoldedSighting, ObservationWindow } from '../../src/processor/observation-window.js';

const sighting = (status: HealthStatus, reason: OutcomeReason, subject = 'web'): Sighting => ({
  subject: { text: subject, resolution: 'service' },
  operation: 'GET',
  status,
  reason,
  source: 'caller',
});
const WELL = sighting(HealthStatus.HEALTHY, 'ok');
const FAULTY_REQUEST = sighting(HealthStatus.HEALTHY, 'request_fault');
const FAILED = sighting(HealthStatus.UNHEALTHY, 'server_error');
const TIMED_OUT = sighting(HealthStatus.UNHEALTHY, 'timeout');
const SUSPECTED = sighting(HealthStatus.PENDING, 'hung');
const THROTTLED = sighting(HealthStatus.MAYBE_UNHEALTHY, 'throttled');
const of = (subject: string, { status, reason }: Sighting) => sighting(status, reason, subject);

const said = (folded: readonly FoldedSighting[]) =>
  folded.map((each) => `${each.sighting.subject.text} ${statusName(each.sighting.status)} ${each.count}`);
/** One call, as the processor takes it. */
function take(window: ObservationWindow, seen: Sighting, endMs: number, latencyMs: number, evidence?: Evidence) {
  const pair = window.pairOf(seen);
  window.count(seen, pair);
  return pair ? window.add(pair, seen, endMs, latencyMs, { evidence }) : [];
}
const add = (window: ObservationWindow, seen: Sighting, endMs: number) => said(take(window, seen, endMs, 10));

describe('a window', () => {
  it('tells of calls that are out the greatest suspicion since it last told of them', () => {
    const window = new ObservationWindow(10);
    const hung = { status: HealthStatus.PENDING, reason: 'hung' } as const;
    const pair = window.pairOf(WELL);
    const suspected = (phi: number) => (pair ? window.add(pair, hung, 1, 10, undefined, phi) : []);
    const maxima = (folded: readonly FoldedSighting[]) => folded.map(({ suspicionMax }) => suspicionMax);
    expect(maxima(suspected(50))).toEqual([50]);
    expect(maxima(suspected(5))).toEqual([5]);
    expect(suspected(12)).toEqual([]);
    expect(maxima(suspected(6))).toEqual([12]);
    for (const phi of [4, 10, 7]) expect(suspected(phi)).toEqual([]);
    expect(maxima(window.drain(0))).toEqual([10]);
  });

  it('that nothing was added to is empty', () => {
    expect(new ObservationWindow(10).drain(0)).toEqual([]);
  });

  it('folds good news of either reason, with count, times and latencies', () => {
    const window = new ObservationWindow(10);
    expect(take(window, WELL, 1000, 10)).toEqual([]);
    expect(take(window, FAULTY_REQUEST, 1200, 30)).toEqual([]);
    expect(take(window, WELL, 1100, 20)).toEqual([]);
    expect(window.drain(0)).toEqual([
      {
        sighting: WELL,
        count: 3,
        firstMs: 1000,
        lastMs: 1200,
        latencySumMs: 60,
        latencyMaxMs: 30,
        suspicionMax: 0,
        blamed: undefined,
        isAgain: false,
        evidence: [],
      },
    ]);
    expect(window.drain(0)).toEqual([]);
  });

  it('keeps first before last where calls end out of order, or the clock goes back', () => {
    const window = new ObservationWindow(10);
    for (const endMs of [1000, 900, 1100, -5]) take(window, WELL, endMs, 10);
    expect(window.drain(0)[0]).toMatchObject({ firstMs: -5, lastMs: 1100 });
  });

  it('lets each kind of bad news go at once by itself', () => {
    const window = new ObservationWindow(10);
    expect(add(window, FAILED, 1)).toEqual(['web unhealthy 1']);
    expect(add(window, TIMED_OUT, 2)).toEqual(['web unhealthy 1']);
    expect(add(window, THROTTLED, 3)).toEqual(['web maybe_unhealthy 1']);
    expect(add(window, SUSPECTED, 4)).toEqual(['web pending 1']);
    expect(said(window.drain(0))).toEqual([]);
  });

  it.each([
    ['failed', FAILED],
    ['throttled', THROTTLED],
    ['suspected', SUSPECTED],
  ])(
    'lets the first call that is %s go at once, the second, the fourth, the eighth, and the rest at its end',
    (_, seen) => {
      const window = new ObservationWindow(10);
      for (let turn = 0; turn < 2; turn++) {
        const counts = Array.from({ length: 20 }, (_, call) => take(window, seen, call, 10)).map(
          ([told]) => told?.count,
        );
        const sent = counts.flatMap((count, index) => (count === undefined ? [] : [[index + 1, count]]));
        expect(sent).toEqual([
          [1, 1],
          [2, 1],
          [4, 2],
          [8, 4],
          [16, 8],
        ]);
        expect(window.drain(0).map(({ count }) => count)).toEqual([4]);
      }
    },
  );

  it('costs a dozen observations where ten thousand calls fail', () => {
    const window = new ObservationWindow(10);
    let told = 0;
    for (let call = 0; call < 10_000; call++) told += take(window, FAILED, call, 10).length;
    expect(told + window.drain(0).length).toBe(15);
  });

  it('tells calls that are out still apart from those that are told for the first time', () => {
    const window = new ObservationWindow(10);
    const pair = window.pairOf(SUSPECTED);
    const suspected = (isAgain: boolean, endMs: number) =>
      (pair ? window.add(pair, { ...SUSPECTED, isAgain }, endMs, 10) : []).map((told) => [told.isAgain, told.count]);
    expect(suspected(false, 1)).toEqual([[false, 1]]);
    expect(suspected(true, 2)).toEqual([[true, 1]]);
    expect(suspected(false, 3)).toEqual([[false, 1]]);
    expect(suspected(false, 4)).toEqual([]);
    expect(suspected(true, 5)).toEqual([
      [false, 1],
      [true, 1],
    ]);
    expect(window.drain(0)).toEqual([]);
  });

  it('lets good news after bad news go at once, once', () => {
    const window = new ObservationWindow(10);
    expect(add(window, FAILED, 1)).toEqual(['web unhealthy 1']);
    expect(add(window, WELL, 2)).toEqual(['web healthy 1']);
    expect(add(window, WELL, 3)).toEqual([]);
    expect(add(window, FAILED, 4)).toEqual(['web healthy 1', 'web unhealthy 1']);
    for (const endMs of [5, 6, 7, 8]) expect(add(window, WELL, endMs)).toEqual([]);
    expect(said(window.drain(0))).toEqual(['web healthy 4']);
  });

  it('lets good news after bad news go at once also where others of the same second went along with the bad', () => {
    const window = new ObservationWindow(10);
    expect(add(window, WELL, 1)).toEqual([]);
    expect(add(window, FAILED, 2)).toEqual(['web healthy 1', 'web unhealthy 1']);
    expect(add(window, WELL, 3)).toEqual(['web healthy 1']);
    expect(add(window, WELL, 4)).toEqual([]);
  });

  it('lets a suspicion and its end go at once again as they take turns, four times a window', () => {
    const window = new ObservationWindow(10);
    const told: string[] = [];
    for (let turn = 0; turn < 7; turn++) {
      told.push(...add(window, SUSPECTED, turn), ...add(window, WELL, turn + 0.5));
    }
    // The first of each kind, the second suspicion, which needs no turn, and four turns.
    expect(told).toEqual([...[1, 2, 3].flatMap(() => ['web pending 1', 'web healthy 1']), 'web pending 1']);
    window.drain(0);
    expect(add(window, SUSPECTED, 1000)).toEqual(['web pending 1']);
  });

  it('remembers bad news across quiet windows, so that recovery is told at once', () => {
    const window = new ObservationWindow(10);
    add(window, FAILED, 1);
    for (let quiet = 0; quiet < 5; quiet++) expect(window.drain(0)).toEqual([]);
    expect(add(window, WELL, 9000)).toEqual(['web healthy 1']);
  });

  it('sends along what waited, the oldest last call first', () => {
    const window = new ObservationWindow(10);
    add(window, WELL, 100);
    expect(add(window, FAILED, 200)).toEqual(['web healthy 1', 'web unhealthy 1']);
    expect(add(window, FAILED, 300)).toEqual(['web unhealthy 1']);
    expect(add(window, FAILED, 400)).toEqual([]);
    expect(add(window, WELL, 350)).toEqual(['web healthy 1', 'web unhealthy 1']);
    // What went along does not put off the next: this is the fourth.
    expect(add(window, FAILED, 500)).toEqual(['web unhealthy 1']);
    add(window, FAILED, 700);
    add(window, WELL, 600);
    expect(said(window.drain(0))).toEqual(['web healthy 1', 'web unhealthy 1']);
    add(window, FAILED, 800);
    add(window, FAILED, 900);
    add(window, WELL, 950);
    add(window, FAILED, 1100);
    add(window, WELL, 1000);
    expect(said(window.drain(0))).toEqual(['web healthy 1', 'web unhealthy 1']);
  });

  it('does not send what waits of another subject', () => {
    const window = new ObservationWindow(10);
    add(window, WELL, 1);
    expect(add(window, of('db', FAILED), 2)).toEqual(['db unhealthy 1']);
  });

  it('shows four of the traces that came since the last sending', () => {
    const window = new ObservationWindow(10);
    const evidence = (index: number) => ({ traceId: 'a', spanId: String(index) });
    for (let index = 1; index < 16; index++) take(window, FAILED, 1, 1, evidence(index));
    expect(window.drain(0)[0]?.evidence.map(({ spanId }) => spanId)).toEqual(['9', '10', '11', '12']);
  });
});

describe('past the bound of pairs', () => {
  it('a new pair takes the place of the one that has been quiet for longest', () => {
    const window = new ObservationWindow(2);
    add(window, of('a', FAILED), 1);
    add(window, of('b', FAILED), 2);
    window.drain(0);
    add(window, of('a', FAILED), 3);
    window.drain(0);
    expect(add(window, of('c', FAILED), 4)).toEqual(['c unhealthy 1']);
    // b was forgotten with its bad news, a was not.
    expect(add(window, of('a', WELL), 5)).toEqual(['a healthy 1']);
    expect(window.droppedCount).toBe(0);
  });

  it('a busy pair does not keep pairs that are gone in the way of new ones', () => {
    const window = new ObservationWindow(3);
    add(window, of('busy', WELL), 1);
    add(window, of('gone 1', FAILED), 2);
    add(window, of('gone 2', FAILED), 3);
    window.drain(0);
    add(window, of('busy', WELL), 4);
    expect(add(window, of('new', FAILED), 5)).toEqual(['new unhealthy 1']);
    expect(window.droppedCount).toBe(0);
  });

  it('a call is lost, and counted, where news of every pair waits', () => {
    const window = new ObservationWindow(2);
    add(window, of('a', WELL), 1);
    add(window, of('b', WELL), 2);
    expect(add(window, of('c', FAILED), 3)).toEqual([]);
    expect(window.droppedCount).toBe(1);
    expect(said(window.drain(0))).toEqual(['a healthy 1', 'b healthy 1']);
    expect(add(window, of('c', FAILED), 4)).toEqual(['c unhealthy 1']);
  });

  it('pairs that are forgotten while calls of them are out come back, and make room for others again', () => {
    const window = new ObservationWindow(3);
    for (let turn = 0; turn < 20; turn++) {
      const out = window.pairOf(of(`out ${turn}`, WELL));
      for (let other = 0; other < 30; other++) {
        add(window, of(`other ${turn} ${other}`, WELL), turn);
        window.drain(turn);
      }
      expect(out && said(window.add(out, FAILED, turn, 10))).toEqual([`out ${turn} unhealthy 1`]);
      expect(window.pairCount).toBeLessThanOrEqual(4);
      window.drain(turn);
    }
    expect(window.droppedCount).toBe(0);
  });

  it('a pair that comes back is forgotten without the one that has its name by now', () => {
    const window = new ObservationWindow(2);
    const out = window.pairOf(of('a', WELL));
    for (const other of ['b', 'c']) add(window, of(other, WELL), 1);
    window.drain(0);
    const anew = window.pairOf(of('a', WELL));
    expect(anew).not.toBe(out);
    if (out) window.add(out, FAILED, 2, 10);
    window.drain(0);
    if (anew) window.add(anew, WELL, 3, 10);
    window.drain(0);
    add(window, of('d', WELL), 4);
    expect(window.pairOf(of('a', WELL))).toBe(anew);
  });

  it('an operation counts as folded where it has lost its name, and not where the answer has given it another', () => {
    const window = new ObservationWindow(1000);
    const named = (operation: string) => ({ ...WELL, operation });
    const pair = window.pairOf(named('GET'));
    window.count(named('GET /orders'), pair);
    expect(window.foldedCount).toBe(0);
    for (let id = 0; id < 200; id++) window.pairOf(named(`GET /${id}`));
    window.count(named('GET /late'), window.pairOf(named('GET /late')));
    expect(window.foldedCount).toBe(1);
    window.count(named('other'), window.pairOf(named('other')));
    expect(window.foldedCount).toBe(1);
  });
});
