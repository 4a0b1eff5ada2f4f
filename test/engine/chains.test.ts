// SPDX-License-Identifier: Apache-2.0
/** Who hangs or fails because somebody does whom it calls: known by the trace that they have in common, in whatever order they tell of it. */
import { describe, expect, it } from 'vitest';
import { Chains, type Explained } from '../../src/engine/chains.js';
import { resolutionOf } from '../../src/model/identity.js';
import type { Observation, OutcomeReason } from '../../src/model/observation.js';
import { HealthStatus } from '../../src/model/status.js';

const BEGAN_MS = 1_700_000_000_000;
/** How long whoever is called has to tell of a call of its own. */
const TIME_TO_TELL_MS = 1000;

/** `web/1 waits for cart/1`, or `web/1 fails at cart/1`, in these traces. */
function link(said: string, traceIds: readonly string[] = ['t1']): Observation {
  const [observer = '', subject = ''] = said.split(/ waits for | fails at /);
  const hasFailed = said.includes(' fails at ');
  return {
    ...{ id: said, environment: '', observer, subject, resolution: resolutionOf(subject) },
    ...{ operation: 'GET', source: 'caller', count: 1, observedMs: BEGAN_MS, windowMs: 0 },
    status: hasFailed ? HealthStatus.UNHEALTHY : HealthStatus.PENDING,
    reason: hasFailed ? 'timeout' : 'hung',
    evidence: traceIds.map((traceId) => ({ traceId, spanId: 'b'.repeat(16) })),
  };
}

const failed = (
  said: string,
  content: { readonly reason?: OutcomeReason; readonly blamed?: readonly string[] } = {},
) => ({
  ...link(said),
  ...content,
});

const shown = ({ subject, deeper, countedMs }: Explained) =>
  `${subject} by ${deeper}${countedMs === undefined ? '' : `, counted after ${countedMs - BEGAN_MS} ms`}`;

/** What each of these explains, told one after the other: `cart/1 by db/1`. */
function told(chains: Chains, ...observations: readonly Observation[]): string[][] {
  return observations.map((each) => chains.told(each, BEGAN_MS).map(shown));
}

/** Whose trouble is its own, as far as anybody has told within so long, where all would have told. */
const ownAfter = (chains: Chains, ms: number) => chains.takeOwn(BEGAN_MS + ms, () => true);

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

describe('of two calls in one trace the cause', () => {
  /** What they explain: the outer one is told after so many ms, the deeper one after so many and after having been out for so long. */
  const explained = (outer: Observation, outerMs: number, deeper: Observation, deeperMs: number, tookMs?: number) => {
    const seconds = (tookMs ?? 0) / 1000;
    const timed = {
      ...deeper,
      ...(tookMs !== undefined && { latency: { meanSeconds: seconds, maxSeconds: seconds } }),
    };
    const [before, after] = [new Chains(), new Chains()];
    const found = [
      ...after.told(outer, BEGAN_MS + outerMs),
      ...after.told(timed, BEGAN_MS + deeperMs),
      ...before.told(timed, BEGAN_MS + deeperMs),
      ...before.told(outer, BEGAN_MS + outerMs),
    ];
    // In whatever order they are told, it is the same.
    expect([0, 2]).toContain(found.length);
    return found.length > 0;
  };
  const [OUT, ENDED] = [link('client/1 waits for web/1'), link('client/1 fails at web/1')];
  const [WAITS, TIMED_OUT] = [link('web/1 waits for cart/1'), link('web/1 fails at cart/1')];
  const ANSWERED_BADLY = failed('web/1 fails at cart/1', { reason: 'server_error' });

  it('is not the one that began after the other had failed', () => {
    for (const deeper of [WAITS, TIMED_OUT, ANSWERED_BADLY]) {
      expect(explained(ENDED, 10_000, deeper, 10_500, 499)).toBe(false);
      expect(explained(ENDED, 10_000, deeper, 10_500, 500)).toBe(true);
    }
  });

  it('is not the one whose trouble began more than a second after the other had failed, by what is known of it', () => {
    for (const deeper of [WAITS, TIMED_OUT, ANSWERED_BADLY]) {
      expect(explained(ENDED, 10_000, deeper, 11_000)).toBe(true);
      expect(explained(ENDED, 10_000, deeper, 11_001)).toBe(false);
      expect(explained(ENDED, 10_000, deeper, 20_000)).toBe(false);
    }
    // What is waited for is in trouble as long as it is waited for; what is answered badly may have been well until then.
    expect(explained(ENDED, 10_000, WAITS, 20_000, 11_000)).toBe(true);
    expect(explained(ENDED, 10_000, TIMED_OUT, 20_000, 11_000)).toBe(true);
    expect(explained(ENDED, 10_000, ANSWERED_BADLY, 20_000, 11_000)).toBe(false);
  });

  it('may be told at any time while the other one is out', () => {
    for (const deeper of [WAITS, TIMED_OUT, ANSWERED_BADLY]) expect(explained(OUT, 10_000, deeper, 20_000)).toBe(true);
  });

  it('is held against the end of the other one, where that was told of while it was out', () => {
    const chains = new Chains();
    chains.told(OUT, BEGAN_MS);
    chains.told(ENDED, BEGAN_MS + 10_000);
    expect(chains.told(WAITS, BEGAN_MS + 20_000)).toEqual([]);
  });
});

describe('an address that has got its name', () => {
  it('has it in what was told before, as the one that is called and as the one that calls', () => {
    const chains = new Chains();
    told(chains, link('client/1 waits for 10.0.0.7:80'), link('10.0.0.8:80 waits for db/1', ['t2']));
    chains.rename('10.0.0.7:80', 'web/1');
    chains.rename('10.0.0.8:80', 'cart/1');
    expect(told(chains, link('web/1 waits for cart/1', ['t1', 't2']))).toEqual([['web/1 by cart/1', 'cart/1 by db/1']]);
  });

  it('has it in what is counted as its own', () => {
    const chains = new Chains();
    told(chains, link('client/1 waits for 10.0.0.7:80'));
    chains.rename('10.0.0.7:80', 'web/1');
    expect(ownAfter(chains, TIME_TO_TELL_MS)).toEqual(['web/1']);
  });
});

it('half a minute after the last call nothing can be explained any more', () => {
  const chains = new Chains();
  told(chains, link('client/1 waits for web/1'));
  expect([30_000, 30_001].map((ms) => chains.isOver(BEGAN_MS + ms))).toEqual([false, true]);
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
