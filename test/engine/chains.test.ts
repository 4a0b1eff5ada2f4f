// SPDX-License-Identifier: Apache-2.0
/** Who hangs or fails because somebody does whom it calls: known by the trace that they have in common, in whatever order they tell of it. */
import { describe, expect, it } from 'vitest';
import { Chains } from '../../src/engine/chains.js';
import { BEGAN_MS, failed, link, ownAfter, shown, TIME_TO_TELL_MS, told } from './chain-links.js';

describe.each([
  { links: 'all wait', verb: 'waits for' },
  { links: 'all calls fail', verb: 'fails at' },
])('of a chain in which $links', ({ verb }) => {
  const TOP = link(`client/1 ${verb} web/1`);
  const MIDDLE = link(`web/1 ${verb} cart/1`);
  const BOTTOM = link(`cart/1 ${verb} db/1`);

  it('each is explained by the next when those below have told before', () => {
    expect(told(new Chains(), BOTTOM, MIDDLE, TOP)).toEqual([[], ['cart/1 by db/1'], ['web/1 by cart/1']]);
  });

  it('each is explained as soon as the next tells, when those above have told before', () => {
    expect(told(new Chains(), TOP, MIDDLE, BOTTOM)).toEqual([[], ['web/1 by cart/1'], ['cart/1 by db/1']]);
  });

  it('the one in between, told last, is explained and explains', () => {
    expect(told(new Chains(), TOP, BOTTOM, MIDDLE)).toEqual([[], [], ['cart/1 by db/1', 'web/1 by cart/1']]);
  });

  it('each is explained once, however often it is told, and by the first of several that it calls', () => {
    const other = link(`web/1 ${verb} search/1`);
    expect(told(new Chains(), TOP, MIDDLE, other, MIDDLE, TOP)).toEqual([[], ['web/1 by cart/1'], [], [], []]);
    expect(told(new Chains(), MIDDLE, TOP, other)).toEqual([[], ['web/1 by cart/1'], []]);
    expect(told(new Chains(), MIDDLE, other, TOP).at(-1)).toEqual(['web/1 by cart/1']);
  });

  it('is explained for all its callers', () => {
    const chains = new Chains();
    told(chains, TOP, link(`client/2 ${verb} web/1`));
    expect(told(chains, MIDDLE)).toEqual([['web/1 by cart/1', 'web/1 by cart/1']]);
  });

  it('only the end has its trouble of itself', () => {
    const chains = new Chains();
    told(chains, TOP, BOTTOM, MIDDLE);
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['db/1']);
  });
});

describe('a chain of calls of which some hang and some failed', () => {
  it('is one: who waits is explained by who failed, and who failed by who hangs', () => {
    for (const [above, below] of [
      ['waits for', 'fails at'],
      ['fails at', 'waits for'],
    ]) {
      const [top, bottom] = [link(`client/1 ${above} web/1`), link(`web/1 ${below} cart/1`)];
      expect(told(new Chains(), top, bottom)).toEqual([[], ['web/1 by cart/1']]);
      expect(told(new Chains(), bottom, top)).toEqual([[], ['web/1 by cart/1']]);
    }
  });

  it('has a call once that hung before it failed', () => {
    const chains = new Chains();
    told(chains, link('client/1 waits for web/1'), link('client/1 fails at web/1'));
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['web/1']);
    expect(told(chains, link('web/1 fails at cart/1'))).toEqual([['web/1 by cart/1, counted after 1000 ms']]);
  });
});

