// SPDX-License-Identifier: Apache-2.0
/**
 * What the engine would have said: recorded export requests go through wire, observe and judge in the data's own time. A
 * request arrives when the last of its spans ends; between two requests the engine ticks as it would have. Several recordings are
 * one: whichever has the earliest request is next.
 */
import type { Clock, Timer } from '../model/clock.js';
import { PanoramaError } from '../model/errors.js';
import { HealthStatus, isFailing } from '../model/status.js';
import type { FailureKind, OperationVerdict, Verdict } from '../model/verdict.js';
import { Engine } from './engine.js';
import type { EngineCounts } from './engine-reader.js';
import { ExportIntake } from './export-intake.js';
import type { RecordedRequest } from './recording/recorded-requests.js';
import type { Judge } from './verdict/judge.js';
import type { SpanBatch } from './wire/span-batch.js';
import { TraceDecoder } from './wire/trace-decoder.js';

/** How often the engine ticks, in ms of the data: a recording may pause for hours. */
const TICK_MS = 250;

/** After so long without a request only expiry is left to happen, and once a minute will do. In ms of the data. */
const QUIET_MS = 120_000;
const QUIET_TICK_MS = 60_000;

/** A subject's state from this moment on. */
export interface ReplayedState {
  readonly atMs: number;
  readonly environment: string;
  readonly subject: string;
  readonly status: HealthStatus;
  readonly failure: FailureKind;
  /** Whose fault it is; `undefined` while nothing is wrong. */
  readonly blame: string | undefined;
  /** As in the verdict: for a failure the time of its first evidence, and why most calls fail. */
  readonly sinceMs: number;
  readonly reason: string;
  readonly operations: readonly OperationVerdict[];
}

export interface ReplayParts {
  readonly judge: Judge;
  /** Told of each change of a subject's status, failure, blame or failing operations, in order of time. */
  readonly onState: (state: ReplayedState) => void;
  /** Told of requests that are none, and left out; without it the first of them ends the replay. */
  readonly onRefused?: (error: PanoramaError) => void;
  /** Told after each request, with the data's time. */
  readonly onRequest?: (nowMs: number) => void;
}

export interface Replayed {
  readonly counts: EngineCounts;
  readonly requestCount: number;
  /** When the first and the last request arrived, epoch ms of the data; 0 where there was none. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * @param recordings each in the order in which it was sent
 * @throws PanoramaError PANO_WIRE_… for a request that is none, where nobody is told of it
 */
export async function replay(
  recordings: readonly AsyncIterable<RecordedRequest>[],
  parts: ReplayParts,
): Promise<Replayed> {
  const play = new Play(parts);
  const decks = recordings.map((recording) => new Deck(recording, parts.onRefused));
  await Promise.all(decks.map((deck) => deck.advance()));
  for (;;) {
    const next = earliestOf(decks);
    if (!next) return play.end();
    await play.take(next);
    await next.advance();
  }
}

/** A recording, opened at its next request. */
class Deck {
  request: RecordedRequest | undefined;
  /** The request's spans; `undefined` for other signals. */
  spans: SpanBatch | undefined;
  /** When the request arrives. Logs and metrics have no time to go by: they come when the request before them did. */
  atMs = 0;
  readonly #requests: AsyncIterator<RecordedRequest>;
  readonly #decoder = new TraceDecoder();
  readonly #onRefused: ReplayParts['onRefused'];

  constructor(recording: AsyncIterable<RecordedRequest>, onRefused: ReplayParts['onRefused']) {
    this.#requests = recording[Symbol.asyncIterator]();
    this.#onRefused = onRefused;
  }

  async advance(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#requests.next();
      this.request = done ? undefined : (value as RecordedRequest);
      this.spans = undefined;
      if (this.request?.signal !== 'traces') return;
      const { body, encoding, place } = this.request;
      try {
        this.spans = this.#decoder.decode(body, encoding);
      } catch (error) {
        this.refuse(place, error);
        continue;
      }
      const endMs = lastEndMs(this.spans);
      if (endMs === undefined) continue;
      this.atMs = endMs;
      return;
    }
  }

