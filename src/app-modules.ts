// SPDX-License-Identifier: Apache-2.0
/**
 * Modules that the application may have and we do not depend on: instrumentations. They are resolved from the folder of
 * the program that runs, then from the working folder, for they are the application's dependencies.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { complain } from './complaint.js';

/** The exports of a module of the application; `undefined` where it is not installed. Never throws. */
export function appModule(name: string): Readonly<Record<string, unknown>> | undefined {
  const program = process.argv[1];
  for (const folder of [...(program ? [path.dirname(program)] : []), process.cwd()]) {
    try {
      return createRequire(`${folder}/`)(name) as Record<string, unknown>;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') complain(`${name} did not load: ${String(error)}`);
    }
  }
  return undefined;
}
