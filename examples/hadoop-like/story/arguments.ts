// SPDX-License-Identifier: Apache-2.0
/** The command line of the demo. */
import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run demo [-- FLAGS]

Runs a small HDFS-like cluster and an engine on the loopback interface, makes one datanode fail in a way that no health
check sees, and shows who finds out, how, and how fast. Takes about 20 seconds and cleans up after itself.

  --keep   leave everything running after the story, until Ctrl-C
  --json   print the result as one line of JSON on stdout; the timeline goes to stderr
  --help   this text

Exit status: 0 the engine named the failing datanode, and nobody else, in time; 1 it did not, or the demo could not run;
64 wrong usage; 130 and 143 interrupted. Colour is used on a terminal unless NO_COLOR is set.
`;

export interface Arguments {
  readonly keep: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** Reads the words after the script's name. Throws an Error that names the first word that is wrong. */
export function parseArguments(words: readonly string[]): Arguments {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...words],
    options: { keep: flag, json: flag, help: { ...flag, short: 'h' } },
  });
  return values;
}