  refuse(place: string, error: unknown): void {
    const { code, message } = PanoramaError.from(error);
    const refused = new PanoramaError(code, `${place}: ${message}`, error);
    if (!this.#onRefused) throw refused;
    this.#onRefused(refused);
  }
}

function earliestOf(decks: readonly Deck[]): Deck | undefined {
  let earliest: Deck | undefined;
  for (const deck of decks) if (deck.request && (!earliest || deck.atMs < earliest.atMs)) earliest = deck;
  return earliest;
}

/** The engine that is played to. It begins with the first request. */
class Play {
  readonly #parts: ReplayParts;
  readonly #clock = new DataClock();
  readonly #told = new Map<string, string>();
  #engine: Engine | undefined;
  #others: ExportIntake | undefined;
  #requestCount = 0;
  #firstMs = 0;
  #tickedMs = 0;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
  }

  async take(deck: Deck): Promise<void> {
    const { request, spans, atMs } = deck;
    // What comes before the first span has no time, and nobody to be about.
    if (!request || (!spans && !this.#engine)) return;
    const engine = this.#at(atMs);
    try {
      if (spans) engine.take(spans);
      else await this.#others?.take(request);
    } catch (error) {
      deck.refuse(request.place, error);
    }
    this.#requestCount++;
    this.#parts.onRequest?.(this.#clock.nowMs());
  }

  end(): Replayed {
    const engine = this.#engine ?? this.#begin(0);
    // Judges those as well whose turn had been put off.
    engine.verdicts();
    return {
      counts: engine.counts(),
      requestCount: this.#requestCount,
      firstMs: this.#firstMs,
      lastMs: this.#clock.nowMs(),
    };
  }

  /** The engine at that time, ticked as often as it would have been by then. */
  #at(atMs: number): Engine {
    const engine = this.#engine ?? this.#begin(atMs);
    const before = this.#clock.nowMs();
    for (;;) {
      const nextMs = this.#tickedMs + (this.#tickedMs - before > QUIET_MS ? QUIET_TICK_MS : TICK_MS);
      if (nextMs > atMs) break;
      this.#tickedMs = nextMs;
      this.#clock.setMs(nextMs);
      engine.tick();
    }
    this.#clock.setMs(Math.max(this.#clock.nowMs(), atMs));
    return engine;
  }

  #begin(atMs: number): Engine {
    this.#clock.setMs(atMs);
    this.#firstMs = this.#tickedMs = atMs;
    this.#engine = new Engine({
      judge: this.#parts.judge,
      clock: this.#clock,
      onVerdict: (verdict, nowMs) => this.#tell(verdict, nowMs),
    });
    this.#others = new ExportIntake(this.#engine);
    return this.#engine;
  }

  #tell(verdict: Verdict, atMs: number): void {
    const { environment, subject, status, failure, sinceMs, reason, operations } = verdict;
    const blame = verdict.blame?.root;
    const failing = operations.filter((each) => isFailing(each.status)).map(({ operation }) => operation);
    const key = `${environment} ${subject}`;
    const said = `${status} ${failure} ${blame} ${failing.join()}`;
    const before = this.#told.get(key);
    // Of whom nobody has said anything yet, nothing has changed.
    if (before === said || (before === undefined && status === HealthStatus.NA)) return;
    this.#told.set(key, said);
    this.#parts.onState({ atMs, environment, subject, status, failure, blame, sinceMs, reason, operations });
  }
}

function lastEndMs({ count, endMs }: SpanBatch): number | undefined {
  let last = 0;
  for (let row = 0; row < count; row++) if ((endMs[row] as number) > last) last = endMs[row] as number;
  return last === 0 ? undefined : Math.round(last);
}

/** The data's time. Nobody waits by it. */
class DataClock implements Clock {
  #nowMs = 0;

  setMs(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(): Timer {
    return { cancel: () => undefined };
  }
}
