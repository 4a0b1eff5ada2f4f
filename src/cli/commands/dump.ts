// SPDX-License-Identifier: Apache-2.0
/** `panorama dump`: all that the engine finds, or all that it knows. */
import type { Command } from 'commander';
import type { ReportJson, SubjectJson } from '../../engine/api/shapes.js';
import { systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { clientOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import type { EngineClient } from '../engine-client.js';
import { isSelected, type SelectionFlags, selectionOf, withSelectionOptions } from '../selection.js';
import { jsonText, paintFor } from '../text.js';
import { NO_VERDICT, panoramaText, verdictTable, worstFirst } from '../verdict-text.js';

/** Panoramas that are asked for at a time: enough that the way there and back is not waited for. */
const AT_A_TIME = 8;

interface Flags extends EngineFlags, SelectionFlags {
  readonly json?: boolean;
}

export function dumpCommand(program: Command): void {
  const dump = program.command('dump').description('tell everything: all verdicts, or all panoramas');
  dump.addHelpText('after', '\nExamples:\n  $ panorama dump verdicts\n  $ panorama dump panorama --json > before.json');
  withSelectionOptions(withEngineOptions(dump.command('verdicts')))
    .description('the verdict on every subject, the worst first')
    .option('--json', 'JSON instead of a table')
    .addHelpText(
      'after',
      `
Examples:
  $ panorama dump verdicts
  $ panorama dump verdicts --status unhealthy --json | jq '.verdicts[].evidence'`,
    )
    .action(verdicts);
  withSelectionOptions(withEngineOptions(dump.command('panorama')))
    .description('the verdict, every view and the evidence of every subject')
    .option('--json', 'JSON instead of text')
    .addHelpText(
      'after',
      `
A subject that is forgotten while it is asked for is left out.

Examples:
  $ panorama dump panorama
  $ panorama dump panorama --json > before.json`,
    )
    .action(panoramas);
}

async function verdicts(flags: Flags): Promise<void> {
  const { verdicts: found } = await clientOf(flags).verdicts(selectionOf(flags));
  const sorted = worstFirst(found);
  const text = flags.json
    ? jsonText({ verdicts: sorted }, 2)
    : sorted.length > 0
      ? verdictTable(sorted, systemClock.nowMs(), paintFor(process.stdout))
      : Object.keys(selectionOf(flags)).length > 0
        ? 'No verdict is as the options have it.'
        : NO_VERDICT;
  process.stdout.write(`${text}\n`);
}

/** Each is printed as it comes, for all together may be larger than what a process should hold. */
async function panoramas(flags: Flags): Promise<void> {
  const client = clientOf(flags);
  const isWanted = isSelected(flags);
  const paint = paintFor(process.stdout);
  let count = 0;
  if (flags.json) process.stdout.write('{"panoramas": [');
  for await (const report of reportsOf(client, selectionOf(flags))) {
    // It may have changed since the list was made.
    if (!isWanted(report.verdict)) continue;
    const text = flags.json ? jsonText(report) : panoramaText(report, systemClock.nowMs(), paint);
    const between = flags.json ? (count > 0 ? ',\n' : '\n') : count > 0 ? '\n\n' : '';
    process.stdout.write(between + text);
    count++;
  }
  const isChosen = Object.keys(selectionOf(flags)).length > 0;
  const none = isChosen ? 'No subject is as the options have it.' : NO_VERDICT;
  process.stdout.write(flags.json ? '\n]}\n' : count > 0 ? '\n' : `${none}\n`);
}

/** In the order of the list, however long each takes. */
async function* reportsOf(client: EngineClient, selection: SelectionFlags): AsyncGenerator<ReportJson> {
  const asked: Promise<ReportJson | undefined>[] = [];
  for await (const subject of client.subjects(selection)) {
    const answer = reportOf(client, subject);
    // Whoever waits for it hears of its failure; until then it is nobody's.
    answer.catch(() => undefined);
    asked.push(answer);
    if (asked.length < AT_A_TIME) continue;
    const report = await asked.shift();
    if (report) yield report;
  }
  for (const answer of asked) {
    const report = await answer;
    if (report) yield report;
  }
}

async function reportOf(client: EngineClient, known: SubjectJson): Promise<ReportJson | undefined> {
  try {
    return await client.subject(known.subject, known.environment);
  } catch (error) {
    if (error instanceof PanoramaError && error.code === 'PANO_SUBJECT_UNKNOWN') return undefined;
    throw error;
  }
}
