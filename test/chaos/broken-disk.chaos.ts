// SPDX-License-Identifier: Apache-2.0
/**
 * A history for which there is no room any more, and one whose disk does not answer: the system lets the engine's files grow no
 * further, or the thread that writes them is stopped. Who calls and tells meanwhile notices nothing, and what was to be written
 * is written when it can be.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalStatus } from '../../src/engine/engine-reader.js';
import { historyIs, statusesInHistory } from './history.js';
import { Siege } from './siege.js';

const STOPPED_THREAD = path.join(import.meta.dirname, 'fixtures/stopped-thread.py');

let folder: string;
let siege: Siege;
/** Whoever has stopped a thread of the engine. */
let stopper: ChildProcess | undefined;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'panorama-'));
  siege = await Siege.start({ flags: ['--history', path.join(folder, 'history.db'), '--workers', '0'] });
});
afterEach(async () => {
  // The system lets a thread go on when nobody holds it any more.
  stopper?.kill('SIGKILL');
  stopper = undefined;
  await siege.end();
  rmSync(folder, { recursive: true });
});

/** How large a file of the engine may become; what is larger by then stays as it is. */
function limitFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(siege.engine.process.pid), `--fsize=${bytes}:unlimited`]);
}

/** Stops the thread that writes the history; what it returns lets it go on. */
async function stopWriter(): Promise<() => void> {
  const child = spawn('python3', [STOPPED_THREAD, String(siege.engine.process.pid)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  stopper = child;
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [unknown];
  expect(String(said)).toMatch(/^stopped/);
  return () => void child.stdin.end();
}

const isFailing = ({ state }: JournalStatus) => state === 'failing';
const isWritten = ({ state, waiting }: JournalStatus) => state === 'ok' && waiting === 0;

/** Breaks the history, and mends it after a server was taken away and came back. */
async function withstand(breaks: () => Promise<() => void>): Promise<JournalStatus> {
  let mend = (): void => {};
  const { failed, attack } = await siege.withstand(async () => {
    expect((await historyIs(siege, 'written', isWritten)).kind).toBe('sqlite');
    mend = await breaks();
    return await historyIs(siege, 'failing', isFailing);
  });
  expect(failed).toBe(0);
  mend();
  const { lost } = await historyIs(siege, 'written', isWritten);
  expect(lost).toEqual({ transitions: 0, evidence: 0, views: 0 });
  expect(await statusesInHistory(siege, 'victim')).toEqual(expect.arrayContaining(['unhealthy', 'healthy']));
  return attack;
}

describe('a history keeps nobody from being heard, and is whole again when it can be written,', () => {
  it('without room', async () => {
    const { lastError } = await withstand(async () => {
      limitFiles(4096);
      return () => limitFiles('unlimited');
    });
    expect(lastError?.code).toMatch(/^PANO_HISTORY_(?:FULL|UNWRITABLE|BROKEN)$/);
  });

  it('on a disk that does not answer', async () => {
    const { lastError } = await withstand(stopWriter);
    expect(lastError?.code).toBe('PANO_HISTORY_BEHIND');
  });
});
