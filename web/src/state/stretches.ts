// SPDX-License-Identifier: Apache-2.0
/** What was said of one subject from when to when: changes as stretches of time. Pure. */
import type { EventJson, VerdictJson } from '../../../src/engine/api/shapes.js';
import type { HealthStatusName } from '../../../src/model/status.js';

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly status: HealthStatusName;
  readonly failure: VerdictJson['failure'];
  /** Who was blamed; the subject itself where it was its own fault. */
  readonly culprit: string | undefined;
  /** The verdict with which it began, where that is known. */
  readonly verdict: VerdictJson | undefined;
}

export interface StretchBounds {
  /** From when on all changes are known. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * @param events changes of one subject, in order of time. What was before the first is what that one says
 * @param current what holds throughout where nothing changed
 */
export function stretchesOf(
  events: readonly EventJson[],
  { sinceMs, untilMs }: StretchBounds,
  current?: VerdictJson,
): readonly Stretch[] {
  const [first] = events;
  if (!first) {
    const fromMs = Math.max(sinceMs, current?.sinceMs ?? untilMs);
    return current && fromMs < untilMs ? [{ ...stateOf(current), fromMs, toMs: untilMs }] : [];
  }
  const stretches: Stretch[] = [];
  const add = (stretch: Stretch): void => {
    if (stretch.fromMs < stretch.toMs) stretches.push(stretch);
  };
  const { status, failure, culprit } = first.from;
  add({ status, failure, culprit, verdict: undefined, fromMs: sinceMs, toMs: Math.min(first.atMs, untilMs) });
  events.forEach(({ atMs, verdict }, place) => {
    const toMs = Math.min(events[place + 1]?.atMs ?? untilMs, untilMs);
    add({ ...stateOf(verdict), fromMs: Math.max(atMs, sinceMs), toMs });
  });
  return stretches;
}

function stateOf(verdict: VerdictJson): Omit<Stretch, 'fromMs' | 'toMs'> {
  const { status, failure, blame } = verdict;
  return { status, failure, culprit: blame?.root, verdict };
}