describe('a call that nobody explains', () => {
  it.each(['waits for', 'fails at'])('counts after a second, once: client %s web', (verb) => {
    const chains = new Chains();
    told(chains, link(`client/1 ${verb} web/1`));
    expect(ownAfter(chains, TIME_TO_TELL_MS - 1)).toEqual([]);
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['web/1']);
    expect(ownAfter(chains, 2 * TIME_TO_TELL_MS)).toEqual([]);
  });

  it('does not count where it was explained within that second, and says that it was counted where it is later', () => {
    const [above, below] = [link('client/1 waits for web/1'), link('web/1 waits for cart/1')];
    const soon = new Chains();
    soon.told(above, BEGAN_MS);
    expect(soon.told(below, BEGAN_MS + TIME_TO_TELL_MS - 1).map(shown)).toEqual(['web/1 by cart/1']);
    expect(ownAfter(soon, TIME_TO_TELL_MS)).toEqual([]);
    const late = new Chains();
    late.told(above, BEGAN_MS);
    expect(ownAfter(late, TIME_TO_TELL_MS)).toEqual(['web/1']);
    expect(late.told(below, BEGAN_MS + TIME_TO_TELL_MS).map(shown)).toEqual(['web/1 by cart/1, counted after 1000 ms']);
  });

  it('never counts of a subject that would not have told of a call of its own', () => {
    const chains = new Chains();
    told(chains, link('client/1 waits for web/1'), link('client/1 waits for cart/1'));
    const own = chains.takeOwn(BEGAN_MS + TIME_TO_TELL_MS, (subject) => subject === 'cart/1');
    expect(own).toEqual(['cart/1']);
    expect(ownAfter(chains, 2 * TIME_TO_TELL_MS)).toEqual([]);
    expect(told(chains, link('web/1 waits for db/1'))).toEqual([['web/1 by db/1']]);
  });

  it('counts from when it was told first, and each trace of it by itself', () => {
    const chains = new Chains();
    chains.told(link('client/1 waits for web/1', ['t1']), BEGAN_MS);
    chains.told(link('client/1 waits for web/1', ['t1', 't2']), BEGAN_MS + 600);
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['web/1']);
    expect(ownAfter(chains, TIME_TO_TELL_MS + 599)).toEqual([]);
    expect(ownAfter(chains, TIME_TO_TELL_MS + 600)).toEqual(['web/1']);
  });
});

describe('a call whose answer has told whose fault it was, be it nobody’s', () => {
  it.each([{ blamed: [] }, { blamed: ['search/1'] }])('is not explained, and not counted: $blamed', ({ blamed }) => {
    const [above, below] = [failed('client/1 fails at web/1', { blamed }), link('web/1 fails at cart/1')];
    expect(told(new Chains(), below, above)).toEqual([[], []]);
    const chains = new Chains();
    expect(told(chains, above, below)).toEqual([[], []]);
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['cart/1']);
  });

  it('is not counted where it hung before it was answered', () => {
    const chains = new Chains();
    told(chains, link('client/1 waits for web/1'), failed('client/1 fails at web/1', { blamed: ['cart/1'] }));
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual([]);
  });

  it('is explained by that where it had hung for so long that it was counted', () => {
    const chains = new Chains();
    told(chains, link('client/1 waits for web/1'));
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['web/1']);
    const answered = failed('client/1 fails at web/1', { blamed: ['cart/1'] });
    expect(told(chains, answered, answered)).toEqual([['web/1 by cart/1, counted after 1000 ms'], []]);
    const unexplained = new Chains();
    told(unexplained, link('client/1 waits for web/1'));
    ownAfter(unexplained, TIME_TO_TELL_MS);
    expect(told(unexplained, failed('client/1 fails at web/1', { blamed: [] }))).toEqual([[]]);
  });

  it('explains why the callers of whoever made it have heard nothing', () => {
    const [above, below] = [link('client/1 fails at web/1'), failed('web/1 fails at cart/1', { blamed: [] })];
    expect(told(new Chains(), below, above)).toEqual([[], ['web/1 by cart/1']]);
    expect(told(new Chains(), above, below)).toEqual([[], ['web/1 by cart/1']]);
  });
});

describe('a call that never reached anybody', () => {
  const REFUSED = failed('client/1 fails at web/1', { reason: 'refused' });

  it('is not explained by what its subject called for another, nor counted once more', () => {
    const chains = new Chains();
    expect(told(chains, REFUSED, link('web/1 fails at cart/1'))).toEqual([[], []]);
    expect(told(new Chains(), link('web/1 fails at cart/1'), REFUSED)).toEqual([[], []]);
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['cart/1']);
  });

  it('explains the failure of whoever made it', () => {
    expect(told(new Chains(), REFUSED, link('user fails at client/1'))).toEqual([[], ['client/1 by web/1']]);
  });
});

