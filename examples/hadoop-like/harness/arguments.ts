// SPDX-License-Identifier: Apache-2.0
/** The command line of the demo. */
import { parseArgs } from 'node:util';
import type { Fault } from '../faults/fault.js';

/** The story that is told when none is named. */
export const DEFAULT_FAULT = 'f13';

/** What `--help` prints. */
export function usage(faults: readonly Fault[]): string {
  const list = faults.map(({ id, system, title }) => `  ${id.padEnd(4)} ${system.name}: ${title}`).join('\n');
  return `Usage: npm run demo [-- FAULT] [FLAGS]

Runs a small cluster and an engine on the loopback interface, breaks one mechanism in a way that no health check sees, and
shows who finds out, how, and how fast. Takes about half a minute and cleans up after itself.

FAULT, ${DEFAULT_FAULT} unless named:
${list}

  --keep   leave everything running after the story, until Ctrl-C; b breaks it again and r mends it on a terminal, and anywhere
           SIGUSR1 and SIGUSR2
  --json   print the result as one line of JSON on stdout; the timeline goes to stderr
  --help   this text

Exit status: 0 the engine named the failing component, and nobody else, in time; 1 it did not, or the demo could not run;
64 wrong usage; 130 and 143 interrupted. Colour is used on a terminal unless NO_COLOR is set.
`;
}

export interface Arguments {
  readonly fault: string;
  readonly keep: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** Reads the words after the script's name. Throws an Error that names the first word that is wrong. */
export function parseArguments(words: readonly string[]): Arguments {
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { keep: flag, json: flag, help: { ...flag, short: 'h' } },
  });
  if (positionals.length > 1) throw new Error(`one fault at a time, not ${positionals.join(' and ')}`);
  return { fault: positionals[0] ?? DEFAULT_FAULT, ...values };
}
