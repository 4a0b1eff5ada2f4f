// SPDX-License-Identifier: Apache-2.0
/** One body on its way through a decoding thread, as its owner sees it. */
import { PanoramaError } from '../../model/errors.js';
import type { SpanBatch } from '../wire/span-batch.js';
import type { DecodedSpans, ToDecoder } from './decoder-messages.js';
import type { FormMirror } from './form-mirror.js';
import type { SharedStretches } from './shared-stretches.js';

export class Decoding {
  readonly request: ToDecoder;
  /** Called when it is ready. */
  onReady: () => void = () => {};
  readonly #stretches: SharedStretches;
  #mirror: FormMirror | undefined;
  #isLost = false;
  #outcome: DecodedSpans | PanoramaError | undefined;

  constructor(request: ToDecoder, stretches: SharedStretches) {
    this.request = request;
    this.#stretches = stretches;
  }

  get isReady(): boolean {
    return this.#outcome !== undefined;
  }

  /** @param mirror of the thread that answered */
  finish(spans: DecodedSpans, mirror: FormMirror): void {
    this.#mirror = mirror;
    this.#end(spans);
  }

  /** The thread could not take it. */
  refuse(error: PanoramaError): void {
    this.#end(error);
  }

  /** The thread is gone. It may still be at work on the memory, which is therefore not used again. */
  lose(error: PanoramaError): void {
    this.#isLost = true;
    this.#end(error);
  }

  /**
   * Gives the spans to whoever takes them in, and then the memory back. Called once, when it is ready, and in the order in which
   * bodies were handed over: what one says of the forms, the next one builds on.
   *
   * @throws PanoramaError why there are none
   */
  read<R>(take: (batch: SpanBatch) => R): R {
    const { memory, length } = this.request;
    try {
      if (this.#mirror === undefined || this.#outcome === undefined || this.#outcome instanceof PanoramaError) {
        throw this.#outcome ?? new Error('a body was read before it was decoded');
      }
      return take(this.#mirror.batchOf(this.#outcome, memory, length));
    } finally {
      if (this.#isLost) this.#stretches.lose(memory);
      else this.#stretches.giveBack(memory);
    }
  }

  #end(outcome: DecodedSpans | PanoramaError): void {
    this.#outcome = outcome;
    this.onReady();
  }
}
