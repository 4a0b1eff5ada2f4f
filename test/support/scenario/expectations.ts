// SPDX-License-Identifier: Apache-2.0
/** Statements of what must be so: each part that is said is held against the verdict, and nothing else. */
import { expect } from 'vitest';
import { HealthStatus, statusName } from '../../../src/model/status.js';
import type { Verdict } from '../../../src/model/verdict.js';
import { type Line, NAMES } from './line.js';
import { reasonNamed } from './observations.js';
import { historyExpectation } from './transitions.js';
import type { Action, World } from './world.js';

/** One part of a verdict: what it should be, and where to find what it is. */
interface Part {
  readonly name: string;
  readonly expected: unknown;
  readonly actual: (verdict: Verdict | undefined, world: World) => unknown;
}

const OWN_VIEWS = { healthy: HealthStatus.HEALTHY, failing: HealthStatus.UNHEALTHY, silent: HealthStatus.NA } as const;
const SPLIT = 'operation|observer|self-report';

/** What follows `expect`. */
export function expectation(line: Line): Action {
  const only = line.take(new RegExp(`only (${NAMES}) ill`)) ?? line.take(/nobody()? ill/);
  if (only) return expectIll(line, only[1] === undefined ? [] : line.names(only[1]));
  const [, subject] = line.take(/(\S+)/) ?? line.notUnderstood();
  if (line.take(/went/)) return historyExpectation(subject as string, line);
  const [, word] = line.take(/(\w+)/) ?? line.notUnderstood();
  const status = line.status(word);
  const parts: Part[] = [
    {
      name: 'status',
      expected: statusName(status),
      actual: (verdict) => statusName(verdict?.status ?? HealthStatus.NA),
    },
    ...partsIn(line),
  ];
  return (world) => {
    for (const name of line.names(subject)) compare(name, parts, line, world);
  };
}

function compare(name: string, parts: readonly Part[], line: Line, world: World): void {
  const verdict = world.verdictOn(name);
  const actual = Object.fromEntries(parts.map((part) => [part.name, part.actual(verdict, world)]));
  const expected = Object.fromEntries(parts.map((part) => [part.name, part.expected]));
  expect(actual, `line ${line.number}: expect ${name} (seed ${world.seed})`).toEqual(expected);
}

function partsIn(line: Line): readonly Part[] {
  const parts: Part[] = [];
  const add = (name: string, expected: unknown, actual: Part['actual']) => parts.push({ name, expected, actual });
  line.clauses([
    [/(none|masked|gray|crash)/, ([, failure]) => add('failure', failure, (verdict) => verdict?.failure)],
    [/because (\w+)/, ([, word]) => add('reason', reasonNamed(word, line), (verdict) => verdict?.reason)],
    [
      new RegExp(`split ((?:${SPLIT})(?:, (?:${SPLIT}))*)`),
      ([, split]) => add('split', split?.split(', '), (verdict) => verdict?.split),
    ],
    [
      /since (\S+)/,
      ([, at]) => add('sinceMs', line.duration(at), (verdict, { startMs }) => (verdict?.sinceMs ?? 0) - startMs),
    ],
    [
      new RegExp(`for (${NAMES})`),
      ([, names]) => add('observersFor', sorted(line, names), (verdict) => verdict?.observersFor),
    ],
    [
      new RegExp(`against (${NAMES})`),
      ([, names]) => add('observersAgainst', sorted(line, names), (verdict) => verdict?.observersAgainst),
    ],
    [
      new RegExp(`doubting (${NAMES})`),
      ([, names]) => add('observersDoubted', sorted(line, names), (verdict) => verdict?.observersDoubted),
    ],
    [
      /itself (healthy|failing|silent)/,
      ([, view]) => add('systemView', OWN_VIEWS[view as 'healthy'], (verdict) => verdict?.systemView),
    ],
    ...blameParts(line, add),
    ...suspicionParts(add),
    [
      /(\d+) of (\d+) instances/,
      ([, failing, total]) =>
        add('instances', `${failing} of ${total}`, ({ instances } = {} as Verdict) =>
          instances ? `${instances.failing} of ${instances.total}` : 'none',
        ),
    ],
  ]);
  return parts;
}

type Add = (name: string, expected: unknown, actual: Part['actual']) => void;
type Reader = readonly [RegExp, (words: readonly string[]) => void];

/** `blame db through cart`: the root, and who stands between. */
function blameParts(line: Line, add: Add): readonly Reader[] {
  return [
    [/no blame/, () => add('blame', undefined, (verdict) => verdict?.blame?.root)],
    [
      new RegExp(`blame (\\S+)(?: through (${NAMES}))?`),
      ([, root, through]) => {
        add('blame', root, (verdict) => verdict?.blame?.root);
        if (through === undefined) return;
        add('blamed through', line.names(through), (verdict) => verdict?.blame?.path.slice(1, -1));
      },
    ],
  ];
}

function suspicionParts(add: Add): readonly Reader[] {
  return [
    [/no suspect/, () => add('suspicion', undefined, (verdict) => verdict?.suspicion?.reason)],
    [
      /suspect (alone|overloaded)(?: (\d+) of (\d+))?/,
      ([, reason, complaints, subjects]) => {
        add('suspicion', reason, (verdict) => verdict?.suspicion?.reason);
        if (complaints === undefined) return;
        add('complaints', `${complaints} of ${subjects}`, ({ suspicion } = {} as Verdict) =>
          suspicion ? `${suspicion.complaintCount} of ${suspicion.subjectCount}` : 'none',
        );
      },
    ],
  ];
}

/** Who is not well, and nobody else. */
function expectIll(line: Line, names: readonly string[]): Action {
  if (line.rest !== '') line.notUnderstood();
  return ({ engine, seed }) => {
    const ill = engine.verdicts().filter(({ status }) => status >= HealthStatus.MAYBE_UNHEALTHY);
    expect(
      ill.map(({ subject }) => subject),
      `line ${line.number}: expect only these ill (seed ${seed})`,
    ).toEqual([...names].sort());
  };
}

function sorted(line: Line, names: string | undefined): readonly string[] {
  return [...line.names(names)].sort();
}
