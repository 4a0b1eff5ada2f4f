// SPDX-License-Identifier: Apache-2.0
/** What a trial comes to by looking at the cluster itself: its own detectors, and its clients. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../examples/hadoop-like/faults/fault.js';
import { type Figures, figuresOf } from '../../../examples/hadoop-like/harness/figures.js';
import type { Look, TrialRecord } from '../../../examples/hadoop-like/harness/trial.js';
import type { OperationTally } from '../../../examples/hadoop-like/node/tally.js';

const FAULT_MS = 100_000;
const REPAIR_MS = 110_000;

const FAULT = { subject: 'datanode/dn2', operations: ['POST /blocks'], nodes: ['dn2'] } as unknown as Fault;

/** A trial in which nobody said anything. */
function figures(looks: readonly Look[]): Figures {
  const record: TrialRecord = {
    faultMs: FAULT_MS,
    repairMs: REPAIR_MS,
    endMs: REPAIR_MS + 5000,
    transitions: [],
    convictions: [],
    missedTransitionCount: 0,
    failedPollCount: 0,
    found: undefined,
    looks,
  };
  return figuresOf(record, FAULT);
}

describe('the built-in detectors', () => {
  const look = (afterFaultMs: number, beliefs: Look['beliefs']): Look => ({
    atMs: FAULT_MS + afterFaultMs,
    tally: { operations: {} } as Look['tally'],
    beliefs,
  });
  const builtin = (...looks: readonly Look[]) => figures(looks).builtinS;

  it('have found it when one of them first calls a node of the fault dead', () => {
    const alive = look(500, { nn1: { dn2: 'alive' }, rs1: { dn2: 'alive' } });
    const dead = look(6300, { nn1: { dn2: 'alive' }, rs1: { dn2: 'dead' } });
    expect(builtin(alive, dead, look(6400, { nn1: { dn2: 'dead' } }))).toBe(6.3);
  });

  it('have not where they call another dead, or nobody', () => {
    expect(builtin(look(500, { nn1: { dn1: 'dead', dn2: 'alive' } }), look(600, {}))).toBeUndefined();
  });

  it('have not where they did before the fault or after the repair only', () => {
    const dead = { nn1: { dn2: 'dead' } } as const;
    expect(builtin(look(-1, dead), look(REPAIR_MS - FAULT_MS + 1, dead))).toBeUndefined();
    expect(builtin(look(0, dead))).toBe(0);
    expect(builtin(look(REPAIR_MS - FAULT_MS, dead))).toBe(10);
  });
});

describe('the fault', () => {
  it('was there from its beginning to the repair, and could be found for so long', () => {
    expect(figures([]).heldS).toBe(10);
  });
});

describe('what the clients met', () => {
  const look = (afterFaultMs: number, operations: Readonly<Record<string, OperationTally>>): Look => ({
    atMs: FAULT_MS + afterFaultMs,
    tally: { operations } as Look['tally'],
    beliefs: {},
  });

  it('is what failed between fault and repair, by operation', () => {
    const looks = [
      look(-200, { write: { ok: 10, failed: 0 }, read: { ok: 50, failed: 0 } }),
      look(-100, { write: { ok: 11, failed: 2 }, read: { ok: 60, failed: 1 } }),
      look(5000, { write: { ok: 11, failed: 5 }, read: { ok: 90, failed: 1 }, append: { ok: 0, failed: 1 } }),
      look(9900, { write: { ok: 12, failed: 9 }, read: { ok: 99, failed: 1 }, append: { ok: 0, failed: 3 } }),
      look(10_100, { write: { ok: 15, failed: 20 }, read: { ok: 99, failed: 8 }, append: { ok: 0, failed: 7 } }),
    ];
    expect(figures(looks).failedOperations).toEqual({ write: 7, append: 3 });
  });

  it('is nothing where nobody looked', () => {
    expect(figures([]).failedOperations).toEqual({});
  });
});
