// SPDX-License-Identifier: Apache-2.0
/** The host's own baggage goes first: ours takes what it leaves of the header, and what it takes does fit. */
import {
  type BaggageEntry,
  baggageEntryMetadataFromString,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
} from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Baggage } from '../../../src/baggage/bag/baggage.js';
import { pack, withBaggage } from '../../../src/baggage/in-process.js';
import { baggageCounts } from '../../../src/baggage/scope.js';
import { injectMessage } from '../../../src/baggage/transport/message.js';
import { bagBytesBeside } from '../../../src/baggage/transport/room.js';
import { startHere } from './fixtures/one-process.js';

startHere();

const NOTHING: Record<string, BaggageEntry> = {};
const baggageOf = (entries: Record<string, BaggageEntry>) => propagation.createBaggage(entries);

/** What arrives of a message that is sent under the host's entries with a large bag. */
function arrived(entries: Record<string, BaggageEntry>): { keys: string[]; bag: string | undefined } {
  const carrier = withBaggage(() => {
    for (let n = 0; n < 1000; n++) pack('seen', { n });
    const under = propagation.setBaggage(context.active(), baggageOf(entries));
    return context.with(under, () => injectMessage({} as Record<string, string>));
  });
  const read = new W3CBaggagePropagator().extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
  const baggage = propagation.getBaggage(read);
  const keys = (baggage?.getAllEntries() ?? []).map(([key]) => key);
  return { keys, bag: baggage?.getEntry('panorama.bag')?.value };
}

/** As many entries, each with so long a value. */
const entriesOf = (count: number, value = 'v') =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, { value }]));

describe('the bag', () => {
  it('has 3,000 bytes where there is room', () => {
    expect(bagBytesBeside(baggageOf(NOTHING))).toBe(3000);
  });

  it('fits beside whatever the host sends, whole in its bounds, and the host’s entries arrive', () => {
    const key = fc.stringMatching(/^[a-z]{1,20}[%é]?$/);
    const entry = fc.record({
      value: fc.string({ maxLength: 900, unit: 'grapheme' }),
      metadata: fc.option(fc.stringMatching(/^[a-z]{0,300}$/).map(baggageEntryMetadataFromString), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.dictionary(key, entry as fc.Arbitrary<BaggageEntry>, { maxKeys: 12 }), (entries) => {
        const alone = headerOf(entries);
        fc.pre(alone.length <= 8192 && alone.split(',').every((member) => member.length <= 4096));
        const bytes = bagBytesBeside(baggageOf(entries));
        const value = 'A'.repeat(Math.ceil((bytes * 4) / 3));
        const header = headerOf({ ...entries, 'panorama.bag': { value } });
        expect(header.length).toBeLessThanOrEqual(8192);
        if (bytes > 0) expect(header).toContain(`panorama.bag=${value}`);
      }),
    );
  });

  it.each([
    ['long entries', entriesOf(2, 'v'.repeat(2500))],
    ['an entry with long metadata', { k: { value: 'v', metadata: baggageEntryMetadataFromString('m'.repeat(4000)) } }],
    ['179 entries', entriesOf(179)],
  ])('gives way in part to %s', (_, entries) => {
    const { keys, bag } = arrived(entries);
    expect(keys).toEqual(expect.arrayContaining(Object.keys(entries)));
    const read = Baggage.deserialize(Buffer.from(bag ?? '', 'base64url'));
    expect(read.unpack('seen').length).toBeGreaterThan(10);
    expect(read.truncated).toBe(true);
  });

  it.each([
    ['180 entries', entriesOf(180)],
    ['entries of 8,180 bytes', entriesOf(3, 'v'.repeat(2723))],
  ])('stays away beside %s, and is counted', (_, entries) => {
    const { truncated } = baggageCounts();
    const { keys, bag } = arrived(entries);
    expect(keys.filter((key) => key.startsWith('k'))).toEqual(Object.keys(entries));
    expect(bag).toBeUndefined();
    expect(baggageCounts().truncated).toBe(truncated + 1);
  });
});

function headerOf(entries: Record<string, BaggageEntry>): string {
  const carrier: Record<string, string> = {};
  const under = propagation.setBaggage(ROOT_CONTEXT, baggageOf(entries));
  new W3CBaggagePropagator().inject(under, carrier, defaultTextMapSetter);
  return carrier['baggage'] ?? '';
}
