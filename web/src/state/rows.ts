// SPDX-License-Identifier: Apache-2.0
/** Which subjects the view of the fleet shows, and in which order. Pure. */
import type { VerdictJson } from '../../../src/engine/api/shapes.js';
import { badness, culpritOf, failingOperations, isIll, keyOf } from './fleet.js';

export const COLUMNS = ['subject', 'status', 'failure', 'since', 'operations', 'culprit', 'against'] as const;
export type Column = (typeof COLUMNS)[number];

/** What can be chosen, as it stands in the address. */
export interface Choice {
  /** Status names joined by commas, or `ill` for all with which something is wrong; empty for all. */
  readonly status: string;
  readonly failure: string;
  /** `undefined` for all: the empty name is an environment. */
  readonly environment: string | undefined;
  /** Words that stand in the subject, the culprit or an operation; all of them must. */
  readonly text: string;
  readonly sort: Column;
  readonly isReversed: boolean;
}

/** The worst first, and of those who are as bad who has been so for longest. */
const DEFAULT_SORT: Column = 'status';

export function choiceIn(chosen: Readonly<Record<string, string>>): Choice {
  const [sort, order] = (chosen['sort'] ?? '').split('-');
  return {
    status: chosen['status'] ?? '',
    failure: chosen['failure'] ?? '',
    environment: environmentIn(chosen['environment']),
    text: chosen['q'] ?? '',
    sort: COLUMNS.find((column) => column === sort) ?? DEFAULT_SORT,
    isReversed: order === 'reversed',
  };
}

/** The environment without a name has one in the address. */
export const NAMELESS = '(none)';
const environmentIn = (text: string | undefined): string | undefined => (text === NAMELESS ? '' : text);

type Compare = (a: VerdictJson, b: VerdictJson) => number;

const byText =
  (textOf: (verdict: VerdictJson) => string): Compare =>
  (a, b) => {
    const [left, right] = [textOf(a), textOf(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  };
const byName: Compare = byText(keyOf);

/** What has something to say stands before what has nothing. */
const COMPARE: Readonly<Record<Column, Compare>> = {
  subject: byName,
  status: (a, b) =>
    badness(a.status) - badness(b.status) ||
    Number(isIll(b)) - Number(isIll(a)) ||
    (isIll(a) ? a.sinceMs - b.sinceMs : 0),
  failure: byText(({ failure }) => (failure === 'none' ? '~' : failure)),
  since: (a, b) => b.sinceMs - a.sinceMs,
  operations: (a, b) => failingOperations(b).length - failingOperations(a).length,
  culprit: byText((verdict) => culpritOf(verdict) ?? '~'),
  against: (a, b) => b.observersAgainst.length - a.observersAgainst.length,
};

export function rowsOf(verdicts: Iterable<VerdictJson>, choice: Choice): VerdictJson[] {
  const { sort, isReversed } = choice;
  const isWanted = wantedBy(choice);
  const rows: VerdictJson[] = [];
  for (const verdict of verdicts) if (isWanted(verdict)) rows.push(verdict);
  const compare = COMPARE[sort];
  const sign = isReversed ? -1 : 1;
  return rows.sort((a, b) => sign * compare(a, b) || byName(a, b));
}

export function wantedBy({ status, failure, environment, text }: Choice): (verdict: VerdictJson) => boolean {
  const statuses = status.split(',').filter(Boolean);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (verdict) =>
    (statuses.length === 0 || statuses.includes(verdict.status) || (statuses.includes('ill') && isIll(verdict))) &&
    (failure === '' || verdict.failure === failure) &&
    (environment === undefined || verdict.environment === environment) &&
    (words.length === 0 || words.every((word) => hasWord(verdict, word)));
}

function hasWord(verdict: VerdictJson, word: string): boolean {
  return (
    verdict.subject.toLowerCase().includes(word) ||
    (culpritOf(verdict)?.toLowerCase().includes(word) ?? false) ||
    failingOperations(verdict).some((operation) => operation.toLowerCase().includes(word))
  );
}

/** How many there are of each status, and in which environments. */
export function countsOf(verdicts: Iterable<VerdictJson>): {
  readonly byStatus: ReadonlyMap<string, number>;
  readonly illCount: number;
  readonly environments: readonly string[];
} {
  const byStatus = new Map<string, number>();
  const environments = new Set<string>();
  let illCount = 0;
  for (const verdict of verdicts) {
    byStatus.set(verdict.status, (byStatus.get(verdict.status) ?? 0) + 1);
    environments.add(verdict.environment);
    if (isIll(verdict)) illCount++;
  }
  return { byStatus, illCount, environments: [...environments].sort() };
}
