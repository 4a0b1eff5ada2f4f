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
  if (foundBuild('collector') !== undefined) return undefined;
  return leftOut('there is no Collector on this machine; .ci/collector/build builds it with Go', 'collector');
}

/** The same of OpenTelemetry's SDK for Python, which no package of Debian's has. */
export function whyWithoutPythonSdk(): string | undefined {
  if (foundBuild('python') !== undefined) return undefined;
  return leftOut('there is no OpenTelemetry SDK for Python on this machine; .ci/python/build installs it', 'python');
}

/** Where the Python is that has it. */
export function pythonWithSdk(): string {
  return built('python');
}

/** Where the Collector is. */
export function collectorProgram(): string {
  return built('collector');
}

/**
 * On a developer's machine such tests are left out, and that is said: most changes touch nothing of them, and nobody
 * should have to install a broker to mend a sentence. Under `CI` it is an error, because there a test that is silently
 * left out is a promise that nobody keeps. `.ci/run` names in `STACK_LEFT_OUT` what it could not build, and says so itself.
 */
function leftOut(why: string, name?: string): string {
  const isSaid = name !== undefined && (process.env['STACK_LEFT_OUT'] ?? '').split(' ').includes(name);
  if (!isSaid && process.env['CI'] && process.env['CI'] !== 'false') throw new Error(why);
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

function built(name: 'collector' | 'python'): string {
  const place = foundBuild(name);
  if (place === undefined) throw new Error(`what .ci/${name}/build makes is not on this machine`);
  return place;
}

/** What `.ci/<name>/build` has made before. */
function foundBuild(name: 'collector' | 'python'): string | undefined {
  const build = path.join(ROOT, '.ci', name, 'build');
  const { status, stdout } = spawnSync(build, ['--find'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
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
