// SPDX-License-Identifier: Apache-2.0
/** Ledgers of who explains whose failures: victims, roots, ways that close, and what fades. */
import { describe, expect, it } from 'vitest';
import { BlameLedgers, blameEvidenceOf, type Trouble } from '../../../src/engine/verdict/blame.js';
import { diceOf } from '../../e2e/call-trees/plan.js';
import { Request, type Service, settledOf, type World } from '../calls/call-world.js';

/** Whoever is ill explains what it is said to, and nothing besides. */
const onlyIll = (isIll: (subject: string) => boolean) => ({ canExplain: isIll, canExplainRest: () => false });
const everybody = onlyIll(() => true);
const OWN_FAULT = { trouble: 'failing', isCalleeSeen: true, deeper: [] } as const;
const by = (subject: string, share = 1, trouble: Trouble = 'failing') => ({
  trouble,
  isCalleeSeen: true,
  deeper: [{ subject, share }],
});
const failing = () => 'failing' as const;

/** Ledgers of so many calls each: `a by b` 3 times, `a itself` once. */
function ledgersOf(lines: readonly (readonly [said: string, count: number])[], atMs = 0): BlameLedgers {
  const ledgers = new BlameLedgers();
  for (const [said, count] of lines) {
    const [subject = '', deeper = ''] = said.split(' by ');
    if (deeper) ledgers.add(subject, by(deeper), atMs, count);
    else ledgers.add(subject.replace(' itself', ''), OWN_FAULT, atMs, count);
  }
  return ledgers;
}

const wayOf = (ledgers: BlameLedgers, subject: string, atMs = 0, isIll = (_subject: string): boolean => true) =>
  ledgers.rootOf(subject, atMs, failing, onlyIll(isIll)).path.join(' ');