describe('a subject that is known by its service only', () => {
  it('waits where an instance of it does', () => {
    expect(told(new Chains(), link('client/1 waits for web'), link('web/1 waits for cart'))).toEqual([
      [],
      ['web by cart'],
    ]);
    expect(told(new Chains(), link('web/1 waits for cart'), link('client/1 waits for web')).at(-1)).toEqual([
      'web by cart',
    ]);
  });

  it('does not wait where another service does whose name begins alike, nor an instance where another one does', () => {
    expect(told(new Chains(), link('web-2/1 waits for cart'), link('client/1 waits for web'))).toEqual([[], []]);
    expect(told(new Chains(), link('web/2 waits for cart'), link('client/1 waits for web/1'))).toEqual([[], []]);
  });
});

describe('nobody is explained', () => {
  const ABOVE = link('client/1 waits for web/1');

  it('by a call of another trace', () => {
    const below = link('web/1 waits for cart/1', ['t2']);
    expect(told(new Chains(), below, ABOVE)).toEqual([[], []]);
    expect(told(new Chains(), ABOVE, below)).toEqual([[], []]);
  });

  it('by a call to itself', () => {
    const itself = link('web/1 waits for web/1');
    expect(told(new Chains(), itself, ABOVE)).toEqual([[], []]);
    expect(told(new Chains(), ABOVE, itself)).toEqual([[], []]);
  });

  it('by one that was told more than 30 s ago, and by one that was told again since then', () => {
    const below = link('web/1 waits for cart/1');
    const explainedAfter = (ms: number, againMs?: number) => {
      const chains = new Chains();
      chains.told(below, BEGAN_MS);
      if (againMs !== undefined) chains.told(below, BEGAN_MS + againMs);
      return chains.told(ABOVE, BEGAN_MS + ms).map(shown);
    };
    expect(explainedAfter(30_000)).toEqual(['web/1 by cart/1']);
    expect(explainedAfter(30_001)).toEqual([]);
    expect(explainedAfter(50_000, 20_000)).toEqual(['web/1 by cart/1']);
    const chains = new Chains();
    chains.told(ABOVE, BEGAN_MS);
    expect(chains.told(below, BEGAN_MS + 30_001)).toEqual([]);
  });

  it('where no trace is shown, and nothing is counted there', () => {
    const chains = new Chains();
    expect(told(chains, link('web/1 waits for cart/1', []), link('client/1 waits for web/1', []))).toEqual([[], []]);
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual([]);
  });
});

it('two that wait for each other explain each other', () => {
  expect(told(new Chains(), link('a/1 waits for b/1'), link('b/1 waits for a/1'))).toEqual([
    [],
    ['a/1 by b/1', 'b/1 by a/1'],
  ]);
});

it('each trace that is shown is looked at, and counts once', () => {
  const chains = new Chains();
  told(chains, link('web/1 waits for cart/1', ['t1', 't3']));
  expect(told(chains, link('client/1 waits for web/1', ['t1', 't2', 't3']))).toEqual([
    ['web/1 by cart/1', 'web/1 by cart/1'],
  ]);
  expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['cart/1', 'cart/1', 'web/1']);
});

describe('bounds', () => {
  it('of a trace are its first 32 calls', () => {
    const chains = new Chains();
    for (let n = 1; n <= 32; n++) told(chains, link(`web/1 waits for cart/${n}`));
    expect(told(chains, link('web/1 waits for cart/33'), link('cart/32 waits for db/1'))).toEqual([[], []]);
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toHaveLength(32);
  });

  it('of traces are 10,000: the one begun longest ago is forgotten', () => {
    const chains = new Chains();
    for (let n = 0; n <= 10_000; n++) told(chains, link('web/1 waits for cart/1', [`t${n}`]));
    const above = (trace: string) => told(chains, link('client/1 waits for web/1', [trace]))[0];
    expect(above('t10000')).toEqual(['web/1 by cart/1']);
    expect(above('t1')).toEqual(['web/1 by cart/1']);
    expect(above('t0')).toEqual([]);
  });

  it('of calls that may still be explained are 10,000: of more nothing is counted until they are explained', () => {
    const chains = new Chains();
    for (let n = 0; n <= 10_000; n++) told(chains, link('web/1 waits for cart/1', [`t${n}`]));
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toHaveLength(10_000);
    expect(told(chains, link('cart/1 waits for db/1', ['t10000']))).toEqual([['cart/1 by db/1']]);
    // There is room again.
    told(chains, link('web/1 waits for cart/1', ['later']));
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['db/1', 'cart/1']);
  });
});
