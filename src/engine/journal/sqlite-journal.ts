// SPDX-License-Identifier: Apache-2.0
/**
 * A journal in a SQLite file. This side never touches the file: it hands slices of records to a thread, one at a time, so
 * that what comes meanwhile is written together with the next. When the thread fails, or does not answer, the same slice
 * is handed over again after a while; what waits is bounded, and nobody who reads transitions is kept waiting.
 */
import { type Clock, systemClock, type Timer } from '../../model/clock.js';
import { type ErrorCode, PanoramaError } from '../../model/errors.js';
import type { Transition } from '../../model/verdict.js';
import type {
  HistoryPage,
  HistoryQuery,
  Journal,
  JournalBatch,
  JournalLoss,
  JournalProgress,
  JournalStatus,
  NegativeEvidence,
  OpenedJournal,
} from './journal.js';
import { errorOf, JournalThread } from './journal-thread.js';
import { lossOf, type RecordSlice, sumOf, WaitingRecords } from './waiting-records.js';
import type { FromWorker } from './worker-messages.js';

export interface SqliteJournalOptions {
  readonly path: string;
  /** The layout of the views to come (`ViewCheckpoint`). */
  readonly layout: string;
  /** History older than this goes. Default 30 days. */
  readonly ageMaxMs?: number | undefined;
  /** Past so many bytes of the file the oldest history goes. Default 1 GiB. */
  readonly bytesMax?: number | undefined;
  /** Views seen within so many ms before the newest record are recovered. Default one minute. */
  readonly viewWindowMs?: number | undefined;
  /** Told once an episode of what goes wrong. */
  readonly onFault?: ((error: PanoramaError) => void) | undefined;
  /** Told when an episode is over and the history is written again, with all that was lost since the start. */
  readonly onMended?: ((lost: JournalLoss) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** The thread's program. Default the one beside this file. */
  readonly program?: URL | undefined;
}

const DAY_MS = 86_400_000;

/** Of the newest transitions: as many as the engine's log keeps, and 20 million characters of them. */
const RECOVERED_COUNT_MAX = 2000;
const RECOVERED_LENGTH_MAX = 20_000_000;

/** How long records wait for others to be written with, in ms: a transition is told so much later. */
const GATHERING_MS = 10;

/** How long the thread may take for a slice, in ms, before nobody waits for it any more: a commit takes milliseconds. */
const WRITE_MS = 2000;

/** After a fault it is tried again after so many ms, each time after twice as many, up to the second number. */
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 30_000;

export class SqliteJournal implements Journal {
  readonly keepsViews: boolean = true;
  readonly #options: SqliteJournalOptions;
  readonly #clock: Clock;
  readonly #thread: JournalThread;
  readonly #waiting = new WaitingRecords();
  #lost: JournalLoss = { transitions: 0, evidence: 0, views: 0 };
  /** Taken from what waits, and not known to be written. Handed over again after a fault. */
  #slice: RecordSlice | undefined;
  /** `out`: handed over, and no answer yet. `late`: nor in time. */
  #handed: 'no' | 'out' | 'late' = 'no';
  #state: JournalStatus['state'] = 'ok';
  #isOverflowing = false;
  /** What was said in this episode. */
  readonly #saidCodes = new Set<ErrorCode>();
  #retryMs = RETRY_MIN_MS;
  #lastError: JournalStatus['lastError'];
  #timer: Timer | undefined;
  #lateTimer: Timer | undefined;
  #writtenSeq = 0;
  #progress: JournalProgress = { durableSeq: 0, tellableSeq: 0 };
  #listener: (progress: JournalProgress) => void = () => undefined;
  /** Whoever closes waits for the answer to a slice. */
  #onAnswer: () => void = () => undefined;
  #isClosed = false;

  private constructor(options: SqliteJournalOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#thread = new JournalThread({
      options: {
        path: options.path,
        layout: options.layout,
        ageMaxMs: options.ageMaxMs ?? 30 * DAY_MS,
        bytesMax: options.bytesMax ?? 1_073_741_824,
        viewWindowMs: options.viewWindowMs ?? 60_000,
        transitionCountMax: RECOVERED_COUNT_MAX,
        transitionLengthMax: RECOVERED_LENGTH_MAX,
      },
      program: options.program ?? new URL('./sqlite-worker.js', import.meta.url),
      clock: this.#clock,
      onMessage: (message) => this.#hear(message),
      onGone: (error) => {
        if (this.#handed === 'no') this.#fail(error);
        else this.#failed(error);
      },
    });
  }

  /**
   * Opens or makes a history, and reads what the engine must know of it.
   *
   * @throws PanoramaError with a `PANO_HISTORY_…` code
   */
  static async open(options: SqliteJournalOptions): Promise<OpenedJournal> {
    const journal = new SqliteJournal(options);
    const first = await journal.#thread.start();
    if (first.kind === 'opened') return { journal, recovered: first.recovered };
    throw errorOf(first.error);
  }

