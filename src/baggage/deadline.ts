// SPDX-License-Identifier: Apache-2.0
/**
 * How long the answer is still wanted. Somebody at the edge gives a request two seconds; every component below may ask
 * how much of them is left, give up work whose answer nobody waits for, or choose a cheaper answer. The same number tells
 * a caller that had to leave from a callee that failed (`observe/outcome.ts`).
 *
 * Between processes it is the baggage entry `panorama.deadline`: the whole milliseconds that remained when the call was
 * sent. It is a length of time, because the clocks of two hosts differ; so the way to the callee is not counted, and a
 * callee believes to have that much longer. Within a process it is a moment of the monotonic clock, in the context.
 *
 * Sources: Ravindranath et al., "Timecard" (SOSP 2013), for the question; gRPC's `grpc-timeout` header (PROTOCOL-HTTP2)
 * for the answer, a length of time that is made a moment again by whoever receives it.
 */
import {
  type Baggage,
  type Context,
  context,
  createContextKey,
  propagation,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { say } from '../diagnostics.js';
import { type Clock, systemClock } from '../model/clock.js';
import { isMessage } from './message-context.js';

/** The key of the baggage entry. Its value is a whole number of milliseconds in decimal digits. */
export const DEADLINE_ENTRY = 'panorama.deadline';

/** The longest time that is called a deadline, in ms: one day. Beyond it nobody waits, and a number is a mistake. */
export const DEADLINE_MS_MAX = 86_400_000;

/** A moment, and the clock that knows when it has come. */
interface Deadline {
  readonly atMs: number;
  readonly clock: Clock;
}

const DEADLINE = createContextKey('panorama.deadline');

let mistakeSaid = false;

/**
 * Runs `work`, and all that it starts, under a deadline. Under an earlier one already, that one stays: a deadline is only
 * ever brought forward. When it passes nothing is interrupted; whoever wants to stop asks `remainingMs`.
 *
 * ```ts
 * await withDeadline(2000, () => fetch(url, { signal: AbortSignal.timeout(remainingMs() ?? 30_000) }));
 * ```
 *
 * It never throws of itself, since budgets are computed while requests are served: one below 0 is 0; one of more than
 * `DEADLINE_MS_MAX`, as `Infinity`, sets no deadline; one that is no number sets none either, and is said once.
 *
 * @param budgetMs milliseconds from now, from 0 to `DEADLINE_MS_MAX`
 * @param clock what the deadline is measured with; default: the system's
 * @returns what `work` returns
 */
export function withDeadline<T>(budgetMs: number, work: () => T, clock: Clock = systemClock): T {
  if (typeof budgetMs !== 'number' || Number.isNaN(budgetMs)) {
    sayMistake(budgetMs);
    return work();
  }
  return context.with(broughtForward(context.active(), budgetMs, clock), work);
}

/**
 * The time that is left, in whole milliseconds rounded down, so that nobody is promised more than there is: 0 once the
 * deadline has passed, `undefined` where there is none. O(1). Never throws.
 *
 * @param of whose deadline; default: that of the work at hand
 */
export function remainingMs(of: Context = context.active()): number | undefined {
  const deadline = deadlineOf(of);
  return deadline && Math.floor(leftMs(deadline));
}

/**
 * The context of a request that came in, under the deadline that its baggage brought and without the entry: what the
 * entry said was true only on arrival. An entry of the wrong shape is as if absent. Never throws.
 *
 * @param received the context with the baggage as it was extracted
 * @param clock what the deadline is measured with; default: the system's
 */
export function readDeadline(received: Context, clock: Clock = systemClock): Context {
  const baggage = propagation.getBaggage(received);
  const entry = baggage?.getEntry(DEADLINE_ENTRY);
  if (!baggage || !entry) return received;
  const budgetMs = budgetOf(entry.value);
  const bare = propagation.setBaggage(received, removeDeadline(baggage));
  return budgetMs === undefined ? bare : broughtForward(bare, budgetMs, clock);
}

/**
 * The baggage for a call from this context: the entry says what remains now, or is absent where there is no deadline. All
 * other entries are untouched.
 */
export function writeDeadline(baggage: Baggage | undefined, of: Context): Baggage {
  const left = sentMs(of);
  const bare = removeDeadline(baggage);
  return left === undefined ? bare : bare.setEntry(DEADLINE_ENTRY, { value: String(left) });
}

/**
 * What a call from this context is told to remain. A message is told nothing: it may wait in a queue for longer than its
 * sender's whole request.
 */
export function sentMs(of: Context): number | undefined {
  const left = remainingMs(of);
  return left === undefined || isOfMessage(of) ? undefined : left;
}

/** The baggage without the entry, for whoever is told nothing of ours. */
export function removeDeadline(baggage: Baggage | undefined): Baggage {
  if (!baggage) return propagation.createBaggage();
  return baggage.getEntry(DEADLINE_ENTRY) ? baggage.removeEntry(DEADLINE_ENTRY) : baggage;
}

/** The context under a deadline; as it is where it has an earlier one, and where the time is too long to be one. */
function broughtForward(of: Context, budgetMs: number, clock: Clock): Context {
  if (budgetMs > DEADLINE_MS_MAX) return of;
  const known = deadlineOf(of);
  if (known && leftMs(known) <= budgetMs) return of;
  return of.setValue(DEADLINE, { atMs: clock.monotonicMs() + budgetMs, clock } satisfies Deadline);
}

function deadlineOf(of: Context): Deadline | undefined {
  return of.getValue(DEADLINE) as Deadline | undefined;
}

function leftMs({ atMs, clock }: Deadline): number {
  return Math.max(0, atMs - clock.monotonicMs());
}

/** What an entry says; `undefined` where it says nothing that can be one. Signs, fractions and units are none of it. */
function budgetOf(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function isOfMessage(of: Context): boolean {
  const span = trace.getSpan(of) as { readonly kind?: SpanKind } | undefined;
  return isMessage(of) || span?.kind === SpanKind.PRODUCER;
}

/** Said once: what is wrong at a call site is wrong with every request. */
function sayMistake(budgetMs: unknown): void {
  if (mistakeSaid) return;
  mistakeSaid = true;
  const what = typeof budgetMs === 'number' ? 'NaN' : `a value of type ${typeof budgetMs}`;
  say('warn', () => `a deadline must be a number of milliseconds, got ${what}; the work goes on without it`);
}
