// SPDX-License-Identifier: Apache-2.0
/** Both judges side by side, of the same trials. Pure: outcomes in, Markdown out. */
import type { JudgeName } from 'panorama-otel/engine';
import type { Fault } from '#hadoop-like/faults/fault.js';
import { type Outcome, rounded } from './outcome.js';

/** The engine's default, and the paper's. */
export const JUDGES: readonly ComparedJudge[] = ['sequential', 'majority'];
export type ComparedJudge = Extract<JudgeName, 'sequential' | 'majority'>;

export interface JudgedFault {
  readonly fault: Fault;
  readonly outcomes: Readonly<Record<ComparedJudge, Outcome>>;
}

/** What stands of each judge: medians over the trials. */
const FIGURES: readonly (readonly [string, (outcome: Outcome) => string])[] = [
  ['right', ({ rightCount, runCount }) => `${rightCount}/${runCount}`],
  ['first evidence, s', ({ firstS }) => cell(firstS)],
  ['verdict, s', ({ verdictS }) => cell(verdictS)],
  ['recovery, s', ({ recoveryS }) => cell(recoveryS)],
  ['wrong', ({ wrong }) => String(wrong.length)],
];

export function judgesTableOf(judged: readonly JudgedFault[]): string {
  const columns = ['', ...FIGURES.flatMap(([name]) => JUDGES.map((judge) => `${name} (${judge})`))];
  const rows = judged.map(({ fault, outcomes }) => [
    fault.id,
    ...FIGURES.flatMap(([, text]) => JUDGES.map((judge) => text(outcomes[judge]))),
  ]);
  return [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cell(seconds: number | undefined): string {
  return seconds === undefined ? '–' : (rounded(seconds) ?? 0).toFixed(2);
}
