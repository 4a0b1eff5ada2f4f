// SPDX-License-Identifier: Apache-2.0
/** Views in the order in which they were seen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecencyList } from '../../../src/engine/store/recency-list.js';
import type { View } from '../../../src/engine/store/records.js';

/** As much of a view as the list looks at. */
const viewOf = (name: number) => ({ name, older: undefined, newer: undefined }) as unknown as View;
const namesIn = (list: RecencyList) =>
  [...list.newestFirst()].map((view) => (view as unknown as { name: number }).name);

describe('the list', () => {
  it('is empty at first, and after its last view has left', () => {
    const list = new RecencyList();
    expect(list.oldest).toBeUndefined();
    const view = viewOf(1);
    list.add(view);
    expect(list.oldest).toBe(view);
    list.remove(view);
    expect(list.oldest).toBeUndefined();
    expect(namesIn(list)).toEqual([]);
  });

  it('holds a view that left no more, so that nothing keeps it alive', () => {
    const list = new RecencyList();
    const views = [1, 2, 3].map(viewOf);
    for (const view of views) list.add(view);
    list.remove(views[1] as View);
    expect(views[1]).toMatchObject({ older: undefined, newer: undefined });
    expect(namesIn(list)).toEqual([3, 1]);
  });

  it('is in the order of the last touch, whatever was added, touched and removed', () => {
    const step = fc.record({ what: fc.constantFrom('touch', 'remove'), which: fc.nat(7) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const list = new RecencyList();
        const views = Array.from({ length: 8 }, (_, name) => viewOf(name));
        let expected: number[] = [];
        for (const { what, which } of steps) {
          const view = views[which] as View;
          const isIn = expected.includes(which);
          if (what === 'remove') {
            if (isIn) list.remove(view);
          } else if (isIn) list.touch(view);
          else list.add(view);
          expected = [...(what === 'touch' ? [which] : []), ...expected.filter((name) => name !== which)];
          expect(namesIn(list)).toEqual(expected);
          expect(list.oldest).toBe(expected.length === 0 ? undefined : views[expected.at(-1) as number]);
        }
      }),
    );
  });
});
