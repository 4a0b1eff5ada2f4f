// SPDX-License-Identifier: Apache-2.0
/** The leader's `SessionTracker`: which sessions have been silent for longer than their timeout. Times in ms; pure. */

interface Tracked {
  readonly timeoutMs: number;
  lastMs: number;
}

export class SessionTracker {
  readonly #sessions = new Map<string, Tracked>();

  /** A session has begun, or a new leader hears of it. */
  track(sessionId: string, timeoutMs: number, nowMs: number): void {
    this.#sessions.set(sessionId, { timeoutMs, lastMs: nowMs });
  }

  /** Its client was heard. */
  touch(sessionId: string, nowMs: number): void {
    const session = this.#sessions.get(sessionId);
    if (session) session.lastMs = nowMs;
  }

  /** Takes out those that have expired; each is named once. */
  expire(nowMs: number): readonly string[] {
    const expired = [...this.#sessions].filter(([, { timeoutMs, lastMs }]) => nowMs - lastMs > timeoutMs);
    for (const [sessionId] of expired) this.#sessions.delete(sessionId);
    return expired.map(([sessionId]) => sessionId);
  }

  /** It was closed. */
  forget(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }
}
