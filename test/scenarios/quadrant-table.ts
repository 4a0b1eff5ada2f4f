// SPDX-License-Identifier: Apache-2.0
/**
 * The table of quadrants, from scenarios that say in a comment what callers find (`# callers: …`). The rest of a row is what
 * the engine said in the end of the subject of which the scenario expects a view `itself`.
 */
import type { Judge } from '../../src/engine/verdict/judge.js';
import { HealthStatus, isFailing } from '../../src/model/status.js';
import type { FailureKind } from '../../src/model/verdict.js';
import { runScenario } from '../support/scenario.js';

const KINDS: readonly FailureKind[] = ['none', 'masked', 'gray', 'crash'];

interface Row {
  readonly kind: FailureKind;
  readonly cells: readonly string[];
}

export function quadrantTable(
  scenarios: readonly { readonly name: string; readonly text: string }[],
  judge: Judge,
  seed: number,
): string {
  const rows = scenarios.flatMap(({ name, text }) => rowOf(name, text, judge, seed));
  rows.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  const heading = ['callers', 'the system’s own view', 'failure', 'split', 'scenario'];
  return [heading, heading.map(() => '---'), ...rows.map(({ cells }) => cells)]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function rowOf(name: string, text: string, judge: Judge, seed: number): Row[] {
  const [, callers] = /^# callers: (.+)$/m.exec(text) ?? [];
  if (callers === undefined) return [];
  const [, subject] = /expect (\S+) .*itself/.exec(text) ?? [];
  const verdict = subject === undefined ? undefined : runScenario(text, judge, seed).verdictOn(subject);
  if (!verdict) throw new Error(`${name} has callers, and expects of nobody what it says itself`);
  const own = verdict.systemView === HealthStatus.NA ? 'silent' : isFailing(verdict.systemView) ? 'failing' : 'healthy';
  const split = verdict.split.map((each) => `\`${each}\``).join(', ');
  const cells = [callers, own, `\`${verdict.failure}\``, split, `\`${name}\``];
  return [{ kind: verdict.failure, cells }];
}
