// SPDX-License-Identifier: Apache-2.0
/**
 * Sends alerts to a webhook. What is told of a subject that is not taken is told again after a while, ever longer, for as long as an
 * hour; what happens to that subject meanwhile goes into the same message, so that whoever is woken up reads how it is now. No
 * subject waits for another, and of one subject there is one message on its way, so that no end overtakes its beginning. What
 * waits is bounded, and goes by how long ago anything was heard of it. With a secret each message is signed, so that its
 * receiver knows whose it is and that it is not an old one.
 */
import { createHmac } from 'node:crypto';
import type { Clock, Timer } from '../../model/clock.js';
import { type AlertMessage, merged } from './alerts.js';
import { wordsOf } from './failure-words.js';

/** Subjects that wait. A fleet that fails as a whole has some thousands of them; each message has about 2 kB. */
const WAITING_COUNT_MAX = 5000;

/** Messages on their way at a time: one that hangs holds up no other, and a small receiver is not flooded. */
const UNDER_WAY_MAX = 4;

/** Waits between attempts: a second, doubled each time up to a minute. In ms. */
const FIRST_WAIT_MS = 1000;
const WAIT_MAX_MS = 60_000;

/** An alert older than that wakes nobody up in time. In ms. */
const GIVE_UP_MS = 3_600_000;

const ATTEMPT_TIMEOUT_MS = 10_000;

/** How long an engine that ends waits for what it has still to tell. In ms. */
export const CLOSE_MS = 3000;

/** `t` is when it was signed, in seconds since 1970; `v1` the HMAC-SHA256 of `t`, a dot and the body, in hexadecimal digits. */
export const SIGNATURE_HEADER = 'X-Panorama-Signature';

export interface WebhookParts {
  readonly url: string;
  /** Empty: messages are not signed. */
  readonly secret: string;
  readonly clock: Clock;
  /** Subjects that wait at the most. Default 5000. */
  readonly waitingCountMax?: number | undefined;
  /** Told when sending begins to fail, with why, and with nothing when it works again. */
  readonly onFailing: (why: string | undefined) => void;
}

/** What is to be told of one subject. */
interface Waiting {
  message: AlertMessage;
  /** When anything was last heard of it. */
  sinceMs: number;
  /** The next wait; more than the first one while it is not taken. */
  waitMs: number;
  /** Set while it waits for its next attempt. */
  timer: Timer | undefined;
  isUnderWay: boolean;
}

export interface WebhookCounts {
  sent: number;
  /** Refused, given up, or gone to make room. */
  lost: number;
  /** Attempts that failed. */
  failed: number;
}

/** What came of an attempt: it may be made again if it `failed`. */
type Outcome = 'taken' | 'refused' | 'failed';

