// SPDX-License-Identifier: Apache-2.0
/** What was told of a subject's past, and that it was told once and in order. */
import { expect } from 'vitest';
import { HealthStatus, statusName } from '../../../src/model/status.js';
import { culpritToldOf, type FormerVerdict, isOnlyCulpritNew, type Transition } from '../../../src/model/verdict.js';
import type { Line } from './line.js';
import type { Action, World } from './world.js';

/** A state that a subject was in, and as far as it is said its failure, since when, and what made it so. */
interface Step {
  readonly status: string;
  readonly failure?: string;
  readonly at?: number;
  readonly by?: string;
}

const NOTHING_KNOWN: FormerVerdict = { status: HealthStatus.NA, failure: 'none' };

/** `na, healthy by c1, unhealthy crash at 12s, na by time`: every state of a subject, from the first on. Whose fault it is meanwhile is no state. */
export function historyExpectation(subject: string, line: Line): Action {
  const steps: Step[] = [];
  do steps.push(stepIn(line));
  while (line.take(/,/));
  if (line.rest !== '') line.notUnderstood();
  return (world) => {
    const path = world
      .transitions()
      .filter(({ from, verdict }) => verdict.subject === subject && !isOnlyCulpritNew(from, verdict));
    const states = [firstOf(path), ...path.map((each) => stateAfter(each, world))];
    const shown = states.map((state, index) => asSaid(state, steps[index]));
    expect(shown, `line ${line.number}: expect ${subject} went (seed ${world.seed})`).toEqual(steps);
  };
}

/** Each transition once, in order, where the one before it ended; and what a listener is told is what the log keeps. */
export function expectSoundHistory(world: World): void {
  const transitions = world.transitions();
  const last = new Map<string, FormerVerdict>();
  transitions.forEach(({ seq, atMs, from, verdict }, index) => {
    const before = transitions[index - 1];
    if (before) expect({ seq, isLater: atMs >= before.atMs }).toEqual({ seq: before.seq + 1, isLater: true });
    const key = `${verdict.environment} ${verdict.subject}`;
    const { status, failure } = verdict;
    expect(from, `transition ${index} of ${verdict.subject}`).toEqual(last.get(key) ?? NOTHING_KNOWN);
    const after = { status, failure, culprit: culpritToldOf(verdict) };
    expect(after, `transition ${index} of ${verdict.subject}`).not.toEqual(from);
    last.set(key, after);
  });
  expect(world.told).toEqual(transitions);
  for (const verdict of world.engine.verdicts()) {
    const { environment, subject, status, failure } = verdict;
    const known = last.get(`${environment} ${subject}`) ?? NOTHING_KNOWN;
    expect({ subject, status, failure, culprit: culpritToldOf(verdict) }).toEqual({ subject, ...known });
  }
}

function stepIn(line: Line): Step {
  const [, word, failure] = line.take(/(\w+)(?: (none|masked|gray|crash))?/) ?? line.notUnderstood();
  const [, at] = line.take(/at ([\w.]+)/) ?? [];
  const [, by] = line.take(/by ([^\s,]+)/) ?? [];
  return {
    status: statusName(line.status(word)),
    ...(failure !== undefined && { failure }),
    ...(at !== undefined && { at: line.duration(at) }),
    ...(by !== undefined && { by }),
  };
}

function firstOf([first]: readonly Transition[]): Required<Step> {
  const { status, failure } = first?.from ?? { status: HealthStatus.NA, failure: 'none' };
  return { status: statusName(status), failure, at: 0, by: 'time' };
}

function stateAfter({ atMs, cause, verdict }: Transition, { startMs, speakers }: World): Required<Step> {
  const by = cause === undefined ? 'time' : (speakers.get(cause.slice(0, 48)) ?? 'somebody unknown');
  return { status: statusName(verdict.status), failure: verdict.failure, at: atMs - startMs, by };
}

/** As much of a state as is expected of it; of one that nobody expects, its status. */
function asSaid(state: Required<Step>, step: Step | undefined): Step {
  const said = Object.keys(step ?? { status: '' }) as (keyof Step)[];
  return Object.fromEntries(said.map((key) => [key, state[key]])) as unknown as Step;
}
