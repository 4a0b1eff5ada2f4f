// SPDX-License-Identifier: Apache-2.0
/** Every command there is, in groups, as `panorama --help` tells them. Completion is made from it too. */
import { Command } from 'commander';
import { checkCommand } from './commands/check.js';
import { completionCommand } from './commands/completion.js';
import { doctorCommand } from './commands/doctor.js';
import { dumpCommand } from './commands/dump.js';
import { engineCommand } from './commands/engine.js';
import { getCommand } from './commands/get.js';
import { helpCommand } from './commands/help.js';
import { initCommand } from './commands/init.js';
import { listCommand } from './commands/list.js';
import { pingCommand } from './commands/ping.js';
import { replayCommand } from './commands/replay.js';
import { reportCommand } from './commands/report.js';
import { watchCommand } from './commands/watch.js';

const GROUPS: Readonly<Record<string, readonly ((program: Command, version: string) => void)[]>> = {
  'Run an engine:': [engineCommand, doctorCommand, pingCommand],
  'Look:': [watchCommand, listCommand, getCommand, dumpCommand],
  'In scripts:': [checkCommand, reportCommand],
  'Afterwards:': [replayCommand],
  'Set up:': [initCommand, completionCommand, helpCommand],
};

/** Words that were commands once. */
const FORMER: Readonly<Record<string, string>> = {
  verdicts: '`panorama dump verdicts` lists the verdicts now, and `panorama watch` shows them as they change',
  subject: '`panorama get panorama SUBJECT` shows one subject now',
};

export function panoramaProgram(version: string): Command {
  const program = new Command('panorama')
    .description('Tells from what callers see which component is failing, although every health check is green.')
    .version(version, '-V, --version')
    .showHelpAfterError('(try --help)')
    .configureOutput({ outputError: (text, write) => write(text + adviceOn(text)) })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  $ panorama engine                        an engine on this machine
  $ panorama watch                         who is failing, live
  $ panorama get panorama datanode/dn2     who says so of one subject, with traces
  $ panorama check checkout --wait 30s     in a script: exit code 0 where it is well

PANORAMA_API names the engine's API where --api does not, and PANORAMA_TOKEN is the token where there is no --token-file. Every
command that asks an engine takes --json.`,
    );
  for (const [group, commands] of Object.entries(GROUPS)) {
    program.commandsGroup(group);
    for (const command of commands) command(program, version);
  }
  return program;
}

function adviceOn(error: string): string {
  const word = /unknown command '(\w+)'/.exec(error)?.[1];
  // Where something like it is suggested, it was meant there.
  const isFormer = word !== undefined && Object.hasOwn(FORMER, word) && !error.includes('Did you mean');
  const advice = isFormer ? FORMER[word] : undefined;
  return advice === undefined ? '' : `${advice}\n`;
}
