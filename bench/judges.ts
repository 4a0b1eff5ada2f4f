// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- judges DIR`: what each judge would have said of the trials that `detection --record DIR` has recorded, in the
 * time of the data and by the rules of the trials' own figures. Both get the very same spans, which no two runs of a cluster give.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { judgeOf, RecordedFile, type ReplayedState, replay } from 'panorama-otel/engine';
import { FAULTS, faultOf } from '#hadoop-like/faults/index.js';
import { type ComparedJudge, JUDGES, type JudgedFault, judgesTableOf } from './detection/judges-table.js';
import type { RecordedTrial } from './detection/one-trial.js';
import { judgedEntryOf, type Outcome, outcomeOf, type Run } from './detection/outcome.js';
import { replayedFigures } from './detection/replayed.js';

export async function benchJudges(folder: string): Promise<object> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  if (files.length === 0) throw new Error(`${folder} has no recordings; detection --record ${folder} makes them`);
  const runs = new Map<string, Record<ComparedJudge, Run[]>>();
  for (const file of files) {
    const trial = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as RecordedTrial;
    const ofFault = runs.get(trial.fault) ?? { sequential: [], majority: [] };
    runs.set(trial.fault, ofFault);
    const lines = path.join(folder, file.replace(/\.json$/, '.jsonl.gz'));
    for (const judge of JUDGES) ofFault[judge].push(await judgedBy(judge, lines, trial));
    process.stderr.write(`${file}\n`);
  }
  const judged = FAULTS.flatMap((fault): JudgedFault[] => {
    const ofFault = runs.get(fault.id);
    if (!ofFault) return [];
    const outcomes = JUDGES.map((judge) => [judge, outcomeOf(fault, ofFault[judge])] as const);
    return [{ fault, outcomes: Object.fromEntries(outcomes) as Record<ComparedJudge, Outcome> }];
  });
  process.stdout.write(`${judgesTableOf(judged)}\n`);
  const entriesOf = (outcomes: Readonly<Record<ComparedJudge, Outcome>>): object =>
    Object.fromEntries(JUDGES.map((judge) => [judge, judgedEntryOf(outcomes[judge])]));
  return {
    recordings: files.length,
    faults: Object.fromEntries(judged.map(({ fault, outcomes }) => [fault.id, entriesOf(outcomes)])),
  };
}

/** A recording that cannot be read is told as a trial that broke. */
async function judgedBy(judge: ComparedJudge, file: string, trial: RecordedTrial): Promise<Run> {
  const states: ReplayedState[] = [];
  try {
    const recording = await RecordedFile.open(file);
    await replay([recording.requests()], {
      judge: judgeOf({ judge }),
      onState: (state) => states.push(state),
    });
    return { figures: replayedFigures(states, trial, faultOf(trial.fault)) };
  } catch (error) {
    return { error: `${file}: ${error instanceof Error ? error.message : String(error)}`, wrong: [] };
  }
}
