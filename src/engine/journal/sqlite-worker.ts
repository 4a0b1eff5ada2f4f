// SPDX-License-Identifier: Apache-2.0
/**
 * The journal's thread: the only place that loads SQLite. It writes one slice of records at a time, answers questions
 * between them, and forgets what is too old while there is nothing else to do. After a fault of the file it opens it
 * anew with the next slice, so that a disk that has room again, or a file that was moved away, needs no restart.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type Sqlite from 'better-sqlite3';
import { systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { HistoryFile } from './history-file.js';
import type { Recovered } from './journal.js';
import { historyFault, mayPass } from './sqlite-faults.js';
import type { RecordSlice } from './waiting-records.js';
import type { ErrorMessage, FromWorker, ToWorker, WorkerOptions } from './worker-messages.js';

/** How often it is looked whether something is to be forgotten, in ms; and between two slices while something is. */
const RETENTION_MS = 1000;
const RETENTION_GAP_MS = 10;

/** Rows forgotten in one slice: some milliseconds. And for each row written, so that no flood outruns the bound. */
const FORGOTTEN_PER_SLICE = 500;
const FORGOTTEN_PER_ROW = 2;

const options = workerData as WorkerOptions;
let driver: typeof Sqlite;
let file: HistoryFile | undefined;

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

async function loadDriver(): Promise<typeof Sqlite> {
  try {
    const { default: loaded } = await import('better-sqlite3');
    // Its binary is loaded with the first database, and fits one Node only.
    new loaded(':memory:').close();
    return loaded;
  } catch (thrown) {
    throw new PanoramaError(
      'PANO_HISTORY_DRIVER',
      `the history ${options.path} needs the package better-sqlite3, which is not there or does not fit Node ${process.version}; ` +
        'run `npm install better-sqlite3`, or leave --history out',
      thrown,
    );
  }
}

function open(): { file: HistoryFile; recovered: Recovered } {
  const opened = HistoryFile.open(driver, options);
  try {
    const recovered = opened.recover();
    opened.forgetViewsBut(recovered);
    return { file: opened, recovered };
  } catch (thrown) {
    opened.close();
    throw historyFault(thrown, options.path);
  }
}

function letGo(): void {
  try {
    file?.close();
  } catch {
    // It is broken anyway.
  }
  file = undefined;
}

function write(records: RecordSlice): void {
  try {
    file ??= open().file;
    file.write(records);
    say({ kind: 'written' });
    retain(FORGOTTEN_PER_ROW * (records.transitions.length + records.evidence.length));
  } catch (thrown) {
    const again = mayPass(thrown);
    const error = messageOf(historyFault(thrown, options.path));
    // A full disk leaves the file as it was, and it can still be read.
    if (again && error.code !== 'PANO_HISTORY_FULL') letGo();
    say({ kind: 'failed', error, again });
  }
}

function answer(message: Extract<ToWorker, { kind: 'transitions' | 'evidence' }>): void {
  const { kind, id, query } = message;
  try {
    file ??= open().file;
    say({ kind: 'answer', id, page: file[kind](query) });
  } catch (thrown) {
    say({ kind: 'unanswered', id, error: messageOf(historyFault(thrown, options.path)) });
  }
}

/** Forgets one slice. Returns whether there is more to forget. */
function retain(rowCountMax: number): boolean {
  if (!file || rowCountMax === 0) return false;
  try {
    return file.retain(systemClock.nowMs(), rowCountMax);
  } catch (thrown) {
    say({ kind: 'trouble', error: messageOf(historyFault(thrown, options.path)) });
    return false;
  }
}

function retainFromTimeToTime(): void {
  const more = retain(FORGOTTEN_PER_SLICE);
  systemClock.setTimer(more ? RETENTION_GAP_MS : RETENTION_MS, retainFromTimeToTime);
}

function messageOf({ code, message }: PanoramaError): ErrorMessage {
  return { code, message };
}

async function start(): Promise<void> {
  try {
    driver = await loadDriver();
    const { file: opened, recovered } = open();
    file = opened;
    say({ kind: 'opened', recovered });
  } catch (thrown) {
    say({ kind: 'refused', error: messageOf(historyFault(thrown, options.path)) });
    return;
  }
  retainFromTimeToTime();
  parentPort?.on('message', (message: ToWorker) => {
    if (message.kind === 'write') write(message.records);
    else if (message.kind === 'close') {
      letGo();
      parentPort?.close();
    } else answer(message);
  });
}

void start();
