// SPDX-License-Identifier: Apache-2.0
/**
 * Tells which convictions are new. The engine logs a change of a verdict's status, but not a change of whom it blames; so what is
 * logged and what is seen by looking both come here, and each convicted state (whom, whose fault, how bad) counts once.
 */
import { type ApiVerdict, culpritOf, isConviction } from './engine-api.js';

/** A verdict that convicts, as it was first told or seen. */
export interface ToldConviction {
  /** Epoch ms. */
  readonly atMs: number;
  readonly verdict: ApiVerdict;
}

export class ConvictionLog {
  /** The convicted state of each subject that is convicted now. */
  readonly #states = new Map<string, string>();

  /**
   * Takes in a verdict, in the order in which they were said.
   *
   * @returns whether it convicts, and its subject was not convicted so just before
   */
  note(verdict: ApiVerdict): boolean {
    const { subject, status } = verdict;
    if (!isConviction(verdict)) {
      this.#states.delete(subject);
      return false;
    }
    const state = `${status} ${culpritOf(verdict)}`;
    if (this.#states.get(subject) === state) return false;
    this.#states.set(subject, state);
    return true;
  }
}
