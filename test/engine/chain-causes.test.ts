// SPDX-License-Identifier: Apache-2.0
/** Which of two calls in one trace can be the cause of the other's trouble, by when they began and ended, and under which names. */
import { describe, expect, it } from 'vitest';
import { Chains } from '../../src/engine/chains.js';
import type { Observation } from '../../src/model/observation.js';
import { BEGAN_MS, failed, link, ownAfter, TIME_TO_TELL_MS, told } from './chain-links.js';

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
