// SPDX-License-Identifier: Apache-2.0
/** Files that change under a running engine: what is new is used, what is broken is said and not used. */
import { mkdtempSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILE_BYTES_MAX, LOOK_MS, WatchedFiles } from '../../../src/engine/access/watched-files.js';
import { PanoramaError } from '../../../src/model/errors.js';
import { FakeClock } from '../../support/fake-clock.js';
import { until } from '../../support/until.js';

let folder: string;
let clock: FakeClock;
let changes: string[];
let errors: PanoramaError[];
let files: WatchedFiles<string> | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'panorama-'));
  clock = new FakeClock();
  changes = [];
  errors = [];
});
afterEach(() => {
  files?.close();
  rmSync(folder, { recursive: true });
});

const at = (name: string) => path.join(folder, name);

/** A pair of files that must agree, as a certificate and its key must. */
async function open(): Promise<string> {
  const opened = await WatchedFiles.open<string>({
    clock,
    files: [
      { option: 'tlsCert', path: at('one') },
      { option: 'tlsKey', path: at('other') },
    ],
    read: ([one, other]) => {
      if (String(one) !== String(other)) throw new PanoramaError('PANO_ACCESS_FILE', `${one} is not ${other}`);
      return String(one);
    },
    onChange: (value) => changes.push(value),
    onError: (error) => errors.push(error),
  });
  files = opened.files;
  return opened.value;
}

/** Lets the time of a look come, and the look be over: then the next one is set. */
async function look(): Promise<void> {
  clock.advance(LOOK_MS);
  await until('the look to be over', () => (clock.timerCount === 1 ? true : undefined));
}

function write(one: string, other = one): void {
  writeFileSync(at('one'), one);
  writeFileSync(at('other'), other);
}

describe('at the start', () => {
  it('gives what the files hold', async () => {
    write('a');
    expect(await open()).toBe('a');
  });

  it('names the option and the path of a file that cannot be read', async () => {
    write('a');
    unlinkSync(at('other'));
    await expect(open()).rejects.toMatchObject({
      code: 'PANO_ACCESS_FILE',
      message: expect.stringContaining('ENOENT'),
    });
    await expect(open()).rejects.toThrow(/^tlsKey: .*other/);
  });

  it('reads no file of any size', async () => {
    write('a');
    truncateSync(at('one'), FILE_BYTES_MAX + 1);
    await expect(open()).rejects.toThrow(/more than 1048576/);
  });
});

describe('afterwards', () => {
  beforeEach(async () => {
    write('a');
    await open();
  });

  it('says nothing while nothing changes', async () => {
    for (let count = 0; count < 3; count++) await look();
    expect([changes, errors]).toEqual([[], []]);
  });

  it('tells what is new, once, although the size and the time of the file may be the same', async () => {
    write('b');
    for (let count = 0; count < 3; count++) await look();
    expect([changes, errors]).toEqual([['b'], []]);
  });

  it('follows a link that points elsewhere, as a mounted secret does', async () => {
    writeFileSync(at('new'), 'b');
    for (const name of ['one', 'other']) {
      unlinkSync(at(name));
      symlinkSync(at('new'), at(name));
    }
    await look();
    expect(changes).toEqual(['b']);
  });

  it('is patient with a pair that is being replaced', async () => {
    write('b', 'a');
    await look();
    write('b');
    await look();
    expect([changes, errors]).toEqual([['b'], []]);
  });

  it('says once what stays broken, and uses what comes after it', async () => {
    write('b', 'a');
    for (let count = 0; count < 5; count++) await look();
    expect(errors.map(({ message }) => message)).toEqual(['b is not a']);
    expect(changes).toEqual([]);
    write('c', 'a');
    for (let count = 0; count < 5; count++) await look();
    expect(errors.map(({ message }) => message)).toEqual(['b is not a', 'c is not a']);
    write('d');
    await look();
    expect(changes).toEqual(['d']);
  });

  it('misses no file that is away for a moment, and says that one is gone', async () => {
    unlinkSync(at('one'));
    await look();
    expect(errors).toEqual([]);
    await look();
    await look();
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/^tlsCert: .*ENOENT/)]);
    write('a');
    await look();
    expect(changes).toEqual([]);
  });

  it('looks no more once it is closed', async () => {
    files?.close();
    expect(clock.timerCount).toBe(0);
  });
});
