// SPDX-License-Identifier: Apache-2.0
/** The stopwatch of a trial: who was named, when, whom it was blamed on, and who was wronged. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../examples/hadoop-like/faults/fault.js';
import { ConvictionLog } from '../../../examples/hadoop-like/harness/conviction-log.js';
import {
  type ApiOperation,
  type ApiTransition,
  type ApiVerdict,
  culpritOf,
} from '../../../examples/hadoop-like/harness/engine-api.js';
import {
  failingOperations,
  figuresOf,
  isRightConviction,
  wrongConvictions,
} from '../../../examples/hadoop-like/harness/figures.js';
import type { TrialRecord } from '../../../examples/hadoop-like/harness/trial.js';

const FAULT_MS = 100_000;
const REPAIR_MS = 110_000;

const FAULT = {
  subject: 'datanode/dn2',
  operations: ['POST /blocks', 'GET /blocks'],
  nodes: ['dn2'],
} as unknown as Fault;

function operation(name: string, status: string): ApiOperation {
  return { operation: name, status, observersFor: [], observersAgainst: [] };
}

/** The right verdict, 1.5 s after the fault, on evidence of 1.2 s, unless told otherwise. */
function verdictOf(parts: Partial<ApiVerdict> = {}): ApiVerdict {
  return {
    subject: 'datanode/dn2',
    resolution: 'instance',
    status: 'unhealthy',
    failure: 'gray',
    split: [],
    sinceMs: FAULT_MS + 1200,
    judgedMs: FAULT_MS + 1500,
    operations: [operation('POST /blocks', 'unhealthy'), operation('GET /blocks', 'healthy')],
    observersFor: [],
    observersAgainst: [],
    systemView: 'healthy',
    confidence: 1,
    evidence: [],
    ...parts,
  };
}

let seq = 0;
/** A verdict that is told so many ms after the fault. */
function toldAt(afterFaultMs: number, parts: Partial<ApiVerdict> = {}): ApiTransition {
  const from = { status: 'healthy', failure: 'none' };
  return { seq: ++seq, atMs: FAULT_MS + afterFaultMs, from, verdict: verdictOf(parts) };
}

const blameOn = (root: string) => ({ blame: { root, path: [], share: 1 } });
const acquitted = { status: 'healthy', failure: 'none', operations: [] } as const;

/** Who looks sees what is told, and nothing else, unless told otherwise. */
function recordOf(transitions: readonly ApiTransition[], parts: Partial<TrialRecord> = {}): TrialRecord {
  const log = new ConvictionLog();
  return {
    faultMs: FAULT_MS,
    repairMs: REPAIR_MS,
    endMs: REPAIR_MS + 5000,
    transitions,
    convictions: transitions.filter(({ verdict }) => log.note(verdict)),
    missedTransitionCount: 0,
    failedPollCount: 0,
    found: undefined,
    looks: [],
    ...parts,
  };
}

const figures = (transitions: readonly ApiTransition[], parts?: Partial<TrialRecord>) =>
  figuresOf(recordOf(transitions, parts), FAULT);

describe('a right conviction', () => {
  it('names the subject and an operation that the fault breaks, and blames nobody else', () => {
    expect(isRightConviction(verdictOf(), FAULT)).toBe(true);
    expect(isRightConviction(verdictOf(blameOn('datanode/dn2')), FAULT)).toBe(true);
  });

  it.each(['unhealthy', 'dying', 'dead'])('is one that says %s', (status) => {
    const operations = [operation('GET /blocks', status)];
    expect(isRightConviction(verdictOf({ status, operations }), FAULT)).toBe(true);
  });

  it.each(['healthy', 'maybe_unhealthy', 'pending', 'na', 'invalid'])('is none that says %s', (status) => {
    expect(isRightConviction(verdictOf({ status }), FAULT)).toBe(false);
  });

  it('is none of another subject, whatever it says', () => {
    expect(isRightConviction(verdictOf({ subject: 'datanode/dn1', ...blameOn('datanode/dn2') }), FAULT)).toBe(false);
    expect(isRightConviction(verdictOf({ subject: 'datanode' }), FAULT)).toBe(false);
  });

  it('is none that blames somebody else', () => {
    expect(isRightConviction(verdictOf(blameOn('namenode/nn1')), FAULT)).toBe(false);
  });

  it('is one of any operation where nothing is served any more', () => {
    const crash: Fault = { ...FAULT, operations: 'all' };
    expect(isRightConviction(verdictOf({ operations: [operation('POST /slots', 'unhealthy')] }), crash)).toBe(true);
    expect(isRightConviction(verdictOf({ operations: [] }), crash)).toBe(false);
  });

  it('is none for operations that the fault does not break, nor for none at all', () => {
    const another = [operation('POST /slots', 'unhealthy')];
    expect(isRightConviction(verdictOf({ operations: another }), FAULT)).toBe(false);
    expect(isRightConviction(verdictOf({ operations: [] }), FAULT)).toBe(false);
  });

  it('is none where the broken operation is only suspected, and another fails', () => {
    const operations = [operation('POST /blocks', 'maybe_unhealthy'), operation('POST /slots', 'unhealthy')];
    expect(isRightConviction(verdictOf({ operations }), FAULT)).toBe(false);
  });
});

