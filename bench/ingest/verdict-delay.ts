// SPDX-License-Identifier: Apache-2.0
/**
 * How soon a failure is a verdict, while the engine is under load. It answers a request when it has judged, so the time to
 * the answer is the delay, and the API shows whether the verdict was there by then. A verdict that was not is waited for,
 * and the delay is the time until the API shows it.
 */
import { FailingCalls } from './failing-calls.js';
import type { Sender } from './sender.js';

/** How often the API is asked for a verdict that is late, and how long. */
const POLL_MS = 5;
const GIVE_UP_MS = 5000;

export interface VerdictDelay {
  readonly ms: number;
  /** Whether it was not there yet when the request was answered. */
  readonly isLate: boolean;
}

/** A change of a subject's verdict, as far as it is read here. */
interface Transition {
  readonly atMs: number;
  readonly verdict: { readonly status: string };
}

export class VerdictDelays {
  readonly #sender: Sender;
  readonly #connection: number;
  readonly #api: string;
  readonly #calls: FailingCalls;

  /** @param connection which of the sender's is for failures alone */
  constructor(sender: Sender, connection: number, api: string, salt: number) {
    this.#sender = sender;
    this.#connection = connection;
    this.#api = api;
    this.#calls = new FailingCalls(salt);
  }

  /** Sends a failure; `undefined` where it was turned away. @throws Error where no verdict comes */
  async next(): Promise<VerdictDelay | undefined> {
    const subject = this.#calls.renew(Date.now());
    const startMs = performance.now();
    if ((await this.#sender.send(this.#connection, this.#calls.frame)) === 'refused') return undefined;
    const ms = performance.now() - startMs;
    const answeredMs = Date.now();
    for (;;) {
      const conviction = await this.#convictionOf(subject);
      const waitedMs = performance.now() - startMs;
      if (conviction) return conviction.atMs <= answeredMs ? { ms, isLate: false } : { ms: waitedMs, isLate: true };
      if (waitedMs > GIVE_UP_MS) throw new Error(`nobody convicts ${subject}, whose calls have all failed`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #convictionOf(subject: string): Promise<Transition | undefined> {
    const response = await fetch(`http://${this.#api}/api/v1/history?subject=${encodeURIComponent(subject)}`);
    if (!response.ok) throw new Error(`the API answered ${response.status}`);
    const { transitions } = (await response.json()) as { transitions: readonly Transition[] };
    return transitions.find(({ verdict }) => verdict.status === 'unhealthy');
  }
}
