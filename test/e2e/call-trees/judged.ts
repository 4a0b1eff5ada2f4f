// SPDX-License-Identifier: Apache-2.0
/** Holds what came home of a tree against what its plan says, and tells of every fault with the plan beside it. */
import type { Result } from './cluster.js';
import type { Brought } from './expected.js';
import type { Step } from './plan.js';

/** What is wrong with a result, in words; nothing of one that is right. */
export function faultsOf({ packed, looks }: Brought, result: Result): string[] {
  const { numbers } = result;
  const place = new Map(numbers.map((n, index) => [n, index]));
  const wanted = new Set(packed.map(({ n }) => n));
  const misplaced = packed.flatMap(({ n, after }) =>
    after
      .filter((earlier) => (place.get(earlier) ?? -1) > (place.get(n) ?? Number.POSITIVE_INFINITY))
      .map((earlier) => `${n} before ${earlier}`),
  );
  return [
    ...said(
      'lost',
      packed.map(({ n }) => n).filter((n) => !place.has(n)),
    ),
    ...said(
      'twice',
      numbers.filter((n, index) => place.get(n) !== index),
    ),
    ...said(
      'stray',
      numbers.filter((n) => !wanted.has(n)),
    ),
    ...said('out of causal order', misplaced),
    ...differing('totals', totalsOf(packed), sorted(result.totals, 'service')),
    ...differing('looks', looks === 0 ? [] : [{ right: true, count: looks }], sorted(result.looks, 'right')),
  ];
}

function said(what: string, which: readonly (number | string)[]): string[] {
  return which.length === 0 ? [] : [`${what}: ${which.join(', ')}`];
}

function differing(what: string, wanted: unknown, got: unknown): string[] {
  const [left, right] = [JSON.stringify(wanted), JSON.stringify(got)];
  return left === right ? [] : [`${what}: ${right} instead of ${left}`];
}

function totalsOf(packed: Brought['packed']): object[] {
  const services = [...new Set(packed.map(({ at }) => at))].sort();
  return services.map((service) => {
    const numbers = packed.filter(({ at }) => at === service).map(({ n }) => n);
    return { service, sum: numbers.reduce((sum, n) => sum + n, 0), count: numbers.length };
  });
}

function sorted(rows: Result['totals'], by: string): Result['totals'] {
  return [...rows].sort((a, b) => String(a[by]).localeCompare(String(b[by])));
}

/** A plan as a person reads it, a line for each step. */
export function textOf(steps: readonly Step[], indent = ''): string {
  return steps.map((step) => stepText(step, indent)).join('');
}

function stepText(step: Step, indent: string): string {
  const below = (heading: string, steps: readonly Step[]) => `${indent}${heading}\n${textOf(steps, `${indent}  `)}`;
  switch (step.do) {
    case 'pack':
      return below(`pack ${step.n}`, []);
    case 'look':
      return below(`look: ${step.must.join(' ')}; at the most ${step.may.join(' ')}`, []);
    case 'parallel':
      return step.branches.map((branch) => below(step.fork ? 'forked' : 'at a time', branch)).join('');
    case 'call': {
      const { steps, job, end } = step.task;
      const called = below(`call ${step.to} by ${step.by}, which ${end}`, steps);
      if (!job) return called;
      return `${called}${below(`and hands over to a ${job.by}${job.late ? ', too late,' : ''}`, job.steps)}${below('and meanwhile', job.meanwhile)}`;
    }
  }
}
