// SPDX-License-Identifier: Apache-2.0
/** Work that forks within a process, at the bounds and in hostile company: nothing is lost in silence. */

import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { bag } from '../../../src/baggage/bag/packing.js';
import { fork, isTruncated, pack, unpack } from '../../../src/baggage/in-process.js';
import { activeScope, BaggageScope, baggageCounts, withScope } from '../../../src/baggage/scope.js';
import { startHere } from '../transport/fixtures/one-process.js';

startHere();

/** Runs work in a scope of its own. */
function within<T>(work: () => T, scope: BaggageScope = new BaggageScope()): T {
  return context.with(withScope(ROOT_CONTEXT, scope), work);
}

describe('a fork', () => {
  it('knows all that its parent knows, however much that is', () => {
    within(() => {
      for (let n = 0; n < 2500; n++) pack('big', { text: 'x'.repeat(500), n });
      pack('small', { a: 1 });
      fork(() => {
        expect([unpack('small'), unpack('big').length]).toEqual([[{ a: 1 }], 2500]);
        pack('small', { a: 2 });
        expect(unpack('small')).toEqual([{ a: 1 }, { a: 2 }]);
      });
      expect([unpack('small').length, isTruncated()]).toEqual([2, false]);
    });
  });

  it('sees what it packs itself, also where its parent is full', () => {
    within(() => {
      for (let n = 0; n < 4096; n++) pack('list', { n });
      fork(() => {
        pack('list', { n: -1 });
        expect(unpack('list').at(-1)).toEqual({ n: -1 });
      });
    });
  });

  it('does not make room: past 4,096 tuples and 256 bags packing is refused and counted, before forks and after', () => {
    within(() => {
      const { notPacked, truncated } = baggageCounts();
      for (let n = 0; n < 4000; n++) pack('list', { n });
      fork(() => undefined);
      for (let n = 0; n < 4000; n++) pack('list', { n });
      fork(() => undefined);
      expect(unpack('list')).toHaveLength(4096);
      expect(baggageCounts().notPacked - notPacked).toBe(8000 - 4096);
      expect(baggageCounts().truncated).toBe(truncated);
    });
    within(() => {
      const { notPacked } = baggageCounts();
      for (let n = 0; n < 256; n++) pack(`bag ${n}`, { n });
      fork(() => undefined);
      for (let n = 0; n < 512; n++) pack(`bag ${n}`, { n });
      expect(baggageCounts().notPacked - notPacked).toBe(256);
      expect([unpack('bag 7'), unpack('bag 300')]).toEqual([[{ n: 7 }, { n: 7 }], []]);
    });
  });

  it('that is made by work of a fork that is over belongs to what that one came from', () => {
    const sum = bag('sum', { keep: 'combined', values: { n: 'sum' } });
    const scope = new BaggageScope();
    within(() => {
      let at = activeScope();
      for (let n = 0; n < 20_000; n++) {
        at = context.with(withScope(context.active(), at as BaggageScope), () =>
          fork(() => {
            pack(sum, { n: 1 });
            return activeScope();
          }),
        );
      }
      expect(at?.root).toBe(scope);
      expect(unpack(sum)).toEqual([{ n: 20_000 }]);
      expect(Baggage.deserialize(at?.answer() as Uint8Array).unpack(sum)).toEqual([{ n: 20_000 }]);
    }, scope);
  });
});

describe('a callee’s answer', () => {
  const FRAME = new Uint8Array(8).fill(65);
  const field = (tag: number, ...bytes: number[]) => [tag, bytes.length, ...bytes];

  /** An answer in the frame of whoever asked, with instances under the keys that it will use next. */
  function forged(rows: number[], events: number[]): Baggage {
    const instances = events.map((event) => field(0x1a, ...field(0x12, 0b1000_0000 | (event << 4)), ...rows));
    return Baggage.deserialize(Uint8Array.from([...field(0x0a, ...FRAME), ...instances.flat()]));
  }

  it('that forges the keys of the caller takes nothing from it', () => {
    const row = field(
      0x22,
      ...field(0x0a, 0x78),
      ...field(0x22, ...field(0x0a, 0x6e)),
      ...field(0x2a, ...field(0x0a, 8, 2)),
    );
    within(
      () => {
        for (let round = 0; round < 3; round++) {
          pack('mine', { round });
          activeScope()?.outgoing();
          activeScope()?.join(forged(row, [1, 2, 3, 4, 5, 6]));
          fork(() => pack('mine', { fork: round }));
        }
        expect(unpack('mine')).toHaveLength(6);
        expect(Baggage.deserialize(activeScope()?.answer() as Uint8Array).unpack('mine')).toHaveLength(6);
      },
      new BaggageScope(new Baggage(FRAME)),
    );
  });

  it('says nothing of what the caller itself could not send', () => {
    within(() => {
      for (let n = 0; n < 1000; n++) pack('list', { n });
      const received = Baggage.deserialize(activeScope()?.outgoing() as Uint8Array);
      expect(received.truncated).toBe(true);
      const served = new BaggageScope(Baggage.enter(received));
      served.pack('list', { n: -1 });
      expect(served.isTruncated).toBe(true);
      activeScope()?.join(Baggage.deserialize(served.answer() as Uint8Array));
      expect([unpack('list').length, isTruncated()]).toEqual([1001, false]);
    });
  });
});
