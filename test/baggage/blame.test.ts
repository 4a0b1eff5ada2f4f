// SPDX-License-Identifier: Apache-2.0
/** Blame goes back with the answer: who asked learns whose failure it was in the end, however far down. */
import type { RequestListener } from 'node:http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLAME, packBlame, rootsOf } from '../../src/baggage/blame.js';
import { fork, unpack, withBaggage } from '../../src/baggage/in-process.js';
import { activeScope, BaggageScope } from '../../src/baggage/scope.js';
import { withResponses } from '../../src/baggage/transport/response-hooks.js';
import { callTo, request, serve, startHere } from './transport/fixtures/one-process.js';

startHere(withResponses([new HttpInstrumentation()]));

/** Rows of observers and subjects, as `A>B` words. */
const rows = (words: string) =>
  words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [observer, subject] = word.split('>');
      return { observer, subject, operation: 'GET', reason: 'reset' };
    });

describe('the root of blame', () => {
  it.each([
    ['nobody, where nobody is blamed', '', []],
    ['the one who is blamed', 'A>B', ['B']],
    ['the last of a chain', 'A>B B>C C>D', ['D']],
    ['the last of a chain, in whatever order it is told', 'C>D A>B B>C', ['D']],
    ['the ends of every branch', 'A>B A>C C>D', ['B', 'D']],
    ['one that many blame, once', 'A>C B>C D>C', ['C']],
    ['the one blamed last, where all blame each other', 'A>B B>A', ['A']],
    ['the one who blames itself', 'A>A', ['A']],
    ['the end that hangs from a circle', 'A>B B>A B>C', ['C']],
    ['the end beside a circle', 'A>B B>A D>E', ['E']],
    ['whoever an instance blames that another one calls by its service', 'A>B B/1>C', ['C']],
    ['four at the most', 'A>1 A>2 A>3 A>4 A>5 A>6', ['1', '2', '3', '4']],
  ])('is %s', (_, told, roots) => {
    expect(rootsOf(rows(told))).toEqual(roots);
  });

  it.each([[{}], [{ subject: 7 }], [{ subject: '' }], [{ observer: 'A', subject: 'a b' }], [{ subject: null }]])(
    'is nobody where the row %j names nobody',
    (row) => {
      expect(rootsOf([row])).toEqual([]);
    },
  );

  it('is always somebody who is blamed, and of those who blame others only where all do', () => {
    const name = fc.constantFrom('A', 'B', 'C', 'D');
    fc.assert(
      fc.property(fc.array(fc.record({ observer: name, subject: name }), { minLength: 1 }), (told) => {
        const roots = rootsOf(told);
        const observers = new Set(told.map(({ observer }) => observer));
        const subjects = new Set(told.map(({ subject }) => subject));
        expect(roots.length).toBeGreaterThan(0);
        expect(roots.every((root) => subjects.has(root as 'A'))).toBe(true);
        const blameless = [...subjects].filter((subject) => !observers.has(subject));
        if (blameless.length > 0) expect(roots).toEqual(blameless);
        else expect(roots).toHaveLength(1);
      }),
    );
  });
});

describe('blame that is packed', () => {
  it('counts the calls of each pair, however often', () => {
    const scope = new BaggageScope();
    for (let n = 0; n < 1000; n++) {
      packBlame(scope, { observer: 'A', subject: n % 2 ? 'B' : 'C', operation: 'GET', reason: 'reset' });
    }
    expect(scope.unpack(BLAME)).toEqual([
      { observer: 'A', subject: 'C', operation: 'GET', reason: 'reset', calls: 500 },
      { observer: 'A', subject: 'B', operation: 'GET', reason: 'reset', calls: 500 },
    ]);
    expect(scope.outgoing()?.length).toBeLessThan(200);
  });

  it('adds up over forks', async () => {
    await withBaggage(async () => {
      const blame = async () => {
        const scope = activeScope();
        if (scope) packBlame(scope, { observer: 'A', subject: 'B', operation: 'GET', reason: 'reset' });
      };
      await Promise.all([fork(blame), fork(blame), fork(blame)]);
      expect(unpack(BLAME)).toMatchObject([{ calls: 3 }]);
    });
  });
});

describe('a request that fails far down', () => {
  /** A service that asks all of the others first, and fails where one of them does, or of itself where it asks none. */
  const service =
    (name: string, ...others: string[]): RequestListener =>
    async (_, response) => {
      const scope = activeScope();
      if (!scope) throw new Error('no scope');
      scope.subject = name;
      for (const other of others) {
        const { status } = await request(other);
        const { attributes } = await callTo(other);
        const subject = String(attributes['panorama.subject']);
        if (status >= 500) packBlame(scope, { observer: name, subject, operation: 'GET', reason: 'server_error' });
      }
      response.writeHead(others.length === 0 || scope.unpack(BLAME).length > 0 ? 500 : 200).end();
    };

  it('A → B → C: the call of A names B, and blames C', async () => {
    const c = `${await serve(service('names/c'))}/c`;
    const b = `${await serve(service('names/b', c))}/b`;
    await withBaggage(() => request(b));
    const [toB, toC] = await Promise.all([callTo(b), callTo(c)]);
    expect(toB.attributes).toMatchObject({ 'panorama.subject': 'names/b', 'panorama.blame': ['names/c'] });
    expect(toC.attributes['panorama.subject']).toBe('names/c');
    expect(toC.attributes).not.toHaveProperty('panorama.blame');
  });

  it('A → B → C → D and E: the call of A blames D and E, the call of B too', async () => {
    const d = `${await serve(service('names/d'))}/d`;
    const e = `${await serve(service('names/e'))}/e`;
    const c = `${await serve(service('names/c', d, e))}/c`;
    const b = `${await serve(service('names/b', c))}/b`;
    await withBaggage(async () => {
      await request(b);
      expect(unpack(BLAME)).toHaveLength(3);
    });
    for (const url of [b, c]) {
      expect((await callTo(url)).attributes['panorama.blame']).toEqual(['names/d', 'names/e']);
    }
  });

  it('blames nobody in the next request of the same caller', async () => {
    const c = `${await serve(service('names/c'))}/c`;
    const b = `${await serve(service('names/b', c))}/b`;
    const well = await serve((_, response) => response.end());
    await withBaggage(async () => {
      await request(b);
      await request(`${well}/well`);
    });
    expect((await callTo(`${well}/well`)).attributes).not.toHaveProperty('panorama.blame');
  });
});