describe('what a verdict says', () => {
  it('is which operations fail: those unhealthy, dying or dead', () => {
    const statuses = ['unhealthy', 'dying', 'dead', 'maybe_unhealthy', 'pending', 'healthy', 'na'];
    const operations = statuses.map((status) => operation(status, status));
    expect(failingOperations(verdictOf({ operations }))).toEqual(['unhealthy', 'dying', 'dead']);
  });

  it('is whose fault it is: its subject’s where it blames nobody', () => {
    expect(culpritOf(verdictOf())).toBe('datanode/dn2');
    expect(culpritOf(verdictOf(blameOn('namenode/nn1')))).toBe('namenode/nn1');
  });
});

describe('the stopwatch', () => {
  it('runs from the fault to the first failing observation in the verdict, and to the verdict', () => {
    const { firstS, verdictS, verdict } = figures([toldAt(1500), toldAt(2500, { sinceMs: FAULT_MS })]);
    expect([firstS, verdictS]).toEqual([1.2, 1.5]);
    expect(verdict).toEqual(verdictOf());
  });

  it('takes no verdict from before the fault, but one at the fault', () => {
    expect(figures([toldAt(-1), toldAt(900)]).verdictS).toBe(0.9);
    expect(figures([toldAt(0)]).verdictS).toBe(0);
  });

  it('stops at the first verdict that is right, not at one that is not', () => {
    const suspicion = toldAt(300, { status: 'maybe_unhealthy' });
    const blamed = toldAt(600, blameOn('namenode/nn1'));
    expect(figures([suspicion, blamed, toldAt(1500)]).verdictS).toBe(1.5);
  });

  it('takes a verdict that became right without a change of status, as it was judged', () => {
    const found = verdictOf({ sinceMs: FAULT_MS + 700, judgedMs: FAULT_MS + 2100 });
    const { firstS, verdictS, verdict } = figures([toldAt(600, blameOn('namenode/nn1'))], { found });
    expect([firstS, verdictS]).toEqual([0.7, 2.1]);
    expect(verdict).toBe(found);
  });

  it('takes the earlier of a transition and of a look that were right', () => {
    const found = verdictOf({ judgedMs: FAULT_MS + 2100 });
    expect(figures([toldAt(1500)], { found }).verdictS).toBe(1.5);
    expect(figures([toldAt(9500)], { found }).verdictS).toBe(2.1);
  });

  it('has nothing to say where nobody was found', () => {
    const { firstS, verdictS, recoveryS, verdict } = figures([toldAt(1500, { status: 'maybe_unhealthy' })]);
    expect([firstS, verdictS, recoveryS, verdict]).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('recovery', () => {
  it('runs from the repair to the acquittal of the subject', () => {
    expect(figures([toldAt(1500), toldAt(12_500, acquitted)]).recoveryS).toBe(2.5);
  });

  it('ends with the acquittal after the last conviction, not with one in between', () => {
    const transitions = [toldAt(1500), toldAt(3000, acquitted), toldAt(4000), toldAt(11_000, acquitted)];
    expect(figures([...transitions, toldAt(14_000, acquitted)]).recoveryS).toBe(1);
  });

  it('is none while the verdict is still failing, or only suspected', () => {
    expect(figures([toldAt(1500), toldAt(12_000, { status: 'maybe_unhealthy' })]).recoveryS).toBeUndefined();
    expect(figures([toldAt(1500), toldAt(3000, acquitted), toldAt(12_000)]).recoveryS).toBeUndefined();
  });

  it('is of nobody else', () => {
    const another = toldAt(11_000, { ...acquitted, subject: 'datanode/dn1' });
    expect(figures([toldAt(1500), another, toldAt(13_000, acquitted)]).recoveryS).toBe(3);
    const victim = toldAt(12_000, { subject: 'datanode/dn1', ...blameOn('datanode/dn2') });
    expect(figures([toldAt(1500), toldAt(11_000, acquitted), victim]).recoveryS).toBe(1);
  });

  it('is none where there was no right verdict', () => {
    expect(figures([toldAt(1500, blameOn('namenode/nn1')), toldAt(12_000, acquitted)]).recoveryS).toBeUndefined();
  });
});

describe('a wrong conviction', () => {
  it('is one of somebody else who blames himself or a third', () => {
    const itself = toldAt(1500, { subject: 'datanode/dn1', failure: 'crash' });
    const third = toldAt(2000, { subject: 'hdfs-client/client-1', ...blameOn('namenode/nn1') });
    expect(figures([itself, third]).wrong).toEqual([
      {
        subject: 'datanode/dn1',
        status: 'unhealthy',
        failure: 'crash',
        operations: ['POST /blocks'],
        culprit: 'datanode/dn1',
        afterFaultS: 1.5,
      },
      {
        subject: 'hdfs-client/client-1',
        status: 'unhealthy',
        failure: 'gray',
        operations: ['POST /blocks'],
        culprit: 'namenode/nn1',
        afterFaultS: 2,
      },
    ]);
  });

  it('is any before the fault, of the subject too', () => {
    const { wrong } = figures([toldAt(-2000), toldAt(-1, { subject: 'datanode' }), toldAt(0)]);
    expect(wrong.map(({ afterFaultS }) => afterFaultS)).toEqual([-2, -0.001]);
  });

  it('is one that only looking showed, because the blame changed and the status did not', () => {
    const turned = { atMs: FAULT_MS + 2000, verdict: verdictOf(blameOn('namenode/nn1')) };
    expect(figures([toldAt(1500)], { convictions: [toldAt(1500), turned] }).wrong).toMatchObject([
      { subject: 'datanode/dn2', culprit: 'namenode/nn1', afterFaultS: 2 },
    ]);
  });

  it('is every one where the trial broke before the fault', () => {
    expect(wrongConvictions([toldAt(1500)], FAULT, undefined)).toMatchObject([
      { subject: 'datanode/dn2', afterFaultS: undefined },
    ]);
  });

  it('is counted each time, however short, and after the repair too', () => {
    const wrong = { subject: 'datanode/dn3' };
    const transitions = [toldAt(1000, wrong), toldAt(1100, { ...acquitted, ...wrong }), toldAt(13_000, wrong)];
    expect(figures(transitions).wrong.map(({ afterFaultS }) => afterFaultS)).toEqual([1, 13]);
  });

  it('is none of a victim that blames the subject', () => {
    expect(figures([toldAt(1500, { subject: 'datanode/dn1', ...blameOn('datanode/dn2') })]).wrong).toEqual([]);
  });

  it('is one of the subject that blames somebody else', () => {
    const [wrong] = figures([toldAt(500, blameOn('namenode/nn1'))]).wrong;
    expect(wrong).toMatchObject({ subject: 'datanode/dn2', culprit: 'namenode/nn1' });
  });

  it('is none of the subject, for whatever operation, nor of its service', () => {
    expect(figures([toldAt(900, { operations: [] })]).wrong).toEqual([]);
    expect(figures([toldAt(1500, { subject: 'datanode' })]).wrong).toEqual([]);
    expect(figures([toldAt(1500, { subject: 'data' })]).wrong).toHaveLength(1);
  });

  it('is none that does not convict', () => {
    expect(figures([toldAt(-500, { status: 'maybe_unhealthy', subject: 'datanode/dn1' })]).wrong).toEqual([]);
  });
});

describe('a trial’s worth', () => {
  it('is in doubt when changes of verdicts were missed or looks failed, and not else', () => {
    expect(figures([toldAt(1500)]).problems).toEqual([]);
    expect(figures([toldAt(1500)], { failedPollCount: 2 }).problems).toEqual([
      'the engine did not answer 2 of the looks at its verdicts',
    ]);
    expect(figures([toldAt(1500)], { missedTransitionCount: 3 }).problems).toEqual([
      '3 changes of verdicts could not be read in time',
    ]);
  });
});
