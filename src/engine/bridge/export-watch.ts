// SPDX-License-Identifier: Apache-2.0
/** Sees whether exports succeed, and says so when that changes: once when they begin to fail, once when it is over. */
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';

type Done = (result: ExportResult) => void;

export class ExportWatch {
  readonly #onFailing: (error: Error | undefined) => void;
  #isFailing = false;

  constructor(onFailing: (error: Error | undefined) => void) {
    this.#onFailing = onFailing;
  }

  /** What an exporter calls in the end, in the place of `done`. */
  noting(done: Done): Done {
    return (result) => {
      this.#note(result);
      done(result);
    };
  }

  #note({ code, error }: ExportResult): void {
    const fails = code !== ExportResultCode.SUCCESS;
    if (fails === this.#isFailing) return;
    this.#isFailing = fails;
    this.#onFailing(fails ? (error ?? new Error('the endpoint did not take them')) : undefined);
  }
}
