// SPDX-License-Identifier: Apache-2.0
/**
 * The threads that decode, all together. A body goes to the one with the least to do. One that is gone is replaced; where there is none,
 * or a body is not worth the way, its owner decodes it itself, so that no thread is ever needed.
 */
import type { Clock, Timer } from '../../model/clock.js';
import { FINGERPRINT_SEED } from '../../model/fingerprint.js';
import { DecoderThread } from './decoder-thread.js';
import { Decoding } from './decoding.js';
import { CommonForms, FormMirror } from './form-mirror.js';
import { SharedStretches } from './shared-stretches.js';

export interface DecoderThreadsOptions {
  /** How many threads; at least 1. */
  readonly count: number;
  /** Whether a user's own rules may look at anything in a call. */
  readonly hasOwnRules: boolean;
  /** Largest body that there may be. */
  readonly bodyBytesMax: number;
  /** Bytes of all bodies on their way at once. */
  readonly bytesInFlightMax: number;
  readonly clock: Clock;
  /** Bytes below which a body is not worth the way. Default `WORTHWHILE_BYTES`. */
  readonly worthwhileBytes?: number | undefined;
  /** Told of each thread that was lost. */
  readonly onLost?: ((why: string) => void) | undefined;
  /** The threads' program. Default the one beside this file. */
  readonly program?: URL | undefined;
}

/** Bytes below which a body is decoded sooner than it is handed over and back. */
const WORTHWHILE_BYTES = 16 * 1024;

/** How long it takes until a thread is tried again that ended before it had served, in ms. */
const RETRY_MS = 1000;

/** A thread's heap, in MB: two generations of forms take a hundred; and as JSON, a body takes many times its bytes. */
const HEAP_MB = 256;
const HEAP_PER_BODY_BYTE = 24;

/** A stretch is up to two and a half times as large as its body. */
const STRETCH_PER_BODY = 2.5;

const BYTES_PER_MB = 1024 * 1024;

export class DecoderThreads {
  readonly #options: DecoderThreadsOptions;
  readonly #common = new CommonForms();
  readonly #stretches: SharedStretches;
  readonly #threads = new Set<DecoderThread>();
  readonly #retries = new Set<Timer>();
  #isClosed = false;
  #lostCount = 0;
  #handedOverCount = 0;

  private constructor(options: DecoderThreadsOptions) {
    this.#options = options;
    this.#stretches = new SharedStretches(STRETCH_PER_BODY * options.bytesInFlightMax);
  }

  /** Starts the threads, and waits until each is ready or has failed to become so. */
  static async start(options: DecoderThreadsOptions): Promise<DecoderThreads> {
    const threads = new DecoderThreads(options);
    await Promise.all(Array.from({ length: options.count }, () => threads.#startOne()));
    return threads;
  }

  /** Threads that take bodies now. */
  get readyCount(): number {
    return [...this.#threads].filter(({ isReady }) => isReady).length;
  }

  /** Bodies that were given to a thread. */
  get handedOverCount(): number {
    return this.#handedOverCount;
  }

  /** Threads that ended without having been told to. */
  get lostCount(): number {
    return this.#lostCount;
  }

  /** Bytes of bodies that no thread has answered yet. */
  get bytesAsked(): number {
    return [...this.#threads].reduce((sum, { bytesAsked }) => sum + bytesAsked, 0);
  }

  /** Hands a body over: it is copied, and need not be kept. `undefined` where its owner decodes it with less effort. */
  handOver(body: Uint8Array, encoding: 'protobuf' | 'json'): Decoding | undefined {
    if (body.length < (this.#options.worthwhileBytes ?? WORTHWHILE_BYTES)) return undefined;
    let idlest: DecoderThread | undefined;
    for (const thread of this.#threads) {
      if (thread.isReady && !(idlest && idlest.bytesAsked <= thread.bytesAsked)) idlest = thread;
    }
    const memory = idlest && this.#stretches.take(body.length);
    if (!idlest || !memory) return undefined;
    new Uint8Array(memory).set(body);
    const decoding = new Decoding({ encoding, memory, length: body.length }, this.#stretches);
    this.#handedOverCount++;
    idlest.ask(decoding);
    return decoding;
  }

  /** Ends them all. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const retry of this.#retries) retry.cancel();
    await Promise.all([...this.#threads].map((thread) => thread.stop()));
  }

  #startOne(): Promise<void> {
    const { program, hasOwnRules, bodyBytesMax, clock } = this.#options;
    return new Promise((resolve) => {
      const thread = new DecoderThread({
        program: program ?? new URL('./decoder-program.js', import.meta.url),
        settings: { seed: FINGERPRINT_SEED, hasOwnRules },
        heapMbMax: HEAP_MB + Math.ceil((HEAP_PER_BODY_BYTE * bodyBytesMax) / BYTES_PER_MB),
        clock,
        mirror: new FormMirror(this.#common),
        onReady: resolve,
        onGone: (why, hasServed) => {
          resolve();
          this.#lose(thread, why, hasServed);
        },
      });
      this.#threads.add(thread);
    });
  }

  #lose(thread: DecoderThread, why: string, hasServed: boolean): void {
    this.#threads.delete(thread);
    this.#lostCount++;
    this.#options.onLost?.(why);
    if (this.#isClosed) return;
    if (hasServed) {
      void this.#startOne();
      return;
    }
    const retry = this.#options.clock.setTimer(RETRY_MS, () => {
      this.#retries.delete(retry);
      void this.#startOne();
    });
    this.#retries.add(retry);
  }
}
