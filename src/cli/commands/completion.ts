// SPDX-License-Identifier: Apache-2.0
/** `panorama completion`: what makes a shell complete our commands; and `complete`, which the shell asks then. */
import { Argument, type Command } from 'commander';
import { type Candidate, type Completion, completionOf } from '../completion/completion.js';
import { FILES, SHELL_SCRIPTS } from '../completion/shell-scripts.js';
import { clientOf, type EngineFlags } from '../credentials.js';
import { DEFAULT_API_URL } from '../engine-client.js';

/** Who presses Tab does not wait longer for names. In ms. */
const PATIENCE_MS = 1000;

/** More are no help, and take a shell longer to show than anybody looks. */
const NAME_COUNT_MAX = 1000;

/**
 * Names come from whoever sends spans. What a shell completes it puts on the command line as it is, so a name with anything in it
 * that a shell obeys is not offered.
 */
const HARMLESS = /^[\w.][\w.:/#%@+,-]*$/;

export function completionCommand(program: Command): void {
  program
    .command('completion')
    .description('print what makes a shell complete commands, options and names of subjects')
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(SHELL_SCRIPTS)))
    .addHelpText(
      'after',
      `
Names of subjects and observers are asked of the engine, for a second at the most.

Examples:
  $ source <(panorama completion bash)       # for good: the same line in ~/.bashrc
  $ panorama completion zsh > ~/.zfunc/_panorama
  $ panorama completion fish > ~/.config/fish/completions/panorama.fish`,
    )
    .action((shell: string) => {
      process.stdout.write(SHELL_SCRIPTS[shell] ?? '');
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action((words: readonly string[]) => complete(program, words));
}

async function complete(program: Command, words: readonly string[]): Promise<void> {
  const completion = completionOf(program, words);
  const { candidates, names } = completion;
  const found = [...candidates, ...(await namesOf(completion, words.at(-1) ?? ''))];
  if (names === 'files' && found.length === 0) process.stdout.write(`${FILES}\n`);
  for (const { word, meaning } of found) process.stdout.write(`${word}\t${meaning}\n`);
}

/** Silent where no engine answers: whoever presses Tab has asked for no complaint. */
async function namesOf({ names, given }: Completion, word: string): Promise<readonly Candidate[]> {
  if (names !== 'subjects' && names !== 'observers') return [];
  const flags: EngineFlags = { api: process.env['PANORAMA_API'] || DEFAULT_API_URL, ...given };
  const found = new Map<string, string>();
  try {
    const client = clientOf(flags, PATIENCE_MS);
    const { environment } = given;
    const told = names === 'subjects' ? client.subjects({ environment }) : client.observers(environment);
    for await (const each of told) {
      const name = 'status' in each ? each.subject : each.observer;
      if (name.startsWith(word) && HARMLESS.test(name)) found.set(name, 'status' in each ? each.status : each.source);
      if (found.size >= NAME_COUNT_MAX) break;
    }
  } catch {
    // As above.
  }
  return [...found].map(([name, meaning]) => ({ word: name, meaning }));
}
