// SPDX-License-Identifier: Apache-2.0
/** The scope of a request is with the work it starts, wherever JavaScript takes it; and whatever is given, nobody's work breaks. */
import { EventEmitter, on, once } from 'node:events';
import { PassThrough, Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { context, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Baggage } from '../../src/baggage/bag/baggage.js';
import type { Bag, Tuple } from '../../src/baggage/bag/packing.js';
import { fork, isTruncated, pack, resumeFrom, storeWith, unpack, withBaggage } from '../../src/baggage/in-process.js';
import { activeScope, BaggageScope, baggageCounts, contained, countLoss, withScope } from '../../src/baggage/scope.js';
import { injectMessage, joinReply, replyMessage } from '../../src/baggage/transport/message.js';
import { startHere } from './transport/fixtures/one-process.js';

startHere();
afterEach(() => diag.disable());

/** Ways in which work goes on later, each of which calls `work` once or more. */
const WAYS: Record<string, (work: () => void) => Promise<unknown>> = {
  await: async (work) => {
    await null;
    work();
  },
  'a promise': (work) => Promise.resolve().then(work),
  'Promise.all': (work) => Promise.all([pause(2).then(work), pause(1).then(work)]),
  'a rejected promise': (work) => Promise.reject(new Error('ill')).catch(work),
  queueMicrotask: (work) => new Promise<void>((done) => queueMicrotask(() => done(work()))),
  'process.nextTick': (work) => new Promise<void>((done) => process.nextTick(() => done(work()))),
  setImmediate: (work) => new Promise<void>((done) => setImmediate(() => done(work()))),
  setTimeout: (work) => new Promise<void>((done) => setTimeout(() => done(work()), 1)),
  setInterval: (work) =>
    new Promise<void>((done) => {
      const timer = setInterval(() => {
        work();
        clearInterval(timer);
        done();
      }, 1);
    }),
  'an emitter': async (work) => {
    const emitter = new EventEmitter().on('news', work);
    await pause(1);
    emitter.emit('news');
  },
  'events.once': async (work) => {
    const emitter = new EventEmitter();
    setImmediate(() => emitter.emit('news'));
    await once(emitter, 'news');
    work();
  },
  'events.on': async (work) => {
    const emitter = new EventEmitter();
    setImmediate(() => emitter.emit('news', 1));
    for await (const _ of on(emitter, 'news')) {
      work();
      break;
    }
  },
  'for await over a stream': async (work) => {
    for await (const _ of Readable.from(['a', 'b'])) work();
  },
  'for await over a generator': async (work) => {
    async function* numbers() {
      yield 1;
      await pause(1);
      yield 2;
    }
    for await (const _ of numbers()) work();
  },
  'listeners of a stream': async (work) => {
    const stream = new PassThrough().on('data', work).on('end', work);
    stream.end('well');
    await once(stream, 'close');
  },
  'a pipeline': (work) => {
    const through = new Transform({
      transform: (chunk, _, next) => {
        work();
        setImmediate(next, null, chunk);
      },
      flush: (next) => next(null, work() as undefined),
    });
    return pipeline(Readable.from(['a', 'b']), through, new Writable({ write: (_, __, next) => next() }));
  },
};

describe('the scope of a request is with the work that goes on by', () => {
  it.each(Object.entries(WAYS))('%s, and no other request is', async (_, way) => {
    const request = (name: string) =>
      withBaggage(async () => {
        let count = 0;
        await way(() => {
          count++;
          pack('seen', { name });
        });
        expect(count).toBeGreaterThan(0);
        expect(unpack('seen')).toEqual(Array.from({ length: count }, () => ({ name })));
      });
    await Promise.all([request('one'), request('other')]);
    expect(unpack('seen')).toEqual([]);
  });

  it('a listener that is bound to it, whoever emits; one that is not has the scope of who emits', async () => {
    const shared = new EventEmitter();
    await withBaggage(async () => {
      shared.on('news', () => pack('seen', { by: 'unbound' }));
      shared.on(
        'news',
        context.bind(context.active(), () => pack('seen', { by: 'bound' })),
      );
      withBaggage(() => {
        shared.emit('news');
        expect(unpack('seen')).toEqual([{ by: 'unbound' }]);
      });
      expect(unpack('seen')).toEqual([{ by: 'bound' }]);
    });
  });
});

describe('without a scope', () => {
  it('nothing is kept, and everything works', async () => {
    pack('seen', { n: 1 });
    expect(unpack('seen')).toEqual([]);
    expect(fork(() => 7)).toBe(7);
    expect(await fork(async () => 7)).toBe(7);
    const stored = storeWith('item');
    expect(resumeFrom(stored, (item) => item)).toBe('item');
    expect(injectMessage({})).toEqual({});
    expect(replyMessage({})).toEqual({});
    expect(joinReply({})).toBeUndefined();
    expect(activeScope()).toBeUndefined();
  });

  it('a context that holds no scope has none', () => {
    expect(activeScope(ROOT_CONTEXT)).toBeUndefined();
    expect(activeScope(withScope(ROOT_CONTEXT, {} as BaggageScope))).toBeUndefined();
  });
});

const thrower = () => {
  throw new Error('broken');
};
const BROKEN_PROXY = new Proxy({}, { get: thrower, ownKeys: thrower, has: thrower, getPrototypeOf: thrower });
const CYCLE: Record<string, unknown> = { n: 1 };
CYCLE['self'] = CYCLE;

describe('a tuple that is none', () => {
  it.each<[string, unknown, Tuple[]]>([
    ['null', null, []],
    ['nothing', undefined, []],
    ['a proxy that throws', BROKEN_PROXY, []],
    [
      'a getter that throws',
      {
        get n() {
          return thrower();
        },
      },
      [],
    ],
    ['a cycle', CYCLE, [{ n: 1 }]],
    ['values of no kind', { a: {}, b: [], c: () => 1, d: Symbol('s'), e: 1n, f: null, g: BROKEN_PROXY }, [{}]],
    ['a number', 7, []],
    ['a text', 'ab', []],
    ['nothing', undefined, []],
    ['a million characters', { a: 'x'.repeat(1e6) }, [{ a: 'x'.repeat(512) }]],
    ['names that are somebody else’s', JSON.parse('{"__proto__": 1, "constructor": 2}'), [expect.anything()]],
  ])('does not throw, and spoils nothing: %s', (_, tuple, kept) => {
    const before = baggageCounts();
    withBaggage(() => {
      pack('seen', tuple as Tuple);
      expect(unpack('seen')).toEqual(kept);
      pack('seen', { well: true });
      expect(unpack('seen')).toEqual([...kept, { well: true }]);
      const sent = activeScope()?.outgoing() as Uint8Array;
      expect(Baggage.deserialize(sent).unpack('seen')).toEqual(unpack('seen'));
    });
    const after = baggageCounts();
    expect(after.notPacked - before.notPacked).toBe(kept.length === 0 ? 1 : 0);
    expect(after.faults).toBe(before.faults);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a name of no characters', ''],
    ['a name of too many', 'x'.repeat(65)],
    ['a number', 7],
    ['a symbol', Symbol('s')],
    ['a big number', 7n],
    ['a bag without a packing', { name: 'seen', key: 'seen' }],
    ['a proxy that throws', BROKEN_PROXY],
  ])('goes into no bag that is none, and comes out of none: %s', (_, into) => {
    const { notPacked } = baggageCounts();
    withBaggage(() => {
      pack(into as Bag, { n: 1 });
      expect(unpack(into as Bag)).toEqual([]);
    });
    expect(baggageCounts().notPacked - notPacked).toBe(1);
  });
});

describe('what a branch gives back', () => {
  it('may be anything', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    withBaggage(() => {
      const given = [fork(() => proxy), resumeFrom(storeWith(proxy), (item) => item)];
      expect(given.every((each) => each === proxy)).toBe(true);
    });
  });
});

