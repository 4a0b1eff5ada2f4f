// SPDX-License-Identifier: Apache-2.0
/** Many branches at once, and many lost: clocks stay small, sums stay right. */
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { bag } from '../../../src/baggage/bag/packing.js';
import { BAG_BYTES_MAX } from '../../../src/model/limits.js';
import { chanceFrom } from './chance.js';

const SUM = bag('sum', { keep: 'combined', by: [], values: { n: 'sum' } });
const sumOf = (baggage: Baggage) => baggage.unpack(SUM)[0]?.n;

const sent = (asking: Baggage) => asking.request().serialize({ byteCountMax: BAG_BYTES_MAX });

/** The answer of somebody who adds `n`. */
function answered(request: Uint8Array, n: number): Uint8Array {
  const serving = Baggage.enter(Baggage.deserialize(request));
  serving.pack(SUM, { n });
  return serving.answer().serialize();
}

/** Takes whatever is in the array at a place drawn by chance. */
function taken<T>(from: T[], chance: () => number): T {
  return from.splice(Math.floor(chance() * from.length), 1)[0] as T;
}

/** Random orders of branches, and of requests, each of which is two hundred bags written and read. */
const RUN_COUNTS = { branches: 400, requests: 100 };

describe('four at a time, two hundred in all', () => {
  for (const [how, begin, end] of [
    [
      'branches',
      (asking: Baggage) => asking.split(),
      (asking: Baggage, branch: Baggage, n: number) => {
        branch.pack(SUM, { n });
        asking.join(branch);
      },
    ],
    [
      'requests',
      sent,
      (asking: Baggage, request: Uint8Array, n: number) => {
        asking.join(Baggage.deserialize(answered(request, n)));
      },
    ],
  ] as [keyof typeof RUN_COUNTS, (asking: Baggage) => unknown, (asking: Baggage, one: unknown, n: number) => void][]) {
    const runCount = RUN_COUNTS[how];

    /** Has them run; one in `lostEach` never comes back. @returns how many came back, and the most instances ever held */
    function run(
      seed: number,
      asking: Baggage,
      lostEach = Number.POSITIVE_INFINITY,
    ): { back: number; largest: number } {
      const chance = chanceFrom(seed);
      const running: unknown[] = [];
      let [back, largest] = [0, 0];
      const finish = (one: unknown) => {
        if (chance() < 1 / lostEach) return;
        end(asking, one, 1);
        back++;
      };
      for (let n = 1; n <= 200; n++) {
        running.push(begin(asking));
        if (running.length === 4) finish(taken(running, chance));
        largest = Math.max(largest, asking.instanceCount);
      }
      for (const one of running) finish(one);
      return { back, largest };
    }

    it(`leave one instance, not 201, in ${runCount} random orders: ${how}`, () => {
      for (let seed = 0; seed < runCount; seed++) {
        const asking = new Baggage();
        asking.pack(SUM, { n: 1 });
        const { largest } = run(seed, asking);
        expect({ seed, sum: sumOf(asking), instances: asking.instanceCount }).toEqual({ seed, sum: 201, instances: 1 });
        expect(asking.split().serialize().length).toBeLessThan(64);
        // A branch may come back with copies of what all had; an answer has none.
        if (how === 'requests') expect(largest).toBe(1);
        else expect(largest).toBeGreaterThan(100);
      }
    });

    it(`sum what came back where one in twenty is lost, in ${runCount} random orders: ${how}`, () => {
      for (let seed = 0; seed < runCount; seed++) {
        const asking = new Baggage();
        asking.pack(SUM, { n: 1 });
        const { back } = run(seed, asking, 20);
        expect({ seed, sum: sumOf(asking) }).toEqual({ seed, sum: 1 + back });
      }
    });
  }

  it('leave one instance now and then, where all come back now and then', () => {
    const asking = new Baggage();
    let largest = 0;
    for (let round = 0; round < 50; round++) {
      const requests = Array.from({ length: 4 }, () => sent(asking));
      largest = Math.max(largest, ...requests.map(({ length }) => length));
      for (const request of requests) asking.join(Baggage.deserialize(answered(request, 1)));
      expect(asking.instanceCount).toBe(1);
    }
    expect(sumOf(asking)).toBe(200);
    expect(largest).toBeLessThan(64);
  });
});

