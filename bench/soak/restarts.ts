// SPDX-License-Identifier: Apache-2.0
/** Who is being restarted, and whom that explains. */

/**
 * How long after a node is up again its restart still explains a verdict, new or old, in ms: its callers come back to it after
 * their own pauses (gRPC's second), and each acquits it after a second without a failure.
 */
const COMING_BACK_MS = 5000;

export class Restarts {
  readonly #windows: { readonly subject: string; readonly fromMs: number; untilMs: number }[] = [];

  /** A subject goes down. The result is to be called when it is up again. */
  begin(subject: string): () => void {
    const window = { subject, fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY };
    this.#windows.push(window);
    return () => {
      window.untilMs = Date.now() + COMING_BACK_MS;
    };
  }

  /** Whether a subject, or an instance of it, was just being restarted. */
  explain(subject: string, atMs: number): boolean {
    return this.#windows.some(
      (window) =>
        (window.subject === subject || window.subject.startsWith(`${subject}/`)) &&
        atMs >= window.fromMs &&
        atMs <= window.untilMs,
    );
  }
}
