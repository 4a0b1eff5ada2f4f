// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- NAME`: every figure in the docs comes from here. A benchmark compares by alternating in one process
 * and reports medians, because machines are noisy; its last line is `BENCH {json}`. With `--rounds 1` most are quick, to see
 * that they run.
 */
import { CommanderError } from 'commander';
import { benchProgram } from './program.js';

/** What sysexits.h calls a wrong use of a command. */
const EXIT_USAGE = 64;

try {
  await benchProgram().parseAsync();
} catch (error) {
  // commander has printed its own errors.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  else {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
