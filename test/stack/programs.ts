// SPDX-License-Identifier: Apache-2.0
/** Programs of other people that the stack tests start. They come from the machine, never from npm. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../support/imports.js';
import type { User } from './server-process.js';

/** Where Debian puts servers beside the `PATH`: PostgreSQL's by version, RabbitMQ's before the scripts that change users. */
const RABBITMQ = '/usr/lib/rabbitmq/bin';
const POSTGRESQL = '/usr/lib/postgresql';

/**
 * Why the tests that need a program cannot run, or nothing where it is on the machine.
 *
 * @param program its name
 * @param debianPackage the package that has it
 */
export function whyWithout(program: string, debianPackage: string): string | undefined {
  if (found(program) !== undefined) return undefined;
  return leftOut(
    `${program} is not on this machine; install it with .ci/install-stack, or apt-get install ${debianPackage}`,
  );
}

/** The same of the Collector, which is no package: we build it. */
export function whyWithoutCollector(): string | undefined {
  if (spawnSync(path.join(ROOT, '.ci/collector/build'), ['--find']).status === 0) return undefined;
  return leftOut('there is no Collector on this machine; .ci/collector/build builds it with Go');
}

/**
 * On a developer's machine such tests are left out, and that is said: most changes touch nothing of them, and nobody
 * should have to install a broker to mend a sentence. Under `CI` it is an error, because there a test that is silently
 * left out is a promise that nobody keeps.
 */
function leftOut(why: string): string {
  if (process.env['CI'] && process.env['CI'] !== 'false') throw new Error(why);
  console.warn(`left out: ${why}`);
  return why;
}

/** Where a program is. */
export function programOf(program: string): string {
  const place = found(program);
  if (place === undefined) throw new Error(`${program} is not on this machine`);
  return place;
}

/** A user of the machine, as a process is started with. */
export function userOf(name: string): User {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`this machine has no user ${name}`);
  return { uid: Number(uid), gid: Number(gid) };
}

function found(program: string): string | undefined {
  const folders = [RABBITMQ, ...postgresFolders(), ...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin'];
  return folders.map((folder) => path.join(folder, program)).find(isExecutable);
}

/** The newest version first. */
function postgresFolders(): string[] {
  try {
    const versions = readdirSync(POSTGRESQL).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => path.join(POSTGRESQL, version, 'bin'));
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
