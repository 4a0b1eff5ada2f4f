// SPDX-License-Identifier: Apache-2.0
/** `panorama help [COMMAND…]`: what `--help` behind the command says; a word that is none gets the nearest ones. */
import type { Command } from 'commander';
import { nearestOf } from '../nearest.js';

export function helpCommand(program: Command): void {
  program.helpCommand(false);
  program
    .command('help')
    .description('tell more of a command')
    .argument('[command...]', 'such as get view')
    .action((words: readonly string[]) => {
      let command = program;
      for (const word of words) {
        const next = command.commands.find((each) => each.name() === word);
        if (next === undefined) program.error(unknownText(word, command));
        command = next;
      }
      command.help();
    });
}

function unknownText(word: string, { commands }: Command): string {
  const names = commands.map((each) => each.name());
  const near = nearestOf(word, names);
  const advice = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are: ${names.join(', ') || 'none'}`;
  return `error: unknown command '${word}'\n(${advice})`;
}
