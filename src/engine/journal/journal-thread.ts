// SPDX-License-Identifier: Apache-2.0
/**
 * The thread behind a journal, as its owner sees it: it is started, told things, asked things, and may be gone at any
 * moment. It keeps no process alive, except while it starts and while it ends.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { historyFault } from './sqlite-faults.js';
import type { FromWorker, ToWorker, WorkerOptions } from './worker-messages.js';

export interface JournalThreadParts {
  readonly options: WorkerOptions;
  readonly program: URL;
  readonly clock: Clock;
  /** Told of what the thread says unasked, and of what it says about writing. */
  readonly onMessage: (message: FromWorker) => void;
  /** Told when it ends without having been told to. */
  readonly onGone: (error: PanoramaError) => void;
}

interface Question {
  resolve(page: unknown): void;
  reject(error: PanoramaError): void;
}

/** How long an answer may take, in ms: a page is found by an index, but many may be asked for at once. */
const ANSWER_MS = 10_000;

/** Questions that wait for an answer, at the most. */
const QUESTION_COUNT_MAX = 100;

/** How long ending may take, in ms: the log is written into the file. */
const END_MS = 10_000;

export class JournalThread {
  readonly #parts: JournalThreadParts;
  readonly #questions = new Map<number, Question>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(parts: JournalThreadParts) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Starts it, and waits until it has opened the file or says why not. */
  start(): Promise<Extract<FromWorker, { kind: 'opened' | 'refused' }>> {
    const { options, program, onMessage } = this.#parts;
    // Flags of the host's command line are about the host's program; some would keep a thread from starting.
    const worker = new Worker(program, { workerData: options, execArgv: [] });
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'answer') this.#questions.get(message.id)?.resolve(message.page);
        else if (message.kind === 'unanswered') this.#questions.get(message.id)?.reject(errorOf(message.error));
        else if (message.kind === 'opened' || message.kind === 'refused') {
          if (message.kind === 'opened') this.#worker = worker;
          worker.unref();
          resolve(message);
        } else onMessage(message);
      });
      worker.on('error', (error) => {
        reject(historyFault(error, options.path));
        this.#gone(worker, error.message);
      });
      worker.on('exit', () => {
        reject(new PanoramaError('PANO_INTERNAL', 'the thread of the history ended before it had begun'));
        this.#gone(worker, 'it ended');
      });
    });
  }

  /** Says something, if there is anybody to listen. */
  tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  /** @throws PanoramaError where there is no answer */
  ask(kind: 'transitions' | 'evidence', query: Extract<ToWorker, { id: number }>['query']): Promise<unknown> {
    const { path } = this.#parts.options;
    if (!this.#worker || this.#questions.size >= QUESTION_COUNT_MAX) {
      return Promise.reject(
        new PanoramaError('PANO_HISTORY_BEHIND', `the history ${path} cannot be read at the moment; try again shortly`),
      );
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const late = new PanoramaError('PANO_HISTORY_BEHIND', `the history ${path} gave no answer in ${ANSWER_MS} ms`);
      const timer = this.#parts.clock.setTimer(ANSWER_MS, () => this.#questions.get(id)?.reject(late));
      const done = () => {
        timer.cancel();
        this.#questions.delete(id);
      };
      this.#questions.set(id, {
        resolve: (page) => {
          done();
          resolve(page);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      this.tell({ kind, id, query });
    });
  }

  /** The process stays alive for it from now on. */
  hold(): void {
    this.#worker?.ref();
  }

  /** Lets it close the file; if that takes too long, ends it all the same. */
  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    this.#rejectAll('the engine is closing');
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ kind: 'close' } satisfies ToWorker);
    const timer = this.#parts.clock.setTimer(END_MS, () => void worker.terminate());
    await gone;
    timer.cancel();
  }

  #gone(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const error = this.#rejectAll(why);
    this.#parts.onGone(error);
  }

  #rejectAll(why: string): PanoramaError {
    const { path } = this.#parts.options;
    const error = new PanoramaError(
      'PANO_HISTORY_BEHIND',
      `nobody writes or reads the history ${path} just now: ${why}`,
    );
    for (const question of [...this.#questions.values()]) question.reject(error);
    return error;
  }
}

/** An error that has crossed the border between threads. */
export function errorOf({
  code,
  message,
}: {
  readonly code: PanoramaError['code'];
  readonly message: string;
}): PanoramaError {
  return new PanoramaError(code, message);
}
