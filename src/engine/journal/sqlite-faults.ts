// SPDX-License-Identifier: Apache-2.0
/**
 * What SQLite throws, in our words: which error it is, what to do, and whether the same write may succeed later. A fault
 * of the disk or the file passes or is mended; one of the records themselves would be met again for ever.
 */
import { type ErrorCode, PanoramaError } from '../../model/errors.js';

/** By the first two words of SQLite's code: `SQLITE_IOERR_WRITE` is an `SQLITE_IOERR`. */
const FAULTS: Readonly<Record<string, readonly [code: ErrorCode, what: string, advice: string]>> = {
  SQLITE_FULL: ['PANO_HISTORY_FULL', 'finds no room for', 'free some, or give a smaller --history-max-mb'],
  SQLITE_BUSY: ['PANO_HISTORY_LOCKED', 'may not open', 'another process has it open; stop that, or give another file'],
  SQLITE_LOCKED: [
    'PANO_HISTORY_LOCKED',
    'may not open',
    'another process has it open; stop that, or give another file',
  ],
  SQLITE_CANTOPEN: ['PANO_HISTORY_UNWRITABLE', 'cannot open', 'its folder must exist and be writable'],
  SQLITE_READONLY: ['PANO_HISTORY_UNWRITABLE', 'may not write', 'the file and its folder must be writable'],
  SQLITE_PERM: ['PANO_HISTORY_UNWRITABLE', 'may not write', 'the file and its folder must be writable'],
  SQLITE_IOERR: ['PANO_HISTORY_UNWRITABLE', 'cannot read or write', 'see whether its disk is in order'],
  SQLITE_NOTADB: ['PANO_HISTORY_BROKEN', 'finds no history in', 'move the file away, or give another'],
  SQLITE_CORRUPT: ['PANO_HISTORY_BROKEN', 'finds damage in', 'move the file away, or restore it from a copy'],
};

/** An error of ours, from whatever was thrown while the file was used. */
export function historyFault(thrown: unknown, path: string): PanoramaError {
  if (thrown instanceof PanoramaError) return thrown;
  const [code, what, advice] = faultOf(thrown) ?? [];
  if (!code) return PanoramaError.from(thrown);
  return new PanoramaError(code, `the engine ${what} the history ${path}: ${messageOf(thrown)}; ${advice}`, thrown);
}

/** Whether the fault lies with the disk or the file, so that the same write may succeed later. */
export function mayPass(thrown: unknown): boolean {
  return faultOf(thrown) !== undefined || (thrown instanceof PanoramaError && thrown.code !== 'PANO_INTERNAL');
}

function faultOf(thrown: unknown): (typeof FAULTS)[string] | undefined {
  const { code, syscall } = (thrown ?? {}) as { code?: unknown; syscall?: unknown };
  // Of the file system, when we look at the file ourselves.
  if (syscall !== undefined) return FAULTS['SQLITE_IOERR'];
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return undefined;
  // SQLite says "I/O error" of some writes that found no room.
  if (code === 'SQLITE_IOERR_SHMSIZE') return FAULTS['SQLITE_FULL'];
  return FAULTS[code.split('_', 2).join('_')];
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