describe('an item that nobody stored, as an empty queue gives it', () => {
  it('is resumed as it is', () => {
    expect(resumeFrom(undefined as never, (item) => [item])).toEqual([undefined]);
  });
});

describe('what is lost', () => {
  it('past the bound on columns is the columns, not the tuple', () => {
    const scope = new BaggageScope();
    scope.pack('seen', Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`c${n}`, n])));
    expect(Object.keys(scope.unpack('seen')[0] ?? {})).toHaveLength(16);
  });

  it('past the bound on tuples is counted, and what was there stays', () => {
    const { notPacked } = baggageCounts();
    const scope = new BaggageScope();
    for (let n = 0; n < 4100; n++) scope.pack('seen', { n });
    expect(scope.unpack('seen')).toHaveLength(4096);
    expect(baggageCounts().notPacked - notPacked).toBe(4);
  });

  it('to a byte budget is counted once a request, and the rest is sent', () => {
    const { truncated } = baggageCounts();
    const scope = new BaggageScope();
    for (let n = 0; n < 100; n++) scope.pack('seen', { text: 'x'.repeat(100) });
    const sent = scope.outgoing() as Uint8Array;
    expect(sent.length).toBeLessThanOrEqual(3000);
    expect(Baggage.deserialize(sent).truncated).toBe(true);
    expect(Baggage.deserialize(sent).unpack('seen').length).toBeGreaterThan(10);
    expect(baggageCounts().truncated - truncated).toBe(1);
    expect(scope.unpack('seen')).toHaveLength(100);
  });

  it('to a byte budget is counted with every request and every answer, though the bag says it already', () => {
    const { truncated } = baggageCounts();
    const scope = new BaggageScope();
    for (let n = 0; n < 1000; n++) scope.pack('seen', { n });
    for (let count = 0; count < 3; count++) scope.outgoing();
    expect(baggageCounts().truncated - truncated).toBe(3);
    expect(scope.isTruncated).toBe(false);
    scope.join(Baggage.deserialize(answerOf(1000)));
    expect(scope.isTruncated).toBe(true);
    scope.join(Baggage.deserialize(answerOf(1000)));
    expect(baggageCounts().truncated - truncated).toBe(5);
  });

  it('because no more tuples fit in beside what came back is counted, and can be asked for', () => {
    withBaggage(() => {
      for (let n = 0; n < 4096; n++) pack('seen', { n });
      const { truncated } = baggageCounts();
      expect(isTruncated()).toBe(false);
      activeScope()?.join(Baggage.deserialize(answerOf(10)));
      expect(unpack('seen')).toHaveLength(4096);
      expect(isTruncated()).toBe(true);
      expect(baggageCounts().truncated - truncated).toBeGreaterThan(0);
    });
  });

  it('outside any request is counted, and nothing is known there', () => {
    const { outside } = baggageCounts();
    pack('seen', { n: 1 });
    expect([unpack('seen'), isTruncated(), baggageCounts().outside - outside]).toEqual([[], false, 1]);
  });

  it('is said once for each kind, and a logger that throws throws into nobody’s work', () => {
    const warn = vi.fn(thrower);
    const error = vi.fn(thrower);
    diag.setLogger({ error, warn, info: vi.fn(), debug: vi.fn(), verbose: vi.fn() }, { suppressOverrideMessage: true });
    const before = baggageCounts();
    for (let n = 0; n < 3; n++) {
      expect(contained('spared', thrower)).toBe('spared');
      countLoss('malformed', 'a test');
    }
    const after = baggageCounts();
    expect([after.faults - before.faults, after.malformed - before.malformed]).toEqual([3, 3]);
    // Once a process, here or in a test before this one.
    expect(warn.mock.calls.length).toBeLessThanOrEqual(1);
    expect(error.mock.calls.length).toBeLessThanOrEqual(1);
    expect(warn.mock.calls.length + error.mock.calls.length).toBeGreaterThan(0);
  });
});

/** The answer of a callee that has packed so many tuples of its own. */
function answerOf(count: number): Uint8Array {
  const scope = new BaggageScope();
  for (let n = 0; n < count; n++) scope.pack('answered', { n });
  return scope.answer() as Uint8Array;
}