export class Webhook {
  readonly counts: WebhookCounts = { sent: 0, lost: 0, failed: 0 };
  readonly #parts: WebhookParts;
  /** By group, those that were heard of least recently first. */
  readonly #waiting = new Map<string, Waiting>();
  /** Those of them that may be sent. */
  readonly #due = new Set<Waiting>();
  readonly #underWay = new Map<Promise<void>, AbortController>();
  #isFailing = false;
  #isClosed = false;
  /** Nothing more is tried. */
  #isOver = false;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  send(message: AlertMessage): void {
    if (this.#isClosed) return;
    const { groupKey } = message;
    const sinceMs = this.#parts.clock.monotonicMs();
    const known = this.#waiting.get(groupKey);
    const waiting = known ?? { message, sinceMs, waitMs: FIRST_WAIT_MS, timer: undefined, isUnderWay: false };
    if (known) Object.assign(known, { message: merged(known.message, message), sinceMs });
    else this.#due.add(waiting);
    this.#waiting.delete(groupKey);
    this.#waiting.set(groupKey, waiting);
    if (this.#waiting.size > (this.#parts.waitingCountMax ?? WAITING_COUNT_MAX)) this.#makeRoom();
    this.#go();
  }

  /** Sends what waits, once and for three seconds at the most, and ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiting of this.#waiting.values()) {
      if (waiting.timer) this.#due.add(waiting);
      waiting.timer?.cancel();
    }
    const deadline = this.#parts.clock.setTimer(CLOSE_MS, () => {
      this.#isOver = true;
      for (const attempt of this.#underWay.values()) attempt.abort();
    });
    this.#go();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.keys());
    deadline.cancel();
    this.counts.lost += this.#waiting.size;
    this.#waiting.clear();
  }

  /** Not those that are on their way. */
  #makeRoom(): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.isUnderWay) continue;
      waiting.timer?.cancel();
      this.#due.delete(waiting);
      this.#waiting.delete(waiting.message.groupKey);
      this.counts.lost++;
      return;
    }
  }

  #go(): void {
    for (const waiting of this.#due) {
      if (this.#isOver || this.#underWay.size >= UNDER_WAY_MAX) return;
      this.#due.delete(waiting);
      waiting.isUnderWay = true;
      const attempt = new AbortController();
      const underWay = this.#deliver(waiting, attempt).finally(() => {
        this.#underWay.delete(underWay);
        this.#go();
      });
      this.#underWay.set(underWay, attempt);
    }
  }

  async #deliver(waiting: Waiting, attempt: AbortController): Promise<void> {
    const { clock } = this.#parts;
    const told = waiting.message;
    const outcome = await this.#try(told, attempt);
    waiting.isUnderWay = false;
    if (outcome === 'failed' && clock.monotonicMs() - waiting.sinceMs < GIVE_UP_MS) {
      this.#putOff(waiting);
      return;
    }
    if (outcome !== 'taken') this.counts.lost++;
    waiting.waitMs = FIRST_WAIT_MS;
    // What was heard meanwhile is another message.
    if (waiting.message === told) this.#waiting.delete(told.groupKey);
    else this.#due.add(waiting);
    if (outcome === 'taken') this.#noteSuccess();
  }

  #putOff(waiting: Waiting): void {
    if (this.#isClosed) return;
    waiting.timer = this.#parts.clock.setTimer(waiting.waitMs, () => {
      waiting.timer = undefined;
      this.#due.add(waiting);
      this.#go();
    });
    waiting.waitMs = Math.min(WAIT_MAX_MS, 2 * waiting.waitMs);
  }

  async #try(message: AlertMessage, attempt: AbortController): Promise<Outcome> {
    const { url, secret, clock } = this.#parts;
    const body = JSON.stringify(message);
    const headers: Record<string, string> = { 'Content-Type': 'application/json', 'User-Agent': 'panorama' };
    if (secret !== '') headers[SIGNATURE_HEADER] = signatureOf(body, secret, clock.nowMs());
    const patience = clock.setTimer(ATTEMPT_TIMEOUT_MS, () => attempt.abort(new Error('it did not answer in time')));
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal: attempt.signal, redirect: 'error' });
      await response.body?.cancel();
      if (response.ok) return 'taken';
      this.#noteFailure(`it answered ${response.status}`);
      return mayBeTriedAgain(response.status) ? 'failed' : 'refused';
    } catch (thrown) {
      this.#noteFailure(wordsOf(thrown));
      return 'failed';
    } finally {
      patience.cancel();
    }
  }

  #noteFailure(why: string): void {
    this.counts.failed++;
    if (!this.#isFailing) this.#parts.onFailing(why);
    this.#isFailing = true;
  }

  /** It works again when nothing waits any more that was not taken. */
  #noteSuccess(): void {
    this.counts.sent++;
    if (!this.#isFailing || [...this.#waiting.values()].some(({ waitMs }) => waitMs > FIRST_WAIT_MS)) return;
    this.#isFailing = false;
    this.#parts.onFailing(undefined);
  }
}

/** What a receiver of a signed message computes as well. */
export function signatureOf(body: string, secret: string, epochMs: number): string {
  const seconds = Math.floor(epochMs / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}

/** Whose fault it may be, and pass: the receiver's, or that there was too much at once. Others say no for ever. */
function mayBeTriedAgain(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}
