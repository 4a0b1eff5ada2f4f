// SPDX-License-Identifier: Apache-2.0
/** What the journal and its thread say to each other. */
import type { ErrorCode } from '../../model/errors.js';
import type { HistoryFileOptions } from './history-file.js';
import type { HistoryQuery, Recovered } from './journal.js';
import type { RecordSlice } from './waiting-records.js';

/** What the thread is started with. */
export type WorkerOptions = HistoryFileOptions;

/** An error as it crosses the border between threads. */
export interface ErrorMessage {
  readonly code: ErrorCode;
  readonly message: string;
}

export type ToWorker =
  | { readonly kind: 'write'; readonly records: RecordSlice }
  | { readonly kind: 'transitions' | 'evidence'; readonly id: number; readonly query: HistoryQuery }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'opened'; readonly recovered: Recovered }
  | { readonly kind: 'refused'; readonly error: ErrorMessage }
  /** The records handed over last are in the file. */
  | { readonly kind: 'written' }
  /** They are not. `again`: the same records may succeed later. */
  | { readonly kind: 'failed'; readonly error: ErrorMessage; readonly again: boolean }
  | { readonly kind: 'answer'; readonly id: number; readonly page: unknown }
  | { readonly kind: 'unanswered'; readonly id: number; readonly error: ErrorMessage }
  /** Nothing was asked, and something went wrong all the same. */
  | { readonly kind: 'trouble'; readonly error: ErrorMessage };
