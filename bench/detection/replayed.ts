// SPDX-License-Identifier: Apache-2.0
/** A recorded trial as a judge would have had it: the states that a replay tells become the record that the trial's figures are made of. Pure. */
import { type ReplayedState, statusName } from 'panorama-otel/engine';
import type { Fault } from '#hadoop-like/faults/fault.js';
import { ConvictionLog } from '#hadoop-like/harness/conviction-log.js';
import type { ApiTransition, ApiVerdict } from '#hadoop-like/harness/engine-api.js';
import { type Figures, figuresOf } from '#hadoop-like/harness/figures.js';
import type { RecordedTrial } from './one-trial.js';

/** What comes of a recorded trial. Nobody looks at clients or built-in detectors in a replay: it has no times of those. */
export function replayedFigures(states: readonly ReplayedState[], trial: RecordedTrial, fault: Fault): Figures {
  const transitions = transitionsOf(states);
  const log = new ConvictionLog();
  const { faultMs, repairMs, endMs } = trial;
  const record = {
    ...{ faultMs, repairMs, endMs, transitions },
    convictions: transitions.filter(({ verdict }) => log.note(verdict)),
    ...{ missedTransitionCount: 0, failedPollCount: 0, found: undefined, looks: [] },
  };
  return figuresOf(record, fault);
}

function transitionsOf(states: readonly ReplayedState[]): readonly ApiTransition[] {
  const last = new Map<string, ApiTransition['from']>();
  return states.map((state, index) => {
    const verdict = verdictOf(state);
    const { subject, status, failure } = verdict;
    const from = last.get(subject) ?? { status: 'na', failure: 'none' };
    last.set(subject, { status, failure });
    return { seq: index + 1, atMs: state.atMs, from, verdict };
  });
}

function verdictOf({ atMs, subject, status, failure, blame, sinceMs, reason, operations }: ReplayedState): ApiVerdict {
  return {
    ...{ subject, failure, sinceMs, reason, judgedMs: atMs },
    status: statusName(status),
    operations: operations.map((each) => ({ ...each, status: statusName(each.status) })),
    ...(blame !== undefined && { blame: { root: blame, path: [], share: 1 } }),
    // What the figures do not ask for.
    ...{
      resolution: '',
      split: [],
      observersFor: [],
      observersAgainst: [],
      systemView: 'na',
      confidence: 0,
      evidence: [],
    },
  };
}
