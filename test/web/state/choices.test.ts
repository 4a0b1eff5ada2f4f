// SPDX-License-Identifier: Apache-2.0
/** What is chosen stands in the address, and decides what is shown. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosing, HOME, hashOf, type Route, routeIn, subjectHash } from '../../../web/src/state/route.js';
import { choiceIn, countsOf, rowsOf } from '../../../web/src/state/rows.js';
import { illOf, verdictOf } from './stated.js';

describe('an address', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const chosen = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 8 }).filter((key) => key !== '__proto__'),
    text.filter((value) => value !== ''),
    { maxKeys: 4 },
  );

  it('leads back to where one was, whatever names and words are in it', () => {
    fc.assert(
      fc.property(text, text, chosen, (environment, subject, words) => {
        const places: Route[] = [
          { ...HOME, chosen: { ...words } },
          { ...HOME, view: 'history', chosen: { ...words } },
          ...(subject === '' ? [] : [{ view: 'subject' as const, environment, subject, chosen: { ...words } }]),
        ];
        for (const place of places) expect(routeIn(hashOf(place))).toEqual(place);
      }),
    );
  });

  it.each(['', '#', '#/', '#/nowhere', '#/subject', '#/subject/prod', '#/subject/%E0%A4%A/x', '?#/'])(
    'that leads nowhere, %j, leads to the fleet',
    (hash) => {
      expect(routeIn(hash)).toEqual(HOME);
    },
  );

  it('of a subject can be read, and its slash is not a place of its own', () => {
    expect(subjectHash({ environment: 'prod', subject: 'datanode/dn2' })).toBe('#/subject/prod/datanode%2Fdn2');
    expect(routeIn('#/subject/prod/datanode/dn2').subject).toBe('datanode/dn2');
  });

  it('forgets a choice that is taken back', () => {
    const route = choosing(choosing(HOME, { q: 'a', status: 'ill' }), { q: '' });
    expect(hashOf(route)).toBe('#/fleet?status=ill');
  });
});

describe('the rows', () => {
  const verdicts = [
    verdictOf({ subject: 'web/w1', environment: 'prod' }),
    illOf('db/1', 'db/1', { sinceMs: 500 }),
    illOf('api/1', 'db/1', { sinceMs: 700, environment: 'prod', failure: 'crash' }),
    verdictOf({ subject: 'cache', status: 'na' }),
    illOf('mail', 'mail', { status: 'dead', sinceMs: 900 }),
  ];
  const shown = (chosen: Record<string, string> = {}) =>
    rowsOf(verdicts, choiceIn(chosen)).map(({ subject }) => subject);

  it('show the worst first, and of those who are as bad the one who has been so for longest', () => {
    expect(shown()).toEqual(['mail', 'db/1', 'api/1', 'web/w1', 'cache']);
  });

  it.each([
    [{ status: 'ill' }, ['mail', 'db/1', 'api/1']],
    [{ status: 'dead,na' }, ['mail', 'cache']],
    [{ failure: 'crash' }, ['api/1']],
    [{ environment: 'prod' }, ['api/1', 'web/w1']],
    [{ environment: '(none)' }, ['mail', 'db/1', 'cache']],
    [{ q: 'DB/1' }, ['db/1', 'api/1']],
    [{ q: 'write mail' }, ['mail']],
    [{ q: 'no such' }, []],
    [{ sort: 'subject' }, ['cache', 'db/1', 'mail', 'api/1', 'web/w1']],
    [{ sort: 'nonsense' }, ['mail', 'db/1', 'api/1', 'web/w1', 'cache']],
  ] as const)('show of %j what was chosen', (chosen, subjects) => {
    expect(shown({ ...chosen })).toEqual(subjects);
  });

  it('can be turned round', () => {
    const forth = shown({ sort: 'subject' });
    expect(shown({ sort: 'subject-reversed' })).toEqual([...forth].reverse());
  });

  it('are counted by status, and in all environments', () => {
    const { byStatus, illCount, environments } = countsOf(verdicts);
    expect(Object.fromEntries(byStatus)).toEqual({ healthy: 1, unhealthy: 2, na: 1, dead: 1 });
    expect([illCount, environments]).toEqual([3, ['', 'prod']]);
  });
});
