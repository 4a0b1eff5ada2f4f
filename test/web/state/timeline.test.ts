// SPDX-License-Identifier: Apache-2.0
/** What a timeline shows: ranges, stretches of verdicts, marks of evidence, and what keys and pointers find in them. */
import { describe, expect, it } from 'vitest';
import { evidenceRows, observerLanes, traceHref } from '../../../web/src/state/evidence.js';
import { type Lane, moved, nearestItem } from '../../../web/src/state/lanes.js';
import { nearestNames } from '../../../web/src/state/nearest.js';
import { askedSinceMs, fieldText, rangeIn } from '../../../web/src/state/range.js';
import { stretchesOf } from '../../../web/src/state/stretches.js';
import { eventOf, evidenceOf, verdictOf } from './stated.js';

const NOW_MS = 1_790_000_000_000;
const bounds = { sinceMs: 1000, untilMs: 9000 };

describe('a range', () => {
  it('goes back from now by what was chosen, or by the first that there is', () => {
    expect(rangeIn({ range: '1h' }, ['15m', '1h'], NOW_MS)).toMatchObject({
      sinceMs: NOW_MS - 3_600_000,
      isLive: true,
    });
    expect(rangeIn({ range: '3y' }, ['15m', '1h'], NOW_MS).name).toBe('15m');
  });

  it('is between two moments where they are chosen, and moves on where the second is left open', () => {
    const [from, to] = [fieldText(NOW_MS - 7_200_000), fieldText(NOW_MS - 3_600_000)];
    expect(rangeIn({ from, to }, ['1h'], NOW_MS)).toMatchObject({ isLive: false, name: '' });
    expect(rangeIn({ from }, ['1h'], NOW_MS)).toMatchObject({ isLive: true, untilMs: NOW_MS, name: '' });
    expect(rangeIn({ from: to, to: from }, ['1h'], NOW_MS).name).toBe('1h');
    expect(rangeIn({ from: 'noon' }, ['1h'], NOW_MS).name).toBe('1h');
  });

  it('is asked for from the same moment for a while, which is never too late', () => {
    const asked = [0, 1, 2000].map((ms) => askedSinceMs(rangeIn({}, ['1h'], NOW_MS + ms)));
    expect(new Set(asked).size).toBe(1);
    expect(asked[0]).toBeLessThanOrEqual(NOW_MS - 3_600_000);
  });
});

describe('stretches', () => {
  it('begin with what the first change was from, and end with the range', () => {
    const events = [
      eventOf(1, 3000, { subject: 'db', status: 'unhealthy', failure: 'crash' }),
      eventOf(2, 5000, { subject: 'db' }, { status: 'unhealthy', failure: 'crash' }),
    ];
    expect(stretchesOf(events, bounds).map(({ fromMs, toMs, status }) => [fromMs, toMs, status])).toEqual([
      [1000, 3000, 'healthy'],
      [3000, 5000, 'unhealthy'],
      [5000, 9000, 'healthy'],
    ]);
  });

  it('are one of what holds now where nothing changed, from when on it did', () => {
    const since = (sinceMs: number) => stretchesOf([], bounds, verdictOf({ subject: 'db', sinceMs }))[0]?.fromMs;
    expect(since(0)).toBe(1000);
    expect(since(4000)).toBe(4000);
    expect(stretchesOf([], bounds)).toEqual([]);
  });
});

