// SPDX-License-Identifier: Apache-2.0
/** `panorama list`: who is known, and who speaks. */
import type { Command } from 'commander';
import type { ObserverJson, SubjectJson } from '../../engine/api/shapes.js';
import { systemClock } from '../../model/clock.js';
import { clientOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import { observerTable, subjectTable } from '../list-text.js';
import { type SelectionFlags, selectionOf, withEnvironmentOption, withSelectionOptions } from '../selection.js';
import { jsonText, paintFor } from '../text.js';
import { NO_VERDICT, worstFirst } from '../verdict-text.js';

interface Flags extends EngineFlags, SelectionFlags {
  readonly json?: boolean;
}

export function listCommand(program: Command): void {
  const list = program.command('list').description('list who is known, and who speaks of them');
  list.addHelpText('after', '\nExamples:\n  $ panorama list subjects --failure gray\n  $ panorama list observers');
  withSelectionOptions(withEngineOptions(list.command('subjects')))
    .description('every subject on a line, the worst first')
    .option('--json', 'JSON instead of text')
    .addHelpText(
      'after',
      `
Examples:
  $ panorama list subjects
  $ panorama list subjects --status unhealthy,maybe_unhealthy
  $ panorama list subjects --json | jq -r '.subjects[].subject'`,
    )
    .action(subjects);
  withEnvironmentOption(withEngineOptions(list.command('observers')))
    .description('everybody who speaks of others, and how far they are believed')
    .option('--json', 'JSON instead of text')
    .addHelpText('after', '\nExample:\n  $ panorama list observers')
    .action(observers);
}

async function subjects(flags: Flags): Promise<void> {
  const found: SubjectJson[] = [];
  for await (const subject of clientOf(flags).subjects(selectionOf(flags))) found.push(subject);
  const sorted = worstFirst(found);
  const isEmpty = sorted.length === 0;
  const isChosen = Object.keys(selectionOf(flags)).length > 0;
  const text = isEmpty
    ? isChosen
      ? 'No subject is as the options have it.'
      : NO_VERDICT
    : subjectTable(sorted, systemClock.nowMs(), paintFor(process.stdout));
  process.stdout.write(`${flags.json ? jsonText({ subjects: sorted }, 2) : text}\n`);
}

async function observers(flags: Flags): Promise<void> {
  const found: ObserverJson[] = [];
  for await (const observer of clientOf(flags).observers(flags.environment)) found.push(observer);
  const text = found.length === 0 ? 'Nobody has spoken yet.' : observerTable(found, systemClock.nowMs());
  process.stdout.write(`${flags.json ? jsonText({ observers: found }, 2) : text}\n`);
}