  write(batch: JournalBatch): void {
    if (this.#isClosed) return;
    const last = batch.transitions?.at(-1);
    if (last) this.#writtenSeq = last.seq;
    this.#overflow(this.#waiting.push(batch));
    if (this.#state === 'failing') this.#tell(this.#progress.durableSeq, this.#writtenSeq);
    if (this.#handed === 'no') this.#timer ??= this.#clock.setTimer(GATHERING_MS, () => this.#handOver());
  }

  onProgress(listener: (progress: JournalProgress) => void): void {
    this.#listener = listener;
  }

  transitions(query: HistoryQuery): Promise<HistoryPage<Transition>> {
    return this.#thread.ask('transitions', query) as Promise<HistoryPage<Transition>>;
  }

  evidence(query: HistoryQuery): Promise<HistoryPage<NegativeEvidence>> {
    return this.#thread.ask('evidence', query) as Promise<HistoryPage<NegativeEvidence>>;
  }

  status(): JournalStatus {
    const { transitions, evidence, views } = lossOf(this.#slice);
    return {
      kind: 'sqlite',
      path: this.#options.path,
      state: this.#state,
      lagging: this.#state === 'failing' || this.#waiting.isLong,
      waiting: this.#waiting.count + transitions + evidence + views,
      lost: this.#lost,
      lastError: this.#lastError,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#thread.hold();
    // Once more even while it fails: there may be room by now. Ends, for nothing is added any more.
    do {
      if (this.#handed === 'late') break;
      const answered = new Promise<void>((resolve) => {
        this.#onAnswer = resolve;
      });
      if (!this.#handOver() && this.#handed === 'no') break;
      await answered;
    } while (this.#state === 'ok');
    this.#timer?.cancel();
    this.#lateTimer?.cancel();
    this.#lose(lossOf(this.#slice));
    this.#slice = undefined;
    while (this.#waiting.count > 0) this.#lose(lossOf(this.#waiting.take()));
    await this.#thread.end();
  }

  /** Hands the next slice over, if it is time for one. Returns whether it did. */
  #handOver(): boolean {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#handed !== 'no') return false;
    if (!this.#slice && this.#waiting.count > 0) this.#slice = this.#waiting.take();
    const records = this.#slice;
    if (!records) return false;
    this.#handed = 'out';
    this.#lateTimer = this.#clock.setTimer(WRITE_MS, () => this.#late());
    if (this.#thread.isRunning) this.#thread.tell({ kind: 'write', records });
    else this.#startAgain(records);
    return true;
  }

  #startAgain(records: RecordSlice): void {
    this.#thread.start().then(
      (first) => {
        if (first.kind === 'opened') this.#thread.tell({ kind: 'write', records });
        else this.#failed(errorOf(first.error));
      },
      (error: unknown) => this.#failed(PanoramaError.from(error)),
    );
  }

  #hear(message: FromWorker): void {
    if (message.kind === 'written') this.#written();
    else if (message.kind === 'failed' && message.again) this.#failed(errorOf(message.error));
    else if (message.kind === 'failed') this.#refused(errorOf(message.error));
    else if (message.kind === 'trouble') this.#say(errorOf(message.error));
  }

  #written(): void {
    const mended = this.#state === 'failing';
    this.#state = 'ok';
    this.#retryMs = RETRY_MIN_MS;
    this.#isOverflowing &&= this.#waiting.isLong;
    this.#answered();
    if (!mended) return;
    this.#saidCodes.clear();
    this.#options.onMended?.(this.#lost);
  }

  /** The records themselves cannot be written: they would fail for ever, and hold up all others. */
  #refused(error: PanoramaError): void {
    this.#lose(lossOf(this.#slice));
    this.#fail(error);
    this.#answered();
  }

  /** A slice is done with, one way or the other. */
  #answered(): void {
    const seq = this.#slice?.transitions.at(-1)?.seq;
    this.#slice = undefined;
    this.#handed = 'no';
    this.#lateTimer?.cancel();
    if (seq !== undefined) this.#tell(seq, seq);
    const delayMs = this.#waiting.isLong ? 0 : GATHERING_MS;
    if (this.#waiting.count > 0) this.#timer ??= this.#clock.setTimer(delayMs, () => this.#handOver());
    this.#onAnswer();
  }

  /** The file or the thread fails: the slice is kept, and handed over again. */
  #failed(error: PanoramaError): void {
    this.#handed = 'no';
    this.#lateTimer?.cancel();
    this.#fail(error);
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(this.#retryMs, () => this.#handOver());
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
    this.#onAnswer();
  }

  /** The thread is at it, and the disk does not answer. Its answer will come, or it hangs for good; nobody waits. */
  #late(): void {
    this.#handed = 'late';
    this.#fail(
      new PanoramaError(
        'PANO_HISTORY_BEHIND',
        `writing the history ${this.#options.path} has taken more than ${WRITE_MS} ms; see whether its disk is in order`,
      ),
    );
    this.#onAnswer();
  }

  #fail(error: PanoramaError): void {
    this.#state = 'failing';
    this.#say(error);
    this.#tell(this.#progress.durableSeq, this.#writtenSeq);
  }

  /** Once an episode; what was noted last is there for whoever asks. */
  #say(error: PanoramaError): void {
    const { code, message } = error;
    this.#lastError = { code, message, atMs: this.#clock.nowMs() };
    if (this.#saidCodes.has(code)) return;
    this.#saidCodes.add(code);
    this.#options.onFault?.(error);
  }

  #overflow(loss: JournalLoss): void {
    this.#lose(loss);
    if (loss.transitions + loss.evidence + loss.views === 0 || this.#isOverflowing || this.#state === 'failing') return;
    this.#isOverflowing = true;
    this.#saidCodes.delete('PANO_HISTORY_BEHIND');
    this.#say(
      new PanoramaError(
        'PANO_HISTORY_BEHIND',
        `the history ${this.#options.path} is written more slowly than it grows; the oldest records that wait are given up`,
      ),
    );
  }

  #lose(loss: JournalLoss): void {
    this.#lost = sumOf(this.#lost, loss);
  }

  #tell(durable: number, tellable: number): void {
    const durableSeq = Math.max(durable, this.#progress.durableSeq);
    const tellableSeq = Math.max(tellable, this.#progress.tellableSeq, durableSeq);
    if (durableSeq === this.#progress.durableSeq && tellableSeq === this.#progress.tellableSeq) return;
    this.#progress = { durableSeq, tellableSeq };
    this.#listener(this.#progress);
  }
}
