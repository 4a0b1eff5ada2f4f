// SPDX-License-Identifier: Apache-2.0
/** What a call tree says of single traces: own times, who is deeper, when a call is settled, and what bounds do to it. */
import { describe, expect, it } from 'vitest';
import { SpanKind } from '../../../src/model/span.js';
import { told, treeOf } from './told-spans.js';

const { CLIENT, SERVER, INTERNAL, PRODUCER, CONSUMER } = SpanKind;

/** A calls B, which calls C; C's clock is far off. */
const atA = told('a', CLIENT, 'ab', '', [0, 100], { to: 'b' });
const servedB = told('b', SERVER, 'sb', 'ab', [1005, 1095]);
const layerB = told('b', INTERNAL, 'ib', 'sb', [1010, 1080]);
const atB = told('b', CLIENT, 'bc', 'ib', [1020, 1070], { to: 'c' });
const servedC = told('c', SERVER, 'sc', 'bc', [9, 55]);
const ALL = [atA, servedB, layerB, atB, servedC];
const AB = 'ab: 50 ms of its own, deeper c 0.5';
const BC = 'bc: 50 ms of its own, deeper nobody';

describe('own time', () => {
  it('is what is left of a call when its callee’s calls are taken out, in whatever order the spans come', () => {
    expect(treeOf().add(ALL)).toEqual([AB, BC]);
    expect(treeOf().add(ALL.toReversed())).toEqual([AB, BC]);
  });

  it('counts calls made at a time once, and of each what lies within the time of serving', () => {
    const { add } = treeOf();
    const beside = told('b', CLIENT, 'bd', 'sb', [1040, 1090], { to: 'd' });
    const after = told('b', CLIENT, 'be', 'sb', [1090, 1400], { to: 'e' });
    expect(add([...ALL, beside, after])).toEqual(['ab: 25 ms of its own, deeper e 1', BC]);
  });

  it('is never below zero', () => {
    const { add } = treeOf();
    const slowClock = told('b', SERVER, 'sb', 'ab', [1000, 1300]);
    const call = told('b', CLIENT, 'bc', 'sb', [1000, 1300], { to: 'c' });
    expect(add([atA, slowClock, call])).toEqual(['ab: 0 ms of its own, deeper c 1']);
  });

  it('is found where calls have two layers: an RPC and the HTTP beneath it', () => {
    const { add } = treeOf();
    const inner = told('a', CLIENT, 'in', 'ab', [1, 99], { to: 'b' });
    const served = told('b', SERVER, 'sb', 'in', [1005, 1095]);
    expect(add([inner, atA, served, layerB, atB, servedC])).toEqual([
      AB,
      BC,
      'in: 48 ms of its own, deeper c 0.5102040816326531',
    ]);
  });

  it.each(['the caller’s end first', 'the callee’s end first'])('is found where both ends have one id, %s', (order) => {
    const { add } = treeOf();
    const served = told('b', SERVER, 'ab', '', [1005, 1095]);
    const call = told('b', CLIENT, 'bc', 'ab', [1020, 1070], { to: 'c' });
    const ends = order.startsWith('the caller') ? [atA, served] : [served, atA];
    expect(add([call, ...ends, servedC])).toEqual([AB, BC]);
  });

  it('takes nothing out for whoever serves a message later', () => {
    const { add } = treeOf();
    const sent = told('a', PRODUCER, 'ab', '', [0, 5], { to: 'kafka/orders' });
    const consumed = told('b', CONSUMER, 'sb', 'ab', [100, 200]);
    const call = told('b', CLIENT, 'bc', 'sb', [110, 190], { to: 'c' });
    expect(add([sent, consumed, call, servedC])).toEqual([
      'ab: 5 ms of its own, deeper nobody, unseen',
      'bc: 80 ms of its own, deeper nobody',
    ]);
  });
});

