// SPDX-License-Identifier: Apache-2.0
/** What must hold of the engine in whatever order a request's spans stand, and however often they are delivered. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delivery, JUDGES, verdictsAfter } from './deliveries.js';

describe.each(JUDGES)('a delivered batch, by the $name judge', (judge) => {
  it('gives the same verdicts in any order', () => {
    fc.assert(
      fc.property(
        delivery.chain((sent) =>
          fc.tuple(fc.constant(sent), fc.shuffledSubarray([...sent], { minLength: sent.length })),
        ),
        ([sent, shuffled]) => {
          expect(verdictsAfter(judge, shuffled)).toEqual(verdictsAfter(judge, sent));
        },
      ),
    );
  });

  it('gives the same verdicts when it is delivered twice', () => {
    fc.assert(
      fc.property(delivery, (sent) => {
        expect(verdictsAfter(judge, sent, sent)).toEqual(verdictsAfter(judge, sent));
      }),
    );
  });

  it('gives the same verdicts when some of its spans stand in it twice', () => {
    fc.assert(
      fc.property(
        delivery.chain((sent) => fc.tuple(fc.constant(sent), fc.shuffledSubarray([...sent]))),
        ([sent, again]) => {
          expect(verdictsAfter(judge, [...sent, ...again])).toEqual(verdictsAfter(judge, sent));
        },
      ),
    );
  });
});
