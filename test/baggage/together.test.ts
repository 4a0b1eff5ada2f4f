// SPDX-License-Identifier: Apache-2.0
/** Work that is done once for many requests: each of them knows afterwards what was met, and nothing of the others. */
import { setImmediate as turn } from 'node:timers/promises';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../src/baggage/bag/baggage.js';
import {
  fork,
  pack,
  resumeTogether,
  type Stored,
  storeWith,
  unpack,
  withBaggage,
} from '../../src/baggage/in-process.js';
import { activeScope, BaggageScope, withScope } from '../../src/baggage/scope.js';
import { startHere } from './transport/fixtures/one-process.js';

startHere();

const names = () => unpack('seen').map(({ at }) => at);
const see = (at: string) => pack('seen', { at });

describe('items that are worked on together', () => {
  /** A request that stores an item, and what it knows when the batch is done. */
  function request(name: string, batch: Stored<string>[], isDone: Promise<unknown>): Promise<unknown[]> {
    return withBaggage(async () => {
      see(name);
      batch.push(storeWith(name));
      await isDone;
      return names();
    });
  }

  function batchOf(...requests: string[]) {
    const batch: Stored<string>[] = [];
    let finish: () => void = () => undefined;
    const isDone = new Promise<void>((resolve) => (finish = resolve));
    const known = Promise.all(requests.map((name) => request(name, batch, isDone)));
    return { batch, finish, known };
  }

  it('bring home to each of them what was packed meanwhile, and nothing that another had packed before', async () => {
    const { batch, finish, known } = batchOf('a', 'b', 'c');
    const result = await resumeTogether(batch, async (items) => {
      await turn();
      see('work');
      return [...items, ...names()];
    });
    expect(result).toEqual(['a', 'b', 'c', 'a', 'work']);
    finish();
    expect(await known).toEqual([
      ['a', 'work'],
      ['b', 'work'],
      ['c', 'work'],
    ]);
  });

  it('do so too when the work fails', async () => {
    const { batch, finish, known } = batchOf('a', 'b');
    const breaks = () => {
      see('work');
      throw new Error('broken');
    };
    expect(() => resumeTogether(batch, breaks)).toThrow('broken');
    finish();
    expect(await known).toEqual([
      ['a', 'work'],
      ['b', 'work'],
    ]);
  });

  it('do so too when the first was stored outside any request', async () => {
    const { batch, finish, known } = batchOf('a', 'b');
    resumeTogether([storeWith('timer'), ...batch], () => see('work'));
    finish();
    expect(await known).toEqual([
      ['a', 'work'],
      ['b', 'work'],
    ]);
  });

  it('may be answered before the work is over, each with what was packed until then', async () => {
    const scopes = [new BaggageScope(), new BaggageScope()];
    const batch = scopes.map((scope) => context.with(withScope(ROOT_CONTEXT, scope), () => storeWith('item')));
    const answers = await resumeTogether(batch, async () => {
      see('work');
      await turn();
      return scopes.map((scope) => scope.answer());
    });
    const told = answers.map((bytes) => bytes && Baggage.deserialize(bytes).unpack('seen'));
    expect(told).toEqual([[{ at: 'work' }], [{ at: 'work' }]]);
  });

  it('tell somebody who asked for two of them twice, where those were two requests', () => {
    withBaggage(() => {
      const asker = activeScope() as BaggageScope;
      const scopes = [new BaggageScope(), new BaggageScope()];
      const batch = scopes.map((scope) => context.with(withScope(ROOT_CONTEXT, scope), () => storeWith('item')));
      resumeTogether(batch, () => see('work'));
      for (const scope of scopes) asker.join(Baggage.deserialize(scope.answer() as Uint8Array));
      expect(names()).toEqual(['work', 'work']);
    });
  });

  it('tell once who stored two of them in one request', async () => {
    await withBaggage(async () => {
      const batch: Stored<string>[] = [];
      let finish: () => void = () => undefined;
      const isDone = new Promise<void>((resolve) => (finish = resolve));
      const asked = ['a', 'b'].map((name) =>
        fork(async () => {
          batch.push(storeWith(name));
          await isDone;
        }),
      );
      resumeTogether(batch, () => see('work'));
      finish();
      await Promise.all(asked);
      expect(names()).toEqual(['work']);
    });
  });

  it('are in the context of the first', () => {
    const traced = (digit: string) =>
      trace.setSpanContext(ROOT_CONTEXT, { traceId: digit.repeat(32), spanId: digit.repeat(16), traceFlags: 1 });
    const batch = ['1', '2'].map((digit) => context.with(traced(digit), () => storeWith(digit)));
    expect(resumeTogether(batch, () => trace.getActiveSpan()?.spanContext().spanId)).toBe('1'.repeat(16));
  });

  it('may be none, and each is resumed once', () => {
    expect(resumeTogether([], (items) => items)).toEqual([]);
    withBaggage(() => {
      const batch = ['a', 'b'].map((item) => storeWith(item));
      resumeTogether(batch, () => see('work'));
      resumeTogether(batch, () => see('again'));
      expect(names()).toEqual(['work']);
    });
  });
});
