// SPDX-License-Identifier: Apache-2.0
/**
 * What may stand where somebody presses Tab, drawn from the commands themselves: their names, options, choices, and what their
 * arguments are called. Whatever is added to a command can be completed. Pure; names that only the engine knows are asked for by the caller.
 */
import type { Argument, Command, Option } from 'commander';

export interface Candidate {
  readonly word: string;
  /** What it does, for shells that show it. */
  readonly meaning: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** What else may stand there, which the commands do not know. */
  readonly names: 'subjects' | 'observers' | 'files' | undefined;
  /** Options that stand before, by the names that commander has for them, such as `tokenFile`. */
  readonly given: Readonly<Record<string, string>>;
}

/** By what an argument or an option's value is called. */
const NAMES: Readonly<Record<string, Completion['names']>> = {
  subject: 'subjects',
  observer: 'observers',
  file: 'files',
  dir: 'files',
};

/** @param words behind `panorama`; the last one is being written */
export function completionOf(program: Command, words: readonly string[]): Completion {
  const word = words.at(-1) ?? '';
  const given: Record<string, string> = {};
  let command = program;
  let argumentCount = 0;
  let awaiting: Option | undefined;
  let onlyArguments = false;
  for (const each of words.slice(0, -1)) {
    const next = command.commands.find((known) => known.name() === each);
    if (awaiting) {
      given[awaiting.attributeName()] = each;
      awaiting = undefined;
    } else if (each === '--') onlyArguments = true;
    else if (each.startsWith('-') && !onlyArguments) awaiting = optionIn(command, each, given);
    else if (next && argumentCount === 0) command = next;
    else argumentCount++;
  }
  const narrowed = (found: readonly Candidate[], names?: Completion['names']): Completion => ({
    candidates: found.filter((each) => each.word.startsWith(word)),
    names,
    given,
  });
  if (awaiting) return narrowed(choicesOf(awaiting), NAMES[valueNameOf(awaiting)]);
  if (word.startsWith('-') && !onlyArguments) return narrowed(optionsOf(command));
  if (command.commands.length > 0 && argumentCount === 0) return narrowed(commandsOf(command));
  const argument = argumentAt(command, argumentCount);
  return argument ? narrowed(choicesOf(argument), NAMES[argument.name()]) : narrowed([]);
}

/** The option that waits for its value in the next word; a value behind a `=` is taken at once. */
function optionIn(command: Command, word: string, given: Record<string, string>): Option | undefined {
  const at = word.indexOf('=');
  const name = at < 0 ? word : word.slice(0, at);
  const option = command.options.find(({ long, short }) => long === name || short === name);
  if (!option?.required) return undefined;
  if (at < 0) return option;
  given[option.attributeName()] = word.slice(at + 1);
  return undefined;
}

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic ? last : undefined);
}

function commandsOf(command: Command): readonly Candidate[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((each) => ({ word: each.name(), meaning: each.description() }));
}

function optionsOf(command: Command): readonly Candidate[] {
  const visible = command.createHelp().visibleOptions(command);
  return visible.map(({ long, short, description }) => ({ word: long ?? short ?? '', meaning: description }));
}

function choicesOf({ argChoices }: Pick<Option, 'argChoices'>): readonly Candidate[] {
  return (argChoices ?? []).map((word) => ({ word, meaning: '' }));
}

/** `file` of `--history <file>`. */
function valueNameOf({ flags }: Option): string {
  return /<([^>]+)>/.exec(flags)?.[1] ?? '';
}
