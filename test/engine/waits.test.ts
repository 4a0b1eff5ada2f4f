// SPDX-License-Identifier: Apache-2.0
/** Who waits for somebody who waits: known by the trace that they have in common, in whatever order they tell of it. */
import { describe, expect, it } from 'vitest';
import { Waits } from '../../src/engine/waits.js';
import { resolutionOf } from '../../src/model/identity.js';
import type { Observation } from '../../src/model/observation.js';
import { HealthStatus } from '../../src/model/status.js';

const BEGAN_MS = 1_700_000_000_000;

/** `web/1 waits for cart/1`, in these traces. */
function wait(said: string, traceIds: readonly string[] = ['t1'], environment = ''): Observation {
  const [observer = '', subject = ''] = said.split(' waits for ');
  return {
    ...{
      id: said,
      environment,
      observer,
      subject,
      resolution: resolutionOf(subject),
      operation: 'GET',
      source: 'caller',
    },
    ...{ status: HealthStatus.PENDING, reason: 'hung', count: 1, observedMs: BEGAN_MS, windowMs: 0 },
    evidence: traceIds.map((traceId) => ({ traceId, spanId: 'b'.repeat(16) })),
  };
}

/** What each of these tells, one after the other: `cart/1 by db/1`, or `db/1 alone`; with `again` where the wait was known. */
function told(waits: Waits, ...observations: readonly Observation[]): string[][] {
  return observations.map((each) =>
    waits
      .told(each, BEGAN_MS)
      .map(
        ({ subject, deeper, isKnown }) => `${subject} ${deeper ? `by ${deeper}` : 'alone'}${isKnown ? ' again' : ''}`,
      ),
  );
}

describe('of a chain in which all wait', () => {
  const TOP = wait('client/1 waits for web/1');
  const MIDDLE = wait('web/1 waits for cart/1');
  const BOTTOM = wait('cart/1 waits for db/1');

  it('each is explained by the next when those below have told before', () => {
    expect(told(new Waits(), BOTTOM, MIDDLE, TOP)).toEqual([['db/1 alone'], ['cart/1 by db/1'], ['web/1 by cart/1']]);
  });

  it('each is explained as soon as the next tells, when those above have told before', () => {
    expect(told(new Waits(), TOP, MIDDLE, BOTTOM)).toEqual([
      ['web/1 alone'],
      ['cart/1 alone', 'web/1 by cart/1 again'],
      ['db/1 alone', 'cart/1 by db/1 again'],
    ]);
  });

  it('the one in between, told last, is explained and explains', () => {
    expect(told(new Waits(), TOP, BOTTOM, MIDDLE)).toEqual([
      ['web/1 alone'],
      ['db/1 alone'],
      ['cart/1 by db/1', 'web/1 by cart/1 again'],
    ]);
  });

  it('each is explained once, however often it is told, and by the first of several that it waits for', () => {
    const other = wait('web/1 waits for search/1');
    expect(told(new Waits(), TOP, MIDDLE, other, MIDDLE, TOP)).toEqual([
      ['web/1 alone'],
      ['cart/1 alone', 'web/1 by cart/1 again'],
      ['search/1 alone'],
      [],
      [],
    ]);
    expect(told(new Waits(), MIDDLE, TOP, other)).toEqual([['cart/1 alone'], ['web/1 by cart/1'], ['search/1 alone']]);
    expect(told(new Waits(), MIDDLE, other, TOP).at(-1)).toEqual(['web/1 by cart/1']);
  });

  it('is explained for all its callers', () => {
    const waits = new Waits();
    told(waits, TOP, wait('client/2 waits for web/1'));
    expect(told(waits, MIDDLE)).toEqual([['cart/1 alone', 'web/1 by cart/1 again', 'web/1 by cart/1 again']]);
  });
});

