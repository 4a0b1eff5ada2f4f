// SPDX-License-Identifier: Apache-2.0
/** Changes of verdicts as incidents: who was not well from when to when, whose fault it was, and who suffered from it. */
import { describe, expect, it } from 'vitest';
import { changes, changesBySubject } from '../../../web/src/state/chronicle.js';
import { groupsOf, groupsWith, type Incident, incidentsOf, summaryOf } from '../../../web/src/state/incidents.js';
import { eventOf, verdictOf } from './stated.js';

const UNTIL_MS = 1_000_000;
const bounds = { sinceMs: 0, untilMs: UNTIL_MS };

function told(...events: readonly ReturnType<typeof eventOf>[]): readonly Incident[] {
  return incidentsOf(changesBySubject(events, 0), bounds);
}

const crash = { status: 'unhealthy', failure: 'crash' } as const;

describe('an incident', () => {
  it('lasts from the first evidence until the subject is well again', () => {
    const [incident, ...others] = told(
      eventOf(1, 100_000, { subject: 'db', status: 'maybe_unhealthy', failure: 'gray', sinceMs: 99_000 }),
      eventOf(2, 101_000, { subject: 'db', ...crash, sinceMs: 99_000 }),
      eventOf(3, 200_000, { subject: 'db' }, crash),
    );
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      ...{ subject: 'db', startMs: 99_000, endMs: 200_000, worst: 'unhealthy', isOlder: false, returns: 0 },
      failures: ['gray', 'crash'],
    });
  });

  it('that began with the word of the subject alone began with that word, not when it was last well', () => {
    const masked = { subject: 'db', failure: 'masked', sinceMs: 5000 } as const;
    const [incident] = told(
      eventOf(1, 100_000, masked),
      eventOf(2, 100_100, { subject: 'db', ...crash, sinceMs: 99_900 }, { status: 'healthy', failure: 'masked' }),
    );
    expect(incident).toMatchObject({ startMs: 99_900, failures: ['masked', 'crash'] });
    expect(told(eventOf(1, 100_000, masked))[0]?.startMs).toBe(100_000);
  });

  it('goes on where the last change was for the worse', () => {
    expect(told(eventOf(1, 100_000, { subject: 'db', ...crash }))[0]?.endMs).toBeUndefined();
  });

  it('is one where the subject was well for less than a minute, and two where it was for longer', () => {
    const again = (atMs: number) =>
      told(
        eventOf(1, 100_000, { subject: 'db', ...crash }),
        eventOf(2, 200_000, { subject: 'db' }, crash),
        eventOf(3, atMs, { subject: 'db', ...crash }),
        eventOf(4, 400_000, { subject: 'db' }, crash),
      );
    expect(again(259_999).map(({ returns }) => returns)).toEqual([1]);
    expect(again(260_000).map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [100_000, 200_000],
      [260_000, 400_000],
    ]);
  });

  it('is older than what is known where the first change was from trouble', () => {
    const [incident] = told(eventOf(1, 100_000, { subject: 'db' }, { ...crash, culprit: 'disk' }));
    expect(incident).toMatchObject({ isOlder: true, startMs: 0, endMs: 100_000, culprits: ['disk'] });
  });

  it('is known of who is ill now and has been all the while', () => {
    const verdict = verdictOf({ subject: 'db', ...crash, sinceMs: -500 });
    const [incident] = incidentsOf(new Map(), bounds, [verdict, verdictOf({ subject: 'web' })]);
    expect(incident).toMatchObject({ subject: 'db', startMs: -500, endMs: undefined, isOlder: false });
  });

  it('names who was blamed for longest first, and all operations', () => {
    const blamed = (root: string, operation: string) => ({
      ...{ subject: 'api', ...crash, blame: { root, path: ['api', root], share: 1 } },
      operations: [{ operation, status: 'unhealthy' as const, observersFor: [], observersAgainst: ['web'] }],
    });
    const [incident] = told(
      eventOf(1, 100_000, blamed('cache', 'GET /b')),
      eventOf(2, 110_000, blamed('db', 'GET /a'), crash),
      eventOf(3, 200_000, { subject: 'api' }, crash),
    );
    expect(incident).toMatchObject({ culprits: ['db', 'cache'], operations: ['GET /a', 'GET /b'] });
  });
});

describe('incidents together', () => {
  const victim = (seq: number, atMs: number, subject: string, root: string) =>
    eventOf(seq, atMs, { subject, ...crash, blame: { root, path: [subject, root], share: 1 } });

  it('stand below that of who is to blame for them, over as many steps as it takes', () => {
    const groups = groupsOf(
      told(
        eventOf(1, 100_000, { subject: 'db', ...crash }),
        victim(2, 100_100, 'api', 'db'),
        victim(3, 100_200, 'web', 'api'),
        eventOf(4, 500_000, { subject: 'mail', ...crash }),
      ),
    );
    expect(groups.map(({ root, victims }) => [root.subject, victims.map(({ subject }) => subject)])).toEqual([
      ['mail', []],
      ['db', ['api', 'web']],
    ]);
    expect(summaryOf(groups, UNTIL_MS)).toMatchObject({
      ...{ incidentCount: 4, subjectCount: 4, goingOnCount: 2 },
      worst: { subject: 'db', victimCount: 2 },
    });
  });

  it('stand alone where who is to blame was not ill at that time, or blames them in turn', () => {
    const alone = groupsOf(
      told(
        eventOf(1, 100_000, { subject: 'db', ...crash }),
        eventOf(2, 200_000, { subject: 'db' }, crash),
        victim(3, 400_000, 'api', 'db'),
      ),
    );
    expect(alone.map(({ root }) => root.subject)).toEqual(['api', 'db']);
    const circle = groupsOf(told(victim(1, 100_000, 'a', 'b'), victim(2, 100_100, 'b', 'a')));
    expect(circle.map(({ root }) => root.subject).sort()).toEqual(['a', 'b']);
  });

  it('are found by words of any of a group, which stays whole', () => {
    const groups = groupsOf(told(eventOf(1, 100_000, { subject: 'db', ...crash }), victim(2, 100_100, 'api', 'db')));
    expect(groupsWith(groups, 'API crash').map(({ victims }) => victims.length)).toEqual([1]);
    expect(groupsWith(groups, 'mail')).toEqual([]);
  });
});

describe('a chronicle', () => {
  it('has each change once, in order, however pages overlap', () => {
    const chronicle = changes();
    const events = [1, 2, 3].map((seq) => eventOf(seq, seq * 1000, { subject: 'db' }));
    chronicle.take([...events].reverse());
    chronicle.take(events.slice(1));
    expect(chronicle.size).toBe(3);
    expect(chronicle.newestFirst().map(({ seq }) => seq)).toEqual([3, 2, 1]);
    const bySubject = changesBySubject(chronicle.newestFirst(), 2000);
    expect([...bySubject.values()].map((each) => each.map(({ seq }) => seq))).toEqual([[2, 3]]);
    expect([chronicle.oldestMs, chronicle.newestMs]).toEqual([1000, 3000]);
  });
});
