// SPDX-License-Identifier: Apache-2.0
/** Requests are taken in the order in which they came, whoever is ready first. */
import { describe, expect, it } from 'vitest';
import { type Readiness, Turns } from '../../src/engine/turns.js';

class Late implements Readiness {
  isReady = false;
  onReady: () => void = () => {};

  come(): void {
    this.isReady = true;
    this.onReady();
  }
}

describe('turns', () => {
  it('are taken at once where nobody waits', () => {
    expect(new Turns().take(() => 1)).toBe(1);
  });

  it('are taken in order, whoever is ready first', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const [first, third] = [new Late(), new Late()];
    const all = [
      turns.take(() => seen.push('first'), first),
      turns.take(() => seen.push('second')),
      turns.take(() => seen.push('third'), third),
      turns.take(() => seen.push('fourth')),
    ];
    third.come();
    expect(seen).toEqual([]);
    first.come();
    await Promise.all(all);
    expect(seen).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('go on after one that fails, and are over when the last is', async () => {
    const turns = new Turns();
    const late = new Late();
    const failing = turns.take(() => {
      throw new Error('no');
    }, late) as Promise<never>;
    const next = turns.take(() => 'taken');
    const empty = turns.empty();
    late.come();
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('taken');
    await empty;
  });

  it('let others have the thread when many are ready at once', async () => {
    const turns = new Turns();
    const late = new Late();
    const seen: (number | string)[] = [];
    const many = Array.from({ length: 100 }, (_, index) => turns.take(() => seen.push(index), late));
    setImmediate(() => seen.push('another'));
    late.come();
    await Promise.all(many);
    expect(seen.filter((each) => typeof each === 'number')).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(seen.indexOf('another')).toBeLessThan(100);
  });
});
