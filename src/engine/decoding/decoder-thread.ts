// SPDX-License-Identifier: Apache-2.0
/**
 * A decoding thread as its owner sees it: it is given bodies, answers them in their order, and may be gone at any moment. What it
 * has not answered by then fails in a way that invites its sender to send it again. It keeps no process alive, except while it starts.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import type { DecoderSettings, FromDecoder } from './decoder-messages.js';
import type { Decoding } from './decoding.js';
import type { FormMirror } from './form-mirror.js';

export interface DecoderThreadParts {
  readonly program: URL;
  readonly settings: DecoderSettings;
  readonly heapMbMax: number;
  readonly clock: Clock;
  readonly mirror: FormMirror;
  readonly onReady: () => void;
  /** Told once, when it ends without having been told to. `hasServed`: it had answered something. */
  readonly onGone: (why: string, hasServed: boolean) => void;
}

/**
 * How long one body may take, in ms. Decoding is linear in the body and takes milliseconds; an exporter waits ten seconds. Whoever
 * takes longer is stuck, and everything behind it waits.
 */
const ANSWER_MS = 10_000;

export class DecoderThread {
  readonly #parts: DecoderThreadParts;
  readonly #worker: Worker;
  /** What it has not answered, oldest first. */
  readonly #asked: Decoding[] = [];
  #timer: Timer | undefined;
  #isReady = false;
  #isOver = false;
  #hasServed = false;
  #bytesAsked = 0;

  constructor(parts: DecoderThreadParts) {
    this.#parts = parts;
    const { program, settings, heapMbMax } = parts;
    // Flags of the host's command line are about the host's program; some would keep a thread from starting.
    this.#worker = new Worker(program, {
      workerData: settings,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    });
    this.#worker.on('message', (message: FromDecoder) => this.#hear(message));
    this.#worker.on('error', (error) => this.#end(error.message));
    this.#worker.on('exit', (code) => this.#end(`it ended with ${code}`));
  }

  /** Whether it takes bodies. */
  get isReady(): boolean {
    return this.#isReady && !this.#isOver;
  }

  /** Bytes of the bodies that it has not answered. */
  get bytesAsked(): number {
    return this.#bytesAsked;
  }

  /** Which thread of the process it is. */
  get threadId(): number {
    return this.#worker.threadId;
  }

  ask(decoding: Decoding): void {
    this.#asked.push(decoding);
    this.#bytesAsked += decoding.request.length;
    if (this.#asked.length === 1) this.#watch();
    this.#worker.postMessage(decoding.request);
  }

  /** Ends it. What it has not answered fails. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#worker.terminate();
    this.#failAll('the engine is closing');
  }

  #hear(message: FromDecoder): void {
    if (message.kind === 'ready') {
      this.#isReady = true;
      this.#worker.unref();
      this.#parts.onReady();
      return;
    }
    const decoding = this.#asked.shift();
    if (decoding === undefined) return;
    this.#hasServed = true;
    this.#bytesAsked -= decoding.request.length;
    this.#watch();
    if (message.kind === 'decoded') decoding.finish(message.spans, this.#parts.mirror);
    else decoding.refuse(new PanoramaError(message.code, message.message));
  }

  #watch(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#asked.length === 0) return;
    this.#timer = this.#parts.clock.setTimer(ANSWER_MS, () => {
      this.#end(`it gave no answer in ${ANSWER_MS} ms`);
      void this.#worker.terminate();
    });
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // Before what waits is told: it may be sent again at once.
    this.#parts.onGone(why, this.#hasServed);
    this.#failAll(why);
  }

  #failAll(why: string): void {
    this.#timer?.cancel();
    const error = new PanoramaError(
      'PANO_DECODER_LOST',
      `the thread that decoded the request is gone: ${why}; send the request again`,
    );
    for (const decoding of this.#asked.splice(0)) decoding.lose(error);
    this.#bytesAsked = 0;
  }
}
