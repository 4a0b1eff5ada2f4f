// SPDX-License-Identifier: Apache-2.0
/**
 * A scenario is a text that reads as specification and runs as a test. One statement a line; `#` starts a comment.
 *
 *     at 30s dn1 sees dn2 unhealthy in "POST /blocks" because timeout
 *     from 0s to 30s every 1s c1 sees dn2 healthy in "GET /blocks" x20
 *     at 31s probe sees dn2 healthy            a health check (observer named `probe`)
 *     at 31s dn2 reports healthy in "GET /blocks"      its own server span
 *     at 31s expect dn2 unhealthy gray split operation, self-report since 30s for c1 against dn1
 *     by majority at 31s expect dn2 unhealthy          holds for this judge only
 *
 * Statements run in order of time, at one time in order of lines, through the real engine on a clock of the test's own.
 */
import { expect } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import type { Judge } from '../../src/engine/verdict/judge.js';
import type { ObservationSource, OutcomeReason } from '../../src/model/observation.js';
import { type HealthStatus, statusFromName, statusName } from '../../src/model/status.js';
import { FakeClock } from './fake-clock.js';
import { batchOf, observationSpanOf, resourceOf } from './spans.js';

interface Statement {
  readonly atMs: number;
  readonly line: number;
  readonly run: (world: World) => void;
}

interface World {
  readonly engine: Engine;
  readonly startMs: number;
  readonly nowMs: () => number;
}

const JUDGE = /^by (\w+) (.+)$/;
const WHEN = /^(?:at (\S+)|from (\S+) to (\S+) every (\S+)) (.+)$/;
const SEES = /^(\S+) (?:sees (\S+)|reports) (\w+)(?: in "([^"]+)")?(?: x(\d+))?(?: because (\w+))?$/;
const EXPECT =
  /^expect (\S+) (\w+)(?: (none|masked|gray|crash))?(?: split ((?:operation|observer|self-report)(?:, (?:operation|observer|self-report))*))?(?: since (\S+))?(?: for ((?:\S+, )*\S+))?(?: against ((?:\S+, )*\S+))?$/;

/** Who may be named after `by`. */
const JUDGES: ReadonlySet<string> = new Set(['majority', 'sequential']);

/** Runs a scenario against a judge; a failed expectation names its line. */
export function runScenario(text: string, judge: Judge): void {
  const clock = new FakeClock();
  const engine = new Engine({ judge, clock });
  const world = { engine, startMs: clock.nowMs(), nowMs: () => clock.nowMs() };
  const statements = text.split('\n').flatMap((line, index) => parse(line, index + 1, judge.name));
  statements.sort((a, b) => a.atMs - b.atMs || a.line - b.line);
  engine.start();
  for (const { atMs, run } of statements) {
    clock.advance(world.startMs + atMs - clock.nowMs());
    run(world);
  }
  engine.stop();
}

function parse(raw: string, line: number, judge: string): Statement[] {
  const said = raw.replace(/#.*$/, '').trim();
  if (said === '') return [];
  const [, only, rest] = JUDGE.exec(said) ?? [];
  if (only !== undefined && !JUDGES.has(only)) throw new Error(`line ${line}: no judge: ${only}`);
  if (only !== undefined && only !== judge) return [];
  const text = rest ?? said;
  const when = WHEN.exec(text);
  if (!when) throw new Error(`line ${line}: no time in: ${text}`);
  const [, at, from, to, every, what] = when as unknown as string[];
  const run = action(what as string, line);
  if (at !== undefined) return [{ atMs: duration(at, line), line, run }];
  const statements: Statement[] = [];
  for (let atMs = duration(from, line); atMs <= duration(to, line); atMs += duration(every, line)) {
    statements.push({ atMs, line, run });
  }
  return statements;
}

function action(text: string, line: number): (world: World) => void {
  const seen = SEES.exec(text);
  if (seen) return observation(seen as unknown as (string | undefined)[], line);
  const expected = EXPECT.exec(text);
  if (expected) return expectation(expected as unknown as (string | undefined)[], line);
  throw new Error(`line ${line}: not understood: ${text}`);
}

function observation(
  [, speaker, other, word, operation, count, reason]: (string | undefined)[],
  line: number,
): (world: World) => void {
  const status = statusOf(word, line);
  const source: ObservationSource = other === undefined ? 'self' : speaker === 'probe' ? 'probe' : 'caller';
  return ({ engine, nowMs }) => {
    const span = observationSpanOf(
      {
        observer: speaker as string,
        subject: other ?? (speaker as string),
        operation: operation ?? 'call',
        status,
        reason: (reason ?? 'ok') as OutcomeReason,
        source,
        count: Number(count ?? 1),
      },
      nowMs(),
    );
    engine.accept(batchOf({ resource: resourceOf(speaker as string), spans: [span] }));
  };
}

function expectation(
  [, subject, word, failure, split, since, inFavour, against]: (string | undefined)[],
  line: number,
): (world: World) => void {
  const status = statusOf(word, line);
  return ({ engine, startMs }) => {
    const verdict = engine.report({ environment: '', subject: subject as string })?.verdict;
    const actual = {
      status: statusName(verdict?.status ?? 1),
      ...(failure && { failure: verdict?.failure }),
      ...(split && { split: verdict?.split }),
      ...(since && { sinceMs: (verdict?.sinceMs ?? 0) - startMs }),
      ...(inFavour && { observersFor: verdict?.observersFor }),
      ...(against && { observersAgainst: verdict?.observersAgainst }),
    };
    expect(actual, `line ${line}: expect ${subject}`).toEqual({
      status: statusName(status),
      ...(failure && { failure }),
      ...(split && { split: split.split(', ') }),
      ...(since && { sinceMs: duration(since, line) }),
      ...(inFavour && { observersFor: inFavour.split(', ') }),
      ...(against && { observersAgainst: against.split(', ') }),
    });
  };
}

function statusOf(word: string | undefined, line: number): HealthStatus {
  const status = statusFromName(word ?? '');
  if (status === undefined) throw new Error(`line ${line}: no status: ${word}`);
  return status;
}

function duration(text: string | undefined, line: number): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text ?? '');
  if (!match) throw new Error(`line ${line}: no time: ${text}`);
  return Number(match[1]) * { ms: 1, s: 1000, m: 60_000 }[match[2] as 'ms' | 's' | 'm'];
}
