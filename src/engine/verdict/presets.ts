// SPDX-License-Identifier: Apache-2.0
/**
 * The judges by name, and three tempers of the sequential one. What is traded is always the same: how much evidence a
 * conviction takes against how soon it comes.
 */
import type { Judge } from './judge.js';
import { MajorityJudge } from './majority.js';
import { SequentialJudge } from './sequential.js';

export const JUDGE_NAMES = ['sequential', 'sequential-quick', 'sequential-calm', 'majority'] as const;
export type JudgeName = (typeof JUDGE_NAMES)[number];

const HOUR_MS = 3_600_000;

/** How long a view whose calls fail by chance goes at least without a false conviction, in ms. */
const FALSE_ALARM_EVERY_MS = {
  /** At one call a second three failures in a row convict. */
  sequential: 24 * HOUR_MS,
  /** Two failures at a call every two seconds: for few observers who must be heard, and people who look twice. */
  'sequential-quick': HOUR_MS,
  /** Four failures at a call a second: for large fleets, where every view's chance adds up. */
  'sequential-calm': 30 * 24 * HOUR_MS,
} as const;

export interface JudgeChoice {
  readonly judge: JudgeName;
  /** Both as the judge has them by default where they are left out. In ms. */
  readonly evidenceLifetimeMs?: number | undefined;
  readonly pendingMs?: number | undefined;
}

export function judgeOf({ judge, evidenceLifetimeMs, pendingMs }: JudgeChoice): Judge {
  const given = {
    ...(evidenceLifetimeMs !== undefined && { lifetimeMinMs: evidenceLifetimeMs }),
    ...(pendingMs !== undefined && { pendingMs }),
  };
  if (judge === 'majority') return new MajorityJudge(given);
  return new SequentialJudge({ ...given, falseAlarmEveryMs: FALSE_ALARM_EVERY_MS[judge] });
}
