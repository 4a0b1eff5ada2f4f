// SPDX-License-Identifier: Apache-2.0
/** Forks and queues within one process: branches do not see each other, and what they packed is there once, after them. */
import { setImmediate as turn } from 'node:timers/promises';
import vm from 'node:vm';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { bag } from '../../src/baggage/bag/packing.js';
import { fork, pack, resumeFrom, type Stored, storeWith, unpack, withBaggage } from '../../src/baggage/in-process.js';
import { activeScope, BaggageScope, baggageCounts, withScope } from '../../src/baggage/scope.js';
import { startHere } from './transport/fixtures/one-process.js';

startHere();

const names = () => unpack('seen').map(({ at }) => at);
const see = (at: string) => pack('seen', { at });
const seeAndTell = (at: string) => {
  see(at);
  return names();
};

/** At most so many at a time: what `p-limit` does. */
function limit(width: number): <T>(job: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (job) => {
    if (free === 0) await new Promise<void>((go) => waiting.push(go));
    else free--;
    try {
      return await job();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

describe('a fork', () => {
  it('gives back what its work does', async () => {
    await withBaggage(async () => {
      const thing = { name: 'thing' };
      expect(fork(() => thing)).toBe(thing);
      expect(fork(() => undefined)).toBeUndefined();
      expect(await fork(async () => thing)).toBe(thing);
    });
  });

  it('knows what was known before it, and not what its siblings pack', async () => {
    await withBaggage(async () => {
      see('before');
      const seen = await Promise.all(
        ['one', 'other'].map((name) =>
          fork(async () => {
            see(name);
            await turn();
            return names();
          }),
        ),
      );
      expect(seen).toEqual([
        ['before', 'one'],
        ['before', 'other'],
      ]);
      expect(names()).toEqual(['before', 'one', 'other']);
    });
  });

  it('does not see what is packed beside it, and is not seen before its end', async () => {
    await withBaggage(async () => {
      const forked = fork(async () => {
        see('forked');
        await turn();
        return names();
      });
      see('beside');
      expect(names()).toEqual(['beside']);
      expect(await forked).toEqual(['forked']);
      expect(names()).toEqual(['beside', 'forked']);
    });
  });

  it('is joined when it ends badly, too, and fails as its work did', async () => {
    await withBaggage(async () => {
      const broken = new Error('broken');
      const breaks = () => {
        see('thrown');
        throw broken;
      };
      expect(() => fork(breaks)).toThrow(broken);
      await expect(fork(async () => breaks())).rejects.toBe(broken);
      expect(names()).toEqual(['thrown', 'thrown']);
    });
  });

  it('leaves no rejection behind that nobody handles', async () => {
    const unhandled: unknown[] = [];
    const hear = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', hear);
    await withBaggage(() => fork(async () => Promise.reject(new Error('broken'))).catch(() => undefined));
    await turn();
    process.off('unhandledRejection', hear);
    expect(unhandled).toEqual([]);
  });

  it('within a fork comes home through it', async () => {
    await withBaggage(async () => {
      see('root');
      await fork(async () => {
        see('a');
        await Promise.all([fork(async () => see('a1')), fork(() => fork(async () => see('a2')))]);
        expect(names()).toEqual(['root', 'a', 'a1', 'a2']);
      });
      expect(names()).toEqual(['root', 'a', 'a1', 'a2']);
      expect(activeScope()?.outgoing()?.length).toBeLessThan(120);
    });
  });

  it('whose promise is of another realm is joined when that settles', async () => {
    await withBaggage(async () => {
      const foreign = vm.runInNewContext('(work) => new Promise((done) => done()).then(work)') as (
        work: () => void,
      ) => Promise<void>;
      await fork(() => foreign(() => see('later')));
      expect(names()).toEqual(['later']);
    });
  });

  it('that never ends loses its own part alone, however many do', async () => {
    const { faults } = baggageCounts();
    await withBaggage(async () => {
      see('before');
      for (let n = 0; n < 300; n++) {
        void fork(() => {
          see('lost');
          return new Promise(() => undefined);
        });
        see('kept');
      }
      await fork(async () => see('after'));
      expect(names()).toEqual(['before', ...Array.from({ length: 300 }, () => 'kept'), 'after']);
      expect(baggageCounts().faults).toBe(faults);
    });
  });
});

describe('a sum', () => {
  const spent = bag('spent', { keep: 'combined', by: ['who'], values: { ms: 'sum', calls: 'count' } });

  it('over 200 forks, four at a time, is exact and takes the room of one', async () => {
    await withBaggage(async () => {
      pack(spent, { who: 'job', ms: 1000 });
      const limited = limit(4);
      await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          limited(() =>
            fork(async () => {
              pack(spent, { who: 'job', ms: n });
              if (n % 3 === 0) await turn();
              pack(spent, { who: 'job', ms: 1 });
            }),
          ),
        ),
      );
      expect(unpack(spent)).toEqual([{ who: 'job', ms: 1000 + (199 * 200) / 2 + 200, calls: 401 }]);
      expect(activeScope()?.outgoing()?.length).toBeLessThan(80);
    });
  });

  it('over a tree of forks, some of which fail, is exact', async () => {
    await withBaggage(async () => {
      const grow = async (depth: number): Promise<void> => {
        pack(spent, { who: 'job', ms: 1 });
        if (depth === 0) return;
        const branches = [1, 2, 3].map((n) =>
          fork(() => (n === 2 ? turn().then(() => grow(depth - 1)) : grow(depth - 1))),
        );
        await Promise.allSettled(branches);
        if (depth === 1) throw new Error('broken');
      };
      await grow(5);
      expect(unpack(spent)).toEqual([{ who: 'job', ms: 364, calls: 364 }]);
    });
  });
});

describe('an item in a queue', () => {
  /** A consumer that was there before any request, in a context and a scope of its own. */
  function consumer<T>(work: (item: T) => unknown): { queue: (item: Stored<T>) => void; end: () => Promise<string[]> } {
    const items: Stored<T>[] = [];
    let wake: () => void = () => undefined;
    let ended = false;
    const running = withBaggage(async () => {
      for (;;) {
        const stored = items.shift();
        if (stored) await resumeFrom(stored, work);
        else if (ended) return names() as string[];
        else await new Promise<void>((next) => (wake = next));
      }
    });
    return {
      queue: (item) => {
        items.push(item);
        wake();
      },
      end: () => {
        ended = true;
        wake();
        return running;
      },
    };
  }

  it('takes its branch along, and what the consumer packs comes home to who stored it', async () => {
    const { queue, end } = consumer<{ name: string; done: (seen: unknown) => void }>(async ({ name, done }) => {
      await turn();
      see(`work on ${name}`);
      done(names());
    });
    const request = (name: string) =>
      withBaggage(async () => {
        see(name);
        const done = new Promise((resolve) => queue(storeWith({ name, done: resolve })));
        see('beside');
        expect(await done).toEqual([name, `work on ${name}`]);
        // The branch is joined when the consumer's promise has settled.
        await turn();
        expect(names()).toEqual([name, 'beside', `work on ${name}`]);
      });
    await Promise.all([request('a'), request('b'), request('c')]);
    expect(await end()).toEqual([]);
  });

  it('takes its trace along, and all else of its context', () => {
    const traced = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: '1'.repeat(32),
      spanId: '2'.repeat(16),
      traceFlags: 1,
    });
    const stored = context.with(traced, () => storeWith('item'));
    expect(resumeFrom(stored, () => trace.getActiveSpan()?.spanContext().spanId)).toBe('2'.repeat(16));
  });

  it('that is resumed twice runs twice, the second time without baggage', async () => {
    await withBaggage(async () => {
      see('before');
      const stored = storeWith('item');
      const work = async () => seeAndTell('work');
      expect(await resumeFrom(stored, work)).toEqual(['before', 'work']);
      expect(await resumeFrom(stored, work)).toEqual(['work']);
      expect(names()).toEqual(['before', 'work']);
    });
  });

  it('that is never resumed loses nothing', () => {
    withBaggage(() => {
      see('before');
      for (let n = 0; n < 100; n++) storeWith(n);
      see('after');
      expect(names()).toEqual(['before', 'after']);
    });
  });

  it('is joined when the work fails, and the failure is the consumer’s', async () => {
    await withBaggage(async () => {
      const breaks = () => {
        see('work');
        throw new Error('broken');
      };
      expect(() => resumeFrom(storeWith('item'), breaks)).toThrow('broken');
      await expect(resumeFrom(storeWith('item'), async () => breaks())).rejects.toThrow('broken');
      expect(names()).toEqual(['work', 'work']);
    });
  });

  it('that was resumed when its request was long answered harms nobody', async () => {
    const scope = new BaggageScope();
    const stored = context.with(withScope(ROOT_CONTEXT, scope), () => {
      see('before');
      return storeWith('item');
    });
    scope.answer();
    expect(resumeFrom(stored, () => seeAndTell('late'))).toEqual(['before', 'late']);
    expect(scope.unpack('seen')).toEqual([{ at: 'late' }]);
  });

  it.each<[string, (stored: Stored<string>) => unknown]>([
    ['as JSON', (stored) => JSON.parse(JSON.stringify(stored))],
    ['by hand', ({ item }) => ({ item })],
  ])('that went through a queue %s runs without baggage', (_, through) => {
    withBaggage(() => {
      see('before');
      const arrived = through(storeWith('item')) as Stored<string>;
      expect(resumeFrom(arrived, (item) => [item, seeAndTell('work')])).toEqual(['item', ['work']]);
      expect(names()).toEqual(['before']);
    });
  });
});
