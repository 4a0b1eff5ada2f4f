// SPDX-License-Identifier: Apache-2.0
/** Programs of other people that the stack tests start. They come from the machine, never from npm. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/**
 * Why the tests that need a program cannot run, or nothing where it is on the `PATH`.
 *
 * On a developer's machine such tests are left out, and that is said: most changes touch nothing of them, and nobody
 * should have to install a broker to mend a sentence. Under `CI` it is an error, because there a test that is silently
 * left out is a promise that nobody keeps.
 *
 * @param program its name
 * @param debianPackage the package that has it
 */
export function whyWithout(program: string, debianPackage: string): string | undefined {
  if ((process.env['PATH'] ?? '').split(path.delimiter).some((folder) => isExecutable(path.join(folder, program)))) {
    return undefined;
  }
  const why = `${program} is not on this machine; install it with .ci/install-stack, or apt-get install ${debianPackage}`;
  if (process.env['CI'] && process.env['CI'] !== 'false') throw new Error(why);
  console.warn(`left out: ${why}`);
  return why;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
