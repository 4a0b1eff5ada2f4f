// SPDX-License-Identifier: Apache-2.0
/** The timing wheel: everything comes out at its tick, once, whatever was added and taken out meanwhile. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimingWheel, WheelEntry } from '../../src/processor/timing-wheel.js';

class Named extends WheelEntry {
  readonly name: number;
  constructor(name: number) {
    super();
    this.name = name;
  }
}

describe('a timing wheel', () => {
  it('gives what is due in the order in which it was added', () => {
    const wheel = new TimingWheel<Named>();
    const entries = [1, 2, 3].map((name) => new Named(name));
    for (const entry of entries) wheel.add(entry, 7);
    expect(wheel.takeDue(6)).toEqual([]);
    expect(wheel.takeDue(7).map(({ name }) => name)).toEqual([1, 2, 3]);
    expect(wheel.takeDue(7)).toEqual([]);
  });

  it('takes out what is in it; what is in none stays so', () => {
    const wheel = new TimingWheel<Named>();
    const [first, second] = [new Named(1), new Named(2)];
    wheel.remove(first);
    wheel.add(first, 1);
    wheel.add(second, 1);
    wheel.remove(first);
    wheel.remove(first);
    expect(wheel.takeDue(1)).toEqual([second]);
  });

  it('is as good as looking at every entry at every tick', () => {
    const step = fc.record({
      verb: fc.constantFrom('add', 'add', 'remove', 'tick'),
      pick: fc.nat(),
      after: fc.integer({ min: 1, max: 900 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const wheel = new TimingWheel<Named>();
        const dueTicks = new Map<Named, number>();
        let tick = 0;
        let names = 0;
        for (const { verb, pick, after } of steps) {
          if (verb === 'add') {
            const entry = new Named(names++);
            dueTicks.set(entry, tick + after);
            wheel.add(entry, tick + after);
          } else if (verb === 'remove') {
            const entry = [...dueTicks.keys()][pick % (dueTicks.size || 1)];
            if (entry) wheel.remove(entry);
            if (entry) dueTicks.delete(entry);
          } else {
            for (const untilTick = tick + (pick % 300); tick <= untilTick; ) {
              tick++;
              const due = [...dueTicks].filter(([, at]) => at === tick).map(([entry]) => entry);
              expect(wheel.takeDue(tick)).toEqual(due);
              for (const entry of due) dueTicks.delete(entry);
            }
          }
        }
      }),
    );
  });
});