describe('a thousand requests at once', () => {
  it('keep within the budget, and all that comes back is summed', () => {
    const chance = chanceFrom(1000);
    const asking = new Baggage();
    asking.pack(SUM, { n: 1 });
    const requests = Array.from({ length: 1000 }, () => sent(asking));
    expect(Math.max(...requests.map(({ length }) => length))).toBeLessThan(120);
    while (requests.length > 0) asking.join(Baggage.deserialize(answered(taken(requests, chance), 1)));
    expect(sumOf(asking)).toBe(1001);
    expect(asking.truncated).toBe(false);
    expect(sent(asking).length).toBeLessThanOrEqual(BAG_BYTES_MAX);
  });

  it('that were forked evenly are one instance in the end', () => {
    const asking = new Baggage();
    let live = [asking];
    for (let level = 0; level < 10; level++) live = live.flatMap((each) => [each, each.split()]);
    for (const branch of live) branch.pack(SUM, { n: 1 });
    for (const branch of live.slice(1)) asking.join(branch);
    expect(sumOf(asking)).toBe(1024);
    expect(asking.instanceCount).toBe(1);
  });
});

describe('a thousand requests that are never answered', () => {
  it('cost nothing where nothing is packed between them', () => {
    const asking = new Baggage();
    asking.pack(SUM, { n: 7 });
    const lengths = Array.from({ length: 1000 }, () => sent(asking).length);
    expect(Math.max(...lengths)).toBeLessThan(80);
    expect(asking.instanceCount).toBe(1);
    expect(sumOf(asking)).toBe(7);
  });

  it('leave the right sum where something is', () => {
    const asking = new Baggage();
    for (let n = 1; n <= 1000; n++) {
      asking.pack(SUM, { n });
      expect(sent(asking).length).toBeLessThanOrEqual(BAG_BYTES_MAX);
    }
    expect(sumOf(asking)).toBe(500_500);
    expect(asking.instanceCount).toBe(1);
    asking.join(Baggage.deserialize(answered(sent(asking), 1)));
    expect(sumOf(asking)).toBe(500_501);
  });

  it('may come back after the clock was put away, in any order', () => {
    const chance = chanceFrom(77);
    const asking = new Baggage();
    const branches: Baggage[] = [];
    for (let n = 0; n < 300; n++) {
      asking.pack(SUM, { n: 1 });
      const branch = asking.split();
      branch.pack(SUM, { n: 1000 });
      branches.push(branch);
    }
    while (branches.length > 1) {
      const branch = taken(branches, chance);
      (chance() < 0.5 ? asking : (branches[0] as Baggage)).join(branch);
    }
    asking.join(branches[0] as Baggage);
    expect(sumOf(asking)).toBe(300_300);
  });
});

describe('a clock of hundreds of parts that all differ', () => {
  it('is too large to travel, and gives way to a new one', () => {
    let live = [new Baggage()];
    for (let level = 0; level < 10; level++) live = live.flatMap((each) => [each, each.split()]);
    const [asking, ...others] = live as [Baggage, ...Baggage[]];
    const kept = others.filter((_, index) => index % 2 === 0);
    let packed = 0;
    kept.forEach((branch, index) => {
      for (let n = 0; n <= index % 5; n++) {
        branch.pack(SUM, { n: 1 });
        branch.split();
        packed++;
      }
    });
    for (const branch of kept) asking.join(branch);
    for (let call = 0; call < 5; call++) {
      asking.pack(SUM, { n: 1 });
      packed++;
      expect(sent(asking).length).toBeLessThanOrEqual(BAG_BYTES_MAX);
      asking.join(Baggage.deserialize(answered(sent(asking), 1)));
      packed++;
      expect(sumOf(asking)).toBe(packed);
    }
  });
});
