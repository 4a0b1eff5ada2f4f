// SPDX-License-Identifier: Apache-2.0
/** Why calls fail and why they take long are two questions, with a ledger each. */
import { describe, expect, it } from 'vitest';
import { BlameLedgers, gravestOf, type Trouble } from '../../../src/engine/verdict/blame.js';
import type { OutcomeReason } from '../../../src/model/observation.js';

const everybody = { canExplain: () => true, canExplainRest: () => false };
const OWN_FAULT = { trouble: 'failing', isCalleeSeen: true, deeper: [] } as const;
const by = (subject: string, trouble: Trouble = 'failing') => ({
  trouble,
  isCalleeSeen: true,
  deeper: [{ subject, share: 1 }],
});
const rootIn = (ledgers: BlameLedgers, trouble: Trouble, atMs = 0) =>
  ledgers.rootOf('a', atMs, () => trouble, everybody).root;

describe('what is wrong with a subject', () => {
  /** Three calls failed because of db; ten others took long of themselves. */
  function starving(): BlameLedgers {
    const ledgers = new BlameLedgers();
    ledgers.add('a', by('db'), 0, 3);
    ledgers.add('a', { ...OWN_FAULT, trouble: 'slow' }, 0, 10);
    return ledgers;
  }

  it('has reasons of its own: who is slow of itself may fail because of another', () => {
    expect([rootIn(starving(), 'failing'), rootIn(starving(), 'slow')]).toEqual(['db', 'a']);
  });

  it('has the reasons of the other trouble while nothing is known of this one', () => {
    const ledgers = new BlameLedgers();
    ledgers.add('a', by('db'), 0);
    expect(rootIn(ledgers, 'slow')).toBe('db');
  });

  it('is not judged by a crumb of it: of one call minutes ago less is left than of others now', () => {
    const ledgers = new BlameLedgers();
    ledgers.add('a', OWN_FAULT, 0);
    expect(rootIn(ledgers, 'failing', 60_000)).toBe('a');
    ledgers.add('a', by('db', 'slow'), 60_000, 10);
    expect(rootIn(ledgers, 'failing', 60_000)).toBe('a');
    ledgers.add('a', by('db', 'slow'), 240_000, 10);
    expect(rootIn(ledgers, 'failing', 240_000)).toBe('db');
  });

  it('was last heard of also by a call of which nothing else is known', () => {
    const ledgers = new BlameLedgers();
    ledgers.add('a', by('db'), 0);
    ledgers.add('a', { trouble: 'failing', isCalleeSeen: false, deeper: [] }, 5000);
    expect(ledgers.heardMs('a', 'failing', 6000)).toBe(5000);
  });

  it('moves with its name, each trouble for itself', () => {
    const ledgers = starving();
    ledgers.rename('a', 'a/1');
    ledgers.rename('db', 'db/1');
    const wayIn = (trouble: Trouble) => ledgers.rootOf('a/1', 0, () => trouble, everybody).path.join(' ');
    expect([wayIn('failing'), wayIn('slow')]).toEqual(['a/1 db/1', 'a/1']);
  });

  it('is the graver of what is found', () => {
    const found = (...reasons: OutcomeReason[]) => gravestOf(reasons.map((reason) => ({ reason })));
    expect([found('slow', 'timeout'), found('hung'), found('slow')]).toEqual(['failing', 'failing', 'slow']);
  });
});