describe('a call with lost spans around it', () => {
  it('finds its callee’s call within the time of its server span, where a layer between is lost', () => {
    const { add, settled } = treeOf();
    expect(add([atA, servedB, atB, servedC])).toEqual([BC]);
    expect(settled(6000)).toEqual([AB]);
  });

  it('finds it by who made it, where the server span is lost', () => {
    const { add, settled } = treeOf();
    expect(add([atA, layerB, atB, servedC])).toEqual([BC]);
    expect(settled(5999)).toEqual([]);
    expect(settled(6000)).toEqual([AB]);
  });

  it('finds it where the callee is known as a service only', () => {
    const { add, settled } = treeOf();
    const atService = told('a', CLIENT, 'ab', '', [0, 100], { to: 'b' });
    const atInstance = told('b/1', CLIENT, 'bc', 'ib', [1020, 1070], { to: 'c' });
    add([atService, atInstance, servedC]);
    expect(settled(6000)).toEqual([AB]);
  });

  it('does not find what may belong to another call of the same callee', () => {
    const { add, settled } = treeOf();
    const again = told('a', CLIENT, 'a2', '', [200, 300], { to: 'b' });
    expect(add([atA, again, atB, servedC])).toEqual([BC]);
    expect(settled(6000)).toEqual([
      'a2: 100 ms of its own, deeper nobody, unseen',
      'ab: 100 ms of its own, deeper nobody, unseen',
    ]);
  });

  it('finds what is too long for the other call, or within the other’s time of serving', () => {
    const { add, settled } = treeOf();
    const short = told('a', CLIENT, 'a2', '', [200, 220], { to: 'b' });
    const served = told('a', CLIENT, 'a3', '', [300, 400], { to: 'b' });
    const servedThird = told('b', SERVER, 's3', 'a3', [1300, 1400]);
    add([atA, short, served, servedThird, atB, servedC]);
    expect(settled(6000)).toEqual(['a2: 20 ms of its own, deeper nobody, unseen', AB]);
  });

  it('says so where nothing of its callee is here', () => {
    const { add, settled } = treeOf();
    expect(add([atA])).toEqual([]);
    expect(settled(6000)).toEqual(['ab: 100 ms of its own, deeper nobody, unseen']);
  });
});

describe('whoever is deeper', () => {
  const failingA = told('a', CLIENT, 'ab', '', [0, 100], { to: 'b', reason: 'server_error' });
  const failed = (spanId: string, times: readonly [number, number], to: string) =>
    told('b', CLIENT, spanId, 'sb', times, { to, reason: 'reset' });

  it('is, of a failing call, the callee’s call that failed, not the one that took longest', () => {
    const { add } = treeOf();
    const long = told('b', CLIENT, 'bd', 'sb', [1005, 1060], { to: 'd' });
    expect(add([failingA, long, failed('bc', [1060, 1070], 'c'), servedB])).toEqual([
      'ab: 35 ms of its own, deeper c 1',
    ]);
  });

  it('is the last that failed before the answer: an earlier one was made good, a later one was not waited for', () => {
    const { add } = treeOf();
    const calls = [
      failed('b1', [1010, 1020], 'cache'),
      failed('b2', [1030, 1050], 'db'),
      failed('b3', [1060, 1300], 'log'),
    ];
    expect(add([failingA, ...calls, servedB])).toEqual(['ab: 35 ms of its own, deeper db 1']);
  });

  it('is the one that the callee still waited for, where the caller’s patience ended and nothing failed', () => {
    const { add } = treeOf();
    const givenUp = told('a', CLIENT, 'ab', '', [0, 100], { to: 'b', reason: 'timeout' });
    const slow = told('b', CLIENT, 'bc', 'sb', [1010, 1090], { to: 'c' });
    expect(add([givenUp, slow, servedB])).toEqual(['ab: 20 ms of its own, deeper c 0.8']);
  });

  it('is nobody where the callee answered with an error, however long its own callee took', () => {
    const { add, settled } = treeOf();
    const slow = told('b', CLIENT, 'bc', 'sb', [1010, 1090], { to: 'c' });
    expect(add([failingA, slow, servedB])).toEqual([]);
    expect(settled(6000)).toContain('ab: 20 ms of its own, deeper nobody');
  });

  it('is the callee’s failing call by a timeout, where its own callee was only slow', () => {
    const { add } = treeOf();
    const timedOut = told('b', CLIENT, 'bc', 'sb', [1010, 1090], { to: 'c', reason: 'timeout' });
    expect(add([failingA, timedOut, servedB])).toEqual(['ab: 20 ms of its own, deeper c 1']);
  });

  it('is whom the answer blamed, where no span tells', () => {
    const { add, settled } = treeOf();
    const blaming = told('a', CLIENT, 'ab', '', [0, 100], { to: 'b', reason: 'server_error', blamed: ['c', 'd'] });
    expect(add([blaming])).toEqual([]);
    expect(settled(6000)).toEqual(['ab: 100 ms of its own, deeper c 1, d 1']);
  });

  it('is nobody, and that is known, where the answer blamed nobody or the callee was not reached', () => {
    const { add, settled } = treeOf();
    add([told('a', CLIENT, 'ab', '', [0, 9], { to: 'b', reason: 'server_error', blamed: [] })]);
    add([told('a', CLIENT, 'ac', '', [0, 9], { to: 'b', reason: 'refused' })]);
    expect(settled(6000)).toEqual(['ab: 9 ms of its own, deeper nobody', 'ac: 9 ms of its own, deeper nobody']);
  });

  it('is unknown where a server span is here that failed, and its caller’s is lost', () => {
    const { add, settled } = treeOf();
    const failingC = told('c', SERVER, 'sc', 'lost', [9, 55], { fails: true });
    expect(add([failingA, servedB, failingC])).toEqual([]);
    expect(settled(6000)).toEqual(['ab: 100 ms of its own, deeper nobody, unseen']);
  });

  it('is unknown, too, where the one that was called is lost as well, and only shows whom it called in vain', () => {
    const { add, settled } = treeOf();
    const beyond = told('c', CLIENT, 'cd', 'ic', [20, 40], { to: 'd', reason: 'reset' });
    const layer = told('c', INTERNAL, 'ic', 'lost', [19, 41]);
    expect(add([failingA, servedB, beyond, layer])).toEqual([]);
    expect(settled(6000)).toContain('ab: 100 ms of its own, deeper nobody, unseen');
  });

  it('is named as it is known when the call is settled', () => {
    const { add } = treeOf({
      nameOf: (_, address) => (address === 'host:80' ? { text: 'c/1', resolution: 'instance' } : undefined),
    });
    const byAddress = told('b', CLIENT, 'bc', 'sb', [1010, 1090], { to: 'host:80' });
    expect(add([atA, byAddress, servedB])).toEqual(['ab: 20 ms of its own, deeper c/1 0.8']);
  });
});

