#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
/** The `panorama` command. Every failure ends in one line of what to do and the exit code of the error table. */
import { CommanderError } from 'commander';
import { ERROR_KINDS, PanoramaError } from '../model/errors.js';
import { VERSION } from '../version.js';
import { panoramaProgram } from './program.js';
import { plain } from './text.js';

// A reader that has seen enough (`panorama dump verdicts | head`) closes the pipe; that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await panoramaProgram(VERSION).parseAsync();
} catch (thrown) {
  process.exitCode = exitCodeOf(thrown);
}

function exitCodeOf(thrown: unknown): number {
  // commander has printed its own errors already; help and version end with 0.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : ERROR_KINDS.PANO_USAGE.exit;
  const error = PanoramaError.from(thrown);
  // The message may be the engine's, and quote what spans call their subjects.
  process.stderr.write(`panorama: ${plain(error.message)} [${error.code}]\n`);
  if (error.code === 'PANO_INTERNAL' && error.cause instanceof Error) process.stderr.write(`${error.cause.stack}\n`);
  return error.exitCode;
}