describe('a subject that is known by its service only', () => {
  it('waits where an instance of it does', () => {
    const waits = new Waits();
    expect(told(waits, wait('client/1 waits for web'), wait('web/1 waits for cart'))).toEqual([
      ['web alone'],
      ['cart alone', 'web by cart again'],
    ]);
    expect(told(new Waits(), wait('web/1 waits for cart'), wait('client/1 waits for web')).at(-1)).toEqual([
      'web by cart',
    ]);
  });

  it('does not wait where another service does whose name begins alike, nor an instance where another one does', () => {
    expect(told(new Waits(), wait('web-2/1 waits for cart'), wait('client/1 waits for web')).at(-1)).toEqual([
      'web alone',
    ]);
    expect(told(new Waits(), wait('web/2 waits for cart'), wait('client/1 waits for web/1')).at(-1)).toEqual([
      'web/1 alone',
    ]);
  });
});

describe('nobody is explained', () => {
  it('by a wait of another trace, or of the same trace in another environment', () => {
    const above = wait('client/1 waits for web/1');
    for (const below of [wait('web/1 waits for cart/1', ['t2']), wait('web/1 waits for cart/1', ['t1'], 'staging')]) {
      expect(told(new Waits(), below, above)).toEqual([['cart/1 alone'], ['web/1 alone']]);
      expect(told(new Waits(), above, below)).toEqual([['web/1 alone'], ['cart/1 alone']]);
    }
  });

  it('by a call to itself', () => {
    const above = wait('client/1 waits for web/1');
    const itself = wait('web/1 waits for web/1');
    expect(told(new Waits(), itself, above)).toEqual([['web/1 alone'], ['web/1 alone']]);
    expect(told(new Waits(), above, itself)).toEqual([['web/1 alone'], ['web/1 alone']]);
  });

  it('by one that was told more than 30 s ago, and by one that was told again since then', () => {
    const above = wait('client/1 waits for web/1');
    const below = wait('web/1 waits for cart/1');
    const deeperAfter = (ms: number, againMs?: number) => {
      const waits = new Waits();
      waits.told(below, BEGAN_MS);
      if (againMs !== undefined) waits.told(below, BEGAN_MS + againMs);
      return waits.told(above, BEGAN_MS + ms)[0]?.deeper;
    };
    expect(deeperAfter(30_000)).toBe('cart/1');
    expect(deeperAfter(30_001)).toBeUndefined();
    expect(deeperAfter(50_000, 20_000)).toBe('cart/1');
    const waits = new Waits();
    waits.told(above, BEGAN_MS);
    expect(waits.told(below, BEGAN_MS + 30_001)).toEqual([{ subject: 'cart/1', deeper: undefined, isKnown: false }]);
  });

  it('where no trace is shown', () => {
    expect(told(new Waits(), wait('web/1 waits for cart/1', []), wait('client/1 waits for web/1', []))).toEqual([
      [],
      [],
    ]);
  });
});

it('two that wait for each other explain each other', () => {
  expect(told(new Waits(), wait('a/1 waits for b/1'), wait('b/1 waits for a/1'))).toEqual([
    ['b/1 alone'],
    ['a/1 by b/1', 'b/1 by a/1 again'],
  ]);
});

it('each trace that is shown is looked at, and counts once', () => {
  const waits = new Waits();
  told(waits, wait('web/1 waits for cart/1', ['t1', 't3']));
  expect(told(waits, wait('client/1 waits for web/1', ['t1', 't2', 't3']))).toEqual([
    ['web/1 by cart/1', 'web/1 alone', 'web/1 by cart/1'],
  ]);
});

describe('bounds', () => {
  it('of a trace are its first 32 waits', () => {
    const waits = new Waits();
    for (let n = 1; n <= 32; n++) told(waits, wait(`web/1 waits for cart/${n}`));
    expect(told(waits, wait('web/1 waits for cart/33'), wait('cart/32 waits for db/1'))).toEqual([[], []]);
    // What was told within them is still known.
    expect(told(waits, wait('web/1 waits for cart/32'))).toEqual([[]]);
  });

  it('of traces are 10,000: the one begun longest ago is forgotten', () => {
    const waits = new Waits();
    for (let n = 0; n <= 10_000; n++) told(waits, wait('web/1 waits for cart/1', [`t${n}`]));
    const above = (trace: string) => told(waits, wait('client/1 waits for web/1', [trace]))[0];
    expect(above('t10000')).toEqual(['web/1 by cart/1']);
    expect(above('t1')).toEqual(['web/1 by cart/1']);
    expect(above('t0')).toEqual(['web/1 alone']);
  });
});
