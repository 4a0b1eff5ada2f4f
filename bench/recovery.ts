// SPDX-License-Identifier: Apache-2.0
/**
 * How long an engine takes to know again what it knew: a history of a given size is written as an engine writes it, the
 * writer is killed, and the time is taken from opening the file to having everything that a start needs.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SqliteJournal } from 'panorama-otel/engine';
import { median } from './rounds.js';

/** How often the same file is opened; the first time its log is written into it. */
const ROUNDS = 7;

const BYTES_PER_GB = 1e9;

export interface RecoveryFigures {
  readonly history_gb: number;
  /** Opening after `kill -9`. */
  readonly recovery_s: number;
  /** Opening what was closed in an orderly way, the median. */
  readonly reopening_s: number;
  readonly transitions: number;
  readonly verdicts: number;
  readonly views: number;
}

/** The layout of the views that the writer writes. */
export const LAYOUT = 'bench/1/24';

/** @param gb size of the history in GB (10⁹ bytes); default 1 */
export async function benchRecovery(gb = 1, rounds: number = ROUNDS): Promise<RecoveryFigures> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const folder = mkdtempSync(path.join(tmpdir(), 'panorama-recovery-'));
  const file = path.join(folder, 'history.db');
  try {
    say(`writing a history of ${gb} GB …`);
    const { writtenSeconds, records } = await killedWriter(file, gb * BYTES_PER_GB);
    const bytes = statSync(file).size;
    say(`  ${records} records in ${writtenSeconds.toFixed(0)} s; the file has ${(bytes / BYTES_PER_GB).toFixed(2)} GB`);
    const first = await openedIn(file);
    say(`  after kill -9: ${first.seconds.toFixed(3)} s to ${shown(first)}`);
    const again: number[] = [];
    for (let round = 0; round < rounds; round++) again.push((await openedIn(file)).seconds);
    say(`  after an orderly end: ${median(again).toFixed(3)} s, the median of ${rounds}`);
    const { transitions, verdicts, views } = first;
    return {
      history_gb: rounded(bytes / BYTES_PER_GB),
      recovery_s: rounded(first.seconds),
      reopening_s: rounded(median(again)),
      ...{ transitions, verdicts, views },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the writer until the file is as large as wanted, and kills it. */
async function killedWriter(file: string, bytes: number): Promise<{ writtenSeconds: number; records: number }> {
  const startMs = performance.now();
  const writer = fork(fileURLToPath(new URL('./history-writer.js', import.meta.url)), [file, String(bytes)]);
  const gone = once(writer, 'exit');
  const early = gone.then(([code]) => Promise.reject(new Error(`the writer of the history ended with ${code}`)));
  early.catch(() => undefined);
  const [records] = (await Promise.race([once(writer, 'message'), early])) as [number];
  writer.kill('SIGKILL');
  await gone;
  return { writtenSeconds: (performance.now() - startMs) / 1000, records };
}

async function openedIn(file: string) {
  const startMs = performance.now();
  const { journal, recovered } = await SqliteJournal.open({
    path: file,
    layout: LAYOUT,
    bytesMax: Number.MAX_SAFE_INTEGER,
  });
  const seconds = (performance.now() - startMs) / 1000;
  await journal.close();
  const { transitions, verdicts, views } = recovered;
  return { seconds, transitions: transitions.length, verdicts: verdicts.length, views: views.length };
}

function shown({ transitions, verdicts, views }: { transitions: number; verdicts: number; views: number }): string {
  return `${transitions} transitions, ${verdicts} verdicts and ${views} views`;
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
