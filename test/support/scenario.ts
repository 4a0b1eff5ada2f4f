// SPDX-License-Identifier: Apache-2.0
/**
 * A scenario is a text that reads as specification and runs as a test. One statement a line; `#` starts a comment.
 *
 * When, and for which judge; without a name it holds for every judge:
 *
 *     at 30s …                                 from 0s to 30s every 1s …
 *     by majority at 31s …                     by sequential from 0s to 30s every 1s …
 *
 * What guests tell. A range of names (`c1..c9`) stands for each of them:
 *
 *     c1 sees dn2 healthy in "GET /blocks" x20 over 1s taking 20ms       twenty calls of one second, folded
 *     dn1 sees dn2 unhealthy in "POST /blocks" because timeout
 *     c1, 300ms late, sees nn unhealthy because timeout taking 1s        its own event loop stood still for so long
 *     c1 sees cart unhealthy because server_error blaming db             whose failure cart met, as its answer told, or `nobody`
 *     c1 waits for db in "SELECT" with suspicion 6 taking 100ms          a call that is out, its φ, and for how long it was then
 *     c1 waits for db again in "SELECT" with suspicion 12 taking 300ms   which was told of before
 *     web waits for cart of request r1                                   all who wait in one request are of one trace
 *     probe sees dn2 healthy                                             a health check
 *     dn2 reports healthy in "GET /blocks"                               of itself, and it does not vote
 *
 * What spans of any SDK tell, both ends of each call; calls of one line are one trace, and whoever was called makes the
 * calls that follow beneath that call. An operation in a language of databases is a query, which has one end only:
 *
 *     web calls cart in "GET /cart" failing because server_error, cart calls db in "SELECT" failing because timeout
 *     web calls 10.0.0.7:80 in "GET /" answered by shop/s1 taking 20ms
 *     web calls cart in "GET /cart" losing its server span               `its client span`, `its spans`
 *     losing 30%, in any order: web calls …                              by chance, and each span is delivered alone
 *
 * What is so. Everything but the name and the status may be left out:
 *
 *     expect dn2 unhealthy because timeout gray split operation, self-report since 30s for c1 against dn1 doubting c4
 *     expect dn2 unhealthy itself healthy                                what the system's own view is; or failing, silent
 *     expect web unhealthy blame db through cart                         `no blame`
 *     expect c1 maybe_unhealthy suspect alone 4 of 5                     or `overloaded`; `no suspect`
 *     expect shop maybe_unhealthy 1 of 3 instances
 *     expect only dn1, dn2 ill                                           expect nobody ill
 *     expect db went na, healthy, unhealthy crash at 12s by c1, na by time
 *
 * Statements run in order of time, at one time in order of lines, through the real engine on a clock of the test's own. At
 * the end every transition must have been told once, in order, each beginning where the one before it ended.
 */
import type { Judge } from '../../src/engine/verdict/judge.js';
import { callStatement } from './scenario/calls.js';
import { expectation } from './scenario/expectations.js';
import { Line } from './scenario/line.js';
import { guestStatement } from './scenario/observations.js';
import { expectSoundHistory } from './scenario/transitions.js';
import { type Action, World } from './scenario/world.js';

interface Statement {
  readonly atMs: number;
  readonly line: number;
  readonly run: Action;
}

/** Who may be named after `by`. */
const JUDGES: ReadonlySet<string> = new Set(['majority', 'sequential']);

/**
 * Runs a scenario against a judge; a failed expectation names its line. Returns the world as it is at the end.
 *
 * @param seed of what is left to chance
 */
export function runScenario(text: string, judge: Judge, seed = 1): World {
  const world = new World(judge, seed);
  const statements = text.split('\n').flatMap((line, index) => parse(line, index + 1, judge.name));
  statements.sort((a, b) => a.atMs - b.atMs || a.line - b.line);
  world.engine.start();
  for (const { atMs, run } of statements) {
    world.goTo(atMs);
    run(world);
  }
  world.engine.stop();
  expectSoundHistory(world);
  return world;
}

function parse(raw: string, number: number, judge: string): Statement[] {
  const said = raw.replace(/#.*$/, '').trim();
  if (said === '') return [];
  const line = new Line(said, number);
  const [, only] = line.take(/by (\w+)/) ?? [];
  if (only !== undefined && !JUDGES.has(only)) line.refuse(`no judge: ${only}`);
  const times = timesIn(line);
  const run = actionIn(line);
  if (only !== undefined && only !== judge) return [];
  return times.map((atMs) => ({ atMs, line: number, run }));
}

function timesIn(line: Line): readonly number[] {
  const at = line.take(/at (\S+)/);
  if (at) return [line.duration(at[1])];
  const range = line.take(/from (\S+) to (\S+) every (\S+)/);
  if (!range) return line.refuse(`no time in: ${line.rest}`);
  const [fromMs, toMs, everyMs] = range.slice(1).map((text) => line.duration(text)) as [number, number, number];
  if (everyMs <= 0) return line.refuse(`nothing can be every ${range[3]}`);
  const times: number[] = [];
  for (let atMs = fromMs; atMs <= toMs; atMs += everyMs) times.push(atMs);
  return times;
}

function actionIn(line: Line): Action {
  if (line.take(/expect(?= )/)) return expectation(line);
  const runs = line.ranges().map((each) => callStatement(each) ?? guestStatement(each));
  return (world) => {
    for (const run of runs) run(world);
  };
}