describe('the way from a victim to its root', () => {
  it('is a cascade followed to its end', () => {
    const ledgers = ledgersOf([
      ['a by b', 10],
      ['b by c', 8],
      ['b itself', 2],
      ['c itself', 10],
    ]);
    expect(ledgers.rootOf('a', 0, failing, everybody)).toEqual({ root: 'c', path: ['a', 'b', 'c'], share: 0.8 });
    expect(ledgers.rootOf('c', 0, failing, everybody)).toEqual({ root: 'c', path: ['c'], share: 1 });
    expect(ledgers.rootOf('nobody knows', 0, failing, everybody)).toEqual({
      root: 'nobody knows',
      path: ['nobody knows'],
      share: 1,
    });
  });

  it('begins where more than half is explained, not at half', () => {
    expect(
      wayOf(
        ledgersOf([
          ['a by b', 5],
          ['a itself', 5],
        ]),
        'a',
      ),
    ).toBe('a');
    expect(
      wayOf(
        ledgersOf([
          ['a by b', 6],
          ['a itself', 5],
        ]),
        'a',
      ),
    ).toBe('a b');
  });

  it('leads to whoever explains most where several together explain more than half', () => {
    expect(
      wayOf(
        ledgersOf([
          ['a by b', 3],
          ['a by c', 4],
          ['a itself', 3],
        ]),
        'a',
      ),
    ).toBe('a c');
    expect(
      wayOf(
        ledgersOf([
          ['a by c', 4],
          ['a by b', 4],
        ]),
        'a',
      ),
    ).toBe('a b');
  });

  it('does not lead to whoever is well by everybody else', () => {
    const ledgers = ledgersOf([
      ['a by b', 10],
      ['b by c', 10],
    ]);
    expect(wayOf(ledgers, 'a', 0, (subject) => subject !== 'c')).toBe('a b');
    expect(wayOf(ledgers, 'a', 0, (subject) => subject === 'c')).toBe('a');
  });

  it('leaves out of account what nobody could know', () => {
    const ledgers = ledgersOf([
      ['a by b', 2],
      ['a itself', 1],
    ]);
    ledgers.add('a', { trouble: 'failing', isCalleeSeen: false, deeper: [] }, 0, 1000);
    expect(wayOf(ledgers, 'a')).toBe('a b');
  });

  it('follows time where calls are slow: whoever took more than half of it', () => {
    const slow = (share: number) => {
      const ledgers = new BlameLedgers();
      ledgers.add('a', by('b', share), 0, 10);
      return wayOf(ledgers, 'a');
    };
    expect([slow(0.4), slow(0.6), slow(7)]).toEqual(['a', 'a b', 'a b']);
  });

  it('ends, where it comes back to where it was, at the one of the ring that explains most itself, from wherever it began', () => {
    const ledgers = ledgersOf([
      ['a by b', 10],
      ['b by c', 6],
      ['b itself', 4],
      ['c by a', 10],
      ['outside by c', 10],
    ]);
    const ways = ['a', 'b', 'c', 'outside'].map((each) => wayOf(ledgers, each));
    expect(ways).toEqual(['a b', 'b', 'c a b', 'outside c a b']);
    expect(ledgers.rootOf('b', 0, failing, everybody).share).toBe(1);
  });

  it('ends, where nobody of a ring explains more itself, at the first by name, and whoever calls himself is no victim of himself', () => {
    const ledgers = ledgersOf([
      ['a by b', 10],
      ['b by c', 10],
      ['c by a', 10],
      ['d by d', 10],
    ]);
    expect(['a', 'b', 'c', 'd'].map((each) => wayOf(ledgers, each))).toEqual(['a', 'b c a', 'c a', 'd']);
  });

  it('is one and the same in whatever order the evidence came', () => {
    const lines = [
      ['a by b', 3],
      ['a by c', 3],
      ['b by d', 1],
      ['b by e', 1],
      ['a itself', 1],
    ] as const;
    expect(wayOf(ledgersOf(lines), 'a')).toBe(wayOf(ledgersOf(lines.toReversed()), 'a'));
  });

  it('is that of lately: after five minutes the last incident says nothing', () => {
    const ledgers = ledgersOf([['a by b', 100]]);
    ledgers.add('a', OWN_FAULT, 60_000, 20);
    expect(wayOf(ledgers, 'a', 60_000)).toBe('a b');
    ledgers.add('a', OWN_FAULT, 120_000, 10);
    expect(wayOf(ledgers, 'a', 120_000)).toBe('a');
    expect(wayOf(ledgersOf([['a by b', 1]]), 'a', 290_000)).toBe('a b');
    expect(wayOf(ledgersOf([['a by b', 1]]), 'a', 310_000)).toBe('a');
  });
});

describe('a ledger', () => {
  it('has evidence that comes late count as if it had come in time', () => {
    const [inTime, late] = [new BlameLedgers(), new BlameLedgers()];
    inTime.add('a', by('b'), 0, 3);
    for (const each of [inTime, late]) each.add('a', OWN_FAULT, 60_000, 1);
    late.add('a', by('b'), 0, 3);
    expect([inTime, late].map((each) => wayOf(each, 'a', 60_000))).toEqual(['a', 'a']);
    for (const each of [inTime, late]) each.add('a', by('b'), 0, 2);
    expect([inTime, late].map((each) => wayOf(each, 'a', 60_000))).toEqual(['a b', 'a b']);
  });

  it('has what is explained later explained by as much as is left of it, as if it had been known at once', () => {
    const [late, atOnce] = [ledgersOf([['a itself', 1]]), ledgersOf([['a by b', 1]])];
    for (const ledgers of [late, atOnce]) ledgers.add('a', OWN_FAULT, 20_000, 0.5);
    late.explain('a', 'b', 0, 30_000);
    expect(late.rootOf('a', 30_000, failing, everybody)).toEqual(atOnce.rootOf('a', 30_000, failing, everybody));
    // And in whatever order it is heard.
    late.explain('a', 'c', 20_000, 10_000);
    expect(late.rootOf('a', 30_000, failing, everybody).root).toBe('c');
  });

  it('moves with its subject’s name, in its own evidence and in that of others', () => {
    const ledgers = ledgersOf([
      ['a by host:80', 10],
      ['host:80 by c', 10],
      ['b/1 by host:80', 1],
      ['b/1 itself', 1],
    ]);
    ledgers.rename('host:80', 'b/1');
    expect(wayOf(ledgers, 'a')).toBe('a b/1 c');
    expect(wayOf(ledgers, 'host:80')).toBe('host:80');
  });

  it('keeps whoever explains most, however many others are met once', () => {
    const ledgers = new BlameLedgers();
    for (let n = 0; n < 1000; n++) {
      ledgers.add('a', by('culprit'), n, 3);
      ledgers.add('a', by(`other-${n}`), n, 1);
    }
    expect(
      ledgers.rootOf(
        'a',
        1000,
        failing,
        onlyIll((each) => each === 'culprit'),
      ).path,
    ).toEqual(['a', 'culprit']);
  });

  it('has room for ten thousand subjects, and forgets the one that was met longest ago', () => {
    const ledgers = new BlameLedgers();
    for (let n = 0; n < 10_001; n++) {
      ledgers.add(`s${n}`, by('db'), 0);
      if (n === 5000) ledgers.add('s0', by('db'), 0);
    }
    expect(['s0', 's1', 's2'].map((each) => wayOf(ledgers, each))).toEqual(['s0 db', 's1', 's2 db']);
  });
});