describe('a call is settled', () => {
  it('once, whatever comes later or again', () => {
    const { add, settled } = treeOf();
    expect(add([servedB, atA])).toEqual(['ab: 100 ms of its own, deeper nobody']);
    expect(add([...ALL, ...ALL])).toEqual([BC]);
    expect(settled(100_000)).toEqual([]);
  });

  it('at once where nobody could tell of its callee’s work: a query', () => {
    const query = told('a', CLIENT, 'q', '', [0, 7], { to: 'db:5432', db: true });
    expect(treeOf().add([query])).toEqual(['q: 7 ms of its own, deeper nobody, unseen']);
  });

  it('late where it failed and nobody explains it, for its spans may come in another order', () => {
    const { add, settled } = treeOf();
    const failing = told('a', CLIENT, 'ab', '', [0, 100], { to: 'b', reason: 'server_error' });
    const reset = told('b', CLIENT, 'bc', 'ib', [1020, 1070], { to: 'c', reason: 'reset' });
    expect(add([failing, servedB], 0)).toEqual([]);
    expect(add([layerB, reset], 3000)).toEqual([]);
    expect(settled(6000)).toEqual(['ab: 50 ms of its own, deeper c 1']);
    expect(settled(9000)).toEqual(['bc: 50 ms of its own, deeper nobody, unseen']);
  });

  it('with what is known when its trace is forgotten, be it for the traces or for all spans', () => {
    const many = Array.from({ length: 50 }, (_, n) => n.toString(16).padStart(32, '0'));
    for (const bounds of [{ traceCountMax: 10 }, { spanCountMax: 20 }]) {
      const { tree, settled } = treeOf(bounds);
      let settledCount = 0;
      for (const traceId of many) {
        tree.add(told('a', CLIENT, 'ab', 'root', [0, 100], { to: 'b', traceId }).span, 'prod', 'a', 0, atA.call);
        settledCount += settled(0).length;
        expect(tree.counts().spans).toBeLessThanOrEqual(20);
      }
      expect(tree.counts()).toEqual({ traces: 10, spans: 20, hurried: 40 });
      expect(settledCount).toBe(40);
      expect(settled(6000)).toHaveLength(10);
    }
  });

  it('as if it were of another trace, where its own has many spans already', () => {
    const { tree, add, settled } = treeOf({ spansPerTraceMax: 10 });
    for (let n = 0; n < 45; n++)
      tree.add(told('a', CLIENT, `c${n}`, '', [0, 1], { to: 'b' }).span, 'prod', 'a', 0, atA.call);
    expect(tree.counts()).toEqual({ traces: 5, spans: 45, hurried: 0 });
    // The callee of the last is still found, that of the first no more.
    expect(add([told('b', SERVER, 's', 'c44', [0, 1]), told('b', SERVER, 't', 'c0', [0, 1])])).toEqual([
      'c44: 1 ms of its own, deeper nobody',
    ]);
    expect(settled(6000)).toHaveLength(44);
  });

  it('and its trace forgotten when it has been quiet for a minute', () => {
    const { tree, add, settled } = treeOf();
    add(ALL, 0);
    add([told('a', SERVER, 'sa', '', [0, 1])], 30_000);
    settled(89_999);
    expect(tree.counts()).toMatchObject({ traces: 1 });
    settled(90_000);
    expect(tree.counts()).toEqual({ traces: 0, spans: 0, hurried: 0 });
  });

  it('also where a bad tracer makes spans their own ancestors', () => {
    const { add, settled } = treeOf();
    add([told('a', CLIENT, 'x', 'y', [0, 10], { to: 'b' }), told('a', INTERNAL, 'y', 'x', [0, 10])]);
    add([told('a', CLIENT, 'z', 'z', [0, 10], { to: 'b' })]);
    expect(settled(6000)).toHaveLength(2);
  });
});
