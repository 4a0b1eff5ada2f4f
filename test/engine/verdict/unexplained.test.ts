// SPDX-License-Identifier: Apache-2.0
/** Whose fault it is what nobody explains: of a subject itself, or of a callee that part of it names. */
import { describe, expect, it } from 'vitest';
import { BlameLedgers, type Explainers, type Trouble } from '../../../src/engine/verdict/blame.js';

const OWN_FAULT = { trouble: 'failing', isCalleeSeen: true, deeper: [] } as const;
const by = (subject: string, trouble: Trouble = 'failing') => ({
  trouble,
  isCalleeSeen: true,
  deeper: [{ subject, share: 1 }],
});

/** Of 100 failures of `a` so many that `b` explains, and one of `b` itself. */
function mentioned(count: number): BlameLedgers {
  const ledgers = new BlameLedgers();
  ledgers.add('a', by('b'), 0, count);
  ledgers.add('a', OWN_FAULT, 0, 100 - count);
  ledgers.add('b', OWN_FAULT, 0);
  return ledgers;
}

const isWhole: Explainers = { canExplain: () => true, canExplainRest: () => true };
const onlyTold: Explainers = { canExplain: () => true, canExplainRest: () => false };

const wayIn = (ledgers: BlameLedgers, explainers: Explainers, trouble: Trouble = 'failing') =>
  ledgers.rootOf('a', 0, () => trouble, explainers).path.join(' ');

describe('what nobody explains', () => {
  it('is put down to whom a quarter names, where that one fails for everybody', () => {
    expect(wayIn(mentioned(25), isWhole)).toBe('a b');
    expect(wayIn(mentioned(24), isWhole)).toBe('a');
    expect(wayIn(mentioned(25), onlyTold)).toBe('a');
  });

  it('leaves the share what was told', () => {
    expect(mentioned(40).rootOf('a', 0, () => 'failing', isWhole).share).toBe(0.4);
  });

  it('is asked of the one that explains most', () => {
    const ledgers = mentioned(30);
    ledgers.add('a', by('c'), 0, 40);
    ledgers.add('a', OWN_FAULT, 0, 20);
    const isOne = (one: string): Explainers => ({ canExplain: (name) => name === one, canExplainRest: () => true });
    expect(wayIn(ledgers, isOne('c'))).toBe('a c');
    expect(wayIn(ledgers, isOne('b'))).toBe('a');
  });

  it('stays its own where it only takes long: who waits in a queue fails in the end', () => {
    const ledgers = new BlameLedgers();
    ledgers.add('a', by('b', 'slow'), 0, 4);
    ledgers.add('a', { ...OWN_FAULT, trouble: 'slow' }, 0, 6);
    expect(wayIn(ledgers, isWhole, 'slow')).toBe('a');
  });
});