describe('evidence', () => {
  it('is a lane for each observer, the worst first, and of many observers twenty', () => {
    const rows = [
      evidenceOf({ observer: 'mild', status: 'maybe_unhealthy', count: 9, atMs: 8000 }),
      evidenceOf({ observer: 'loud', count: 5, atMs: 5000 }),
      evidenceOf({ observer: 'quiet', atMs: 2000 }),
      evidenceOf({ observer: 'long ago', atMs: 10 }),
    ];
    expect(observerLanes(rows, bounds).lanes.map(({ label }) => label)).toEqual(['loud', 'quiet', 'mild']);
    const many = Array.from({ length: 25 }, (_, each) => evidenceOf({ observer: `o${each}`, atMs: 2000 }));
    const { lanes, leftOut } = observerLanes(many, bounds);
    expect([lanes.length, leftOut]).toEqual([20, 5]);
  });

  it('that falls together is one mark, which says how many calls it stands for and what they met', () => {
    const rows = [
      evidenceOf({ atMs: 5001, count: 2, errorType: 'ETIMEDOUT', message: 'no answer' }),
      evidenceOf({ atMs: 5000, count: 1, errorType: 'ETIMEDOUT', message: 'no answer' }),
    ];
    const [mark, ...others] = observerLanes(rows, bounds).lanes[0]?.items ?? [];
    expect(others).toEqual([]);
    expect(mark).toMatchObject({ fromMs: 5000, toMs: 5001, count: 3 });
    expect(mark?.words).toContain('3 calls · GET / · ETIMEDOUT: no answer');
  });

  it('of one kind is one line with the last trace, and what only the verdict tells is a line of its own', () => {
    const history = [
      evidenceOf({ atMs: 5000, traceId: 'b', spanId: '2' }),
      evidenceOf({ atMs: 4000, traceId: 'a', spanId: '1' }),
    ];
    const verdict = verdictOf({ subject: 'db', evidence: ['a', 'c'].map((traceId) => ({ traceId, spanId: '1' })) });
    expect(evidenceRows({ verdict, views: [] }, history)).toMatchObject([
      { atMs: 5000, count: 2, error: 'timeout', traceId: 'b', spanId: '2' },
      { atMs: undefined, observer: '', traceId: 'c' },
    ]);
  });

  it('leads to its trace by the template, whatever the id holds', () => {
    expect(traceHref('https://t/{traceId}?span={spanId}&x={traceId}', 'a/b', '1')).toBe(
      'https://t/a%2Fb?span=1&x=a%2Fb',
    );
  });
});

describe('a pointer and keys', () => {
  const item = (fromMs: number, toMs: number) => ({ fromMs, toMs, status: 'unhealthy' as const, words: '' });
  const lanes: readonly Lane[] = [
    { key: 'a', label: 'a', items: [item(0, 10), item(20, 30)] },
    { key: 'b', label: 'b', items: [] },
    { key: 'c', label: 'c', items: [item(0, 1), item(24, 24), item(90, 90)] },
  ];

  it('find the item at a moment, or the nearest that is near enough', () => {
    expect([5, 12, 15, 19].map((atMs) => nearestItem(lanes[0], atMs, 3))).toEqual([0, 0, undefined, 1]);
  });

  it('begin at the last item, stop at the ends, and pass over empty lanes', () => {
    expect(moved(lanes, undefined, 'ArrowLeft')).toEqual({ lane: 0, item: 1 });
    expect(moved(lanes, { lane: 0, item: 0 }, 'ArrowLeft')).toEqual({ lane: 0, item: 0 });
    expect(moved(lanes, { lane: 0, item: 1 }, 'ArrowDown')).toEqual({ lane: 2, item: 1 });
    expect(moved(lanes, { lane: 2, item: 1 }, 'ArrowDown')).toEqual({ lane: 2, item: 1 });
    expect(moved(lanes, { lane: 2, item: 0 }, 'End')).toEqual({ lane: 2, item: 2 });
    expect(moved([], undefined, 'End')).toBeUndefined();
  });
});

describe('names nearly as what was asked for', () => {
  it('are the nearest first, and none that have nothing in common', () => {
    const known = ['mail/mail-1', 'datanode/dn2', 'datanode/dn1'].map((subject) => ({ subject }));
    expect(nearestNames('datanod/dn1', known).map(({ subject }) => subject)).toEqual(['datanode/dn1', 'datanode/dn2']);
  });
});
