// SPDX-License-Identifier: Apache-2.0
/** What the page knows of the fleet, however pages and changes cross. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VerdictJson } from '../../../src/engine/api/shapes.js';
import { Fleet, failingOperations, isIll, keyOf } from '../../../web/src/state/fleet.js';
import { eventOf, illOf, verdictOf } from './stated.js';

const known = (fleet: Fleet) => [...fleet.all()].map(({ subject, status }) => `${subject} ${status}`).sort();

function read(fleet: Fleet, ...pages: readonly (readonly VerdictJson[])[]): void {
  fleet.beginRound();
  for (const page of pages) fleet.take(page);
  fleet.endRound();
}

describe('the fleet', () => {
  it('knows whom a round of pages tells of, and nobody else when it ends', () => {
    const fleet = new Fleet();
    read(fleet, [verdictOf({ subject: 'a' })], [verdictOf({ subject: 'b' })]);
    read(fleet, [verdictOf({ subject: 'b' })], [verdictOf({ subject: 'c' })]);
    expect(known(fleet)).toEqual(['b healthy', 'c healthy']);
  });

  it('keeps whom a change tells of during the round that was asked for before it', () => {
    const fleet = new Fleet();
    fleet.beginRound();
    fleet.apply(eventOf(1, 1, illOf('new', 'new', { judgedMs: 2000 })));
    fleet.endRound();
    expect(known(fleet)).toEqual(['new unhealthy']);
  });

  it('believes the word that was judged later, whichever comes first', () => {
    const early = verdictOf({ subject: 'a', judgedMs: 1000 });
    const late = illOf('a', 'a', { judgedMs: 2000 });
    for (const words of [
      [early, late],
      [late, early],
    ]) {
      const fleet = new Fleet();
      fleet.take(words);
      expect(known(fleet)).toEqual(['a unhealthy']);
    }
  });

  it('takes a change once, however often and from wherever a connection that broke tells it again', () => {
    const events = Array.from({ length: 50 }, (_, index) =>
      eventOf(index + 1, index, verdictOf({ subject: `s${index % 7}` })),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(49), { maxLength: 10 }), (breaks) => {
        const fleet = new Fleet();
        let taken = 0;
        for (const from of [0, ...breaks, 0]) {
          for (const event of events.slice(Math.min(from, fleet.lastSeq))) taken += Number(fleet.apply(event));
        }
        expect(taken).toBe(50);
        expect(fleet.lastSeq).toBe(50);
      }),
    );
  });

  it('holds a bounded number of changes, the newest of them', () => {
    const fleet = new Fleet();
    for (let seq = 1; seq <= 3000; seq++) fleet.apply(eventOf(seq, seq, verdictOf({ subject: 'a' })));
    expect(fleet.recent.length).toBe(1000);
    expect([fleet.recentAfter, fleet.recent[0]?.seq, fleet.recent.at(-1)?.seq]).toEqual([2000, 2001, 3000]);
  });

  it('knows from which change on it has all of them, also after some were lost', () => {
    const fleet = new Fleet();
    expect(fleet.recentAfter).toBe(Number.POSITIVE_INFINITY);
    fleet.startAfter(7);
    expect(fleet.recentAfter).toBe(7);
    fleet.apply(eventOf(9, 9, verdictOf({ subject: 'a' })));
    expect(fleet.recentAfter).toBe(7);
    fleet.skip();
    fleet.apply(eventOf(20, 20, verdictOf({ subject: 'a' })));
    expect([fleet.recentAfter, fleet.recent.length]).toEqual([19, 1]);
  });

  it('keeps subjects of two environments apart', () => {
    const fleet = new Fleet();
    fleet.take([verdictOf({ subject: 'a', environment: 'prod' }), illOf('a', 'a', { environment: 'test' })]);
    expect(fleet.get(keyOf({ environment: 'prod', subject: 'a' }))?.status).toBe('healthy');
    expect(fleet.size).toBe(2);
  });

  it('finds ill whoever is in doubt or worse, or fails behind a mask', () => {
    expect(isIll(verdictOf({ subject: 'a' }))).toBe(false);
    expect(isIll(verdictOf({ subject: 'a', status: 'pending' }))).toBe(false);
    expect(isIll(verdictOf({ subject: 'a', status: 'maybe_unhealthy' }))).toBe(true);
    expect(isIll(verdictOf({ subject: 'a', failure: 'masked' }))).toBe(true);
    expect(failingOperations(illOf('a'))).toEqual(['POST /write']);
  });
});
