// SPDX-License-Identifier: Apache-2.0
/** An app that was bundled brings a second copy of the package along, beside the one that `--import` has loaded. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as first from '../../src/baggage/index.js';
import { startHere } from './transport/fixtures/one-process.js';

startHere();
afterEach(() => vi.resetModules());

async function secondCopy(): Promise<typeof first> {
  vi.resetModules();
  const second = await import('../../src/baggage/index.js');
  expect(second.pack).not.toBe(first.pack);
  return second;
}

describe('two copies of the package', () => {
  it('share the baggage of a request', async () => {
    const second = await secondCopy();
    first.withBaggage(() => {
      first.pack('seen', { at: 'first' });
      second.pack('seen', { at: 'second' });
      second.pack(second.bag('sum', { keep: 'combined', values: { n: 'sum' } }), { n: 1 });
      first.pack(first.bag('sum', { keep: 'combined', values: { n: 'sum' } }), { n: 2 });
      for (const { unpack, isTruncated } of [first, second]) {
        expect(unpack('seen')).toEqual([{ at: 'first' }, { at: 'second' }]);
        expect(unpack('sum')).toEqual([{ n: 3 }]);
        expect(isTruncated()).toBe(false);
      }
    });
  });

  it('join each other’s forks, stored items and replies', async () => {
    const second = await secondCopy();
    await first.withBaggage(async () => {
      await second.fork(async () => first.pack('seen', { at: 'fork' }));
      const stored = second.storeWith('item');
      first.resumeFrom(stored, () => second.pack('seen', { at: 'item' }));
      const reply = first.withMessage(first.injectMessage({}), () => {
        second.pack('seen', { at: 'consumer' });
        return second.replyMessage({});
      });
      second.joinReply(reply);
      first.joinReply(reply);
      expect(first.unpack('seen')).toEqual([{ at: 'fork' }, { at: 'item' }, { at: 'consumer' }]);
    });
  });

  it('know one deadline', async () => {
    const second = await secondCopy();
    first.withDeadline(5000, () => {
      expect(second.remainingMs()).toBeGreaterThan(4000);
    });
  });
});