describe('an observation without spans', () => {
  it.each([
    ['blames whom the answer blamed', { blamed: ['c', 'd'], reason: 'server_error' }, true, ['c', 'd']],
    ['blames nobody where the answer blamed nobody', { blamed: [], reason: 'server_error' }, true, []],
    ['blames nobody where the callee was not reached', { reason: 'refused' }, true, []],
    ['says nothing where no answer told', { reason: 'timeout' }, false, []],
  ] as const)('%s', (_, observation, isCalleeSeen, names) => {
    expect(blameEvidenceOf(observation)).toEqual({
      trouble: 'failing',
      isCalleeSeen,
      deeper: names.map((subject) => ({ subject, share: 1 })),
    });
  });
});

describe('raw spans of an incident', () => {
  const serviceOf = (to: readonly string[], attempts = 1): Service => ({
    steps: to.length === 0 ? [] : [{ to, attempts }],
    ownMs: 5,
    isLayered: true,
    skewMs: 0,
  });

  /** Who is ill, and the way from each to its root. */
  function waysOf(services: World['services'], sick: string, entries: readonly string[]): Record<string, string> {
    const world: World = { services, dice: diceOf(1), sick: { [sick]: 1 } };
    const requests = Array.from(
      { length: 10 * entries.length },
      (_, n) => new Request(world, n + 1, entries[n % entries.length] as string),
    );
    const failing = settledOf(requests.flatMap(({ sent }) => sent)).filter((call) => call.failing);
    const ledgers = new BlameLedgers();
    for (const call of failing) ledgers.add(call.subject, { trouble: 'failing', ...call }, 0);
    const ill = new Set(failing.map(({ subject }) => subject));
    return Object.fromEntries([...ill].sort().map((each) => [each, wayOf(ledgers, each, 0, (name) => ill.has(name))]));
  }

  it('in which A retries B ten times, and B calls C once each, blame C, whatever the counts', () => {
    const services = { a: serviceOf(['b'], 10), b: serviceOf(['c']), c: serviceOf([]) };
    expect(waysOf(services, 'c', ['a'])).toEqual({ 'a/1': 'a/1 b/1 c/1', 'b/1': 'b/1 c/1', 'c/1': 'c/1' });
  });

  it('in which ten services share a database blame it, and have ten victims', () => {
    const names = Array.from({ length: 10 }, (_, n) => `s${n}`);
    const services = { ...Object.fromEntries(names.map((name) => [name, serviceOf(['db'])])), db: serviceOf([]) };
    expect(waysOf(services, 'db', names)).toEqual({
      'db/1': 'db/1',
      ...Object.fromEntries(names.map((name) => [`${name}/1`, `${name}/1 db/1`])),
    });
  });
});
