// SPDX-License-Identifier: Apache-2.0
/**
 * Turns the process into a failure detector: it watches the client spans that OpenTelemetry makes anyway and tells the
 * engine what they say of each callee. Failures and calls that hang go at once, healthy calls as one count a second.
 *
 * It is a guest. It never throws into its host, never blocks it, never grows without bound, keeps no process alive, and
 * traces none of its own work.
 *
 * Source: Panorama (OSDI 2018), section 4: observability as a by-product of the requests a component makes anyway.
 */
import { type Context, propagation } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import { remainingMs } from '../baggage/deadline.js';
import { readIdentity } from '../baggage/identity-entries.js';
import { ended, servedBy } from '../baggage/transport/told-by-processor.js';
import { waitingIn } from '../baggage/waiting-requests.js';
import { say } from '../diagnostics.js';
import { PANORAMA } from '../model/attributes.js';
import type { Timer } from '../model/clock.js';
import type { ObservableSpan } from '../model/span.js';
import { HealthStatus } from '../model/status.js';
import { evidenceOf, isCall, isServed, outcomeOfCall, type SkipReason } from '../observe/observe.js';
import { observerOf } from '../observe/observer-identity.js';
import { type Outcome, wasCancelled } from '../observe/outcome.js';
import { endedAs, passOn } from './call-blame.js';
import { keeps, OVER, watched } from './call-entry.js';
import { CallPairs } from './call-pairs.js';
import type { ProcessorCounts } from './counts.js';
import { speakForProcess, stopSpeaking } from './host-observer.js';
import { type CallInFlight, InFlight } from './in-flight.js';
import { Observer } from './observer.js';
import { type PanoramaSpanProcessorOptions, type ProcessorSettings, settingsOf } from './options.js';
import type { Ended, Pair } from './pair.js';
import { Reporter } from './reporter.js';
import { epochMsOf, kindOf, observable } from './sdk-span.js';

const HUNG: Ended = { status: HealthStatus.PENDING, reason: 'hung' };
const HUNG_AGAIN: Ended = { ...HUNG, isAgain: true };
/** A caller that leaves a call which is suspected has waited for longer than is usual. */
const LEFT: Outcome = { status: HealthStatus.UNHEALTHY, reason: 'timeout' };
/** The user wants nothing to be made of this end; but it is one, and the suspicion is taken back. */
const CAME_BACK: Outcome = { status: HealthStatus.HEALTHY, reason: 'ok' };

export class PanoramaSpanProcessor implements SpanProcessor {
  readonly #settings: ProcessorSettings;
  /** Where a span keeps its entry in our watch; a map would cost more than all the rest of watching. */
  readonly #entry = Symbol('panorama.call');
  readonly #inFlight: InFlight;
  readonly #reporter: Reporter;
  readonly #pairs: CallPairs;
  readonly #counts = { observed: 0, hung: 0, unidentified: 0, abandoned: 0, ignored: 0, outdated: 0, faults: 0 };
  #shutdown: Promise<void> | undefined;
  /** The host's own word, for what has no client span. */
  readonly observer: Observer;

  constructor(options: PanoramaSpanProcessorOptions) {
    this.#settings = settingsOf(options);
    const guarded = <T>(work: () => T): T | undefined => this.#guarded(work);
    this.#inFlight = new InFlight(this.#settings, {
      pairOf: (span) => this.#pairs.ofOpen(span),
      hung: (...hung) => this.#reportHung(...hung),
      guarded,
    });
    this.#reporter = new Reporter(this.#settings, this.#inFlight.pulse, guarded);
    this.#pairs = new CallPairs(this.#settings.rules, this.#reporter.window);
    const { clock, random, inFlightCountMax } = this.#settings;
    this.observer = new Observer(
      {
        inFlight: this.#inFlight,
        reporter: this.#reporter,
        random,
        nowMs: () => clock.nowMs(),
        monotonicMs: () => clock.monotonicMs(),
        self: () => this.#reporter.resource && observerOf(this.#reporter.resource),
        guarded,
        stopped: () => this.#shutdown !== undefined,
      },
      inFlightCountMax,
    );
    guarded(() => speakForProcess(this.observer));
  }

  /** Begins the watch of a call; writes on it how long its caller can wait, and on a server span who called. */
  onStart(span: Span, parentContext: Context): void {
    try {
      const kind = kindOf(span);
      this.#reporter.mayKnow(span.resource);
      if (isCall(kind)) {
        if (!this.#shutdown) this.#watch(span, parentContext);
        const budgetMs = remainingMs(parentContext);
        if (budgetMs !== undefined) span.setAttribute(PANORAMA.DEADLINE_REMAINING, budgetMs / 1000);
      } else if (isServed(kind)) {
        servedBy(parentContext, observerOf(span.resource));
        const { observer, origin } = readIdentity(propagation.getBaggage(parentContext));
        if (observer !== undefined) span.setAttribute(PANORAMA.OBSERVER, observer);
        if (origin !== undefined) span.setAttribute(PANORAMA.ORIGIN, origin);
      }
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Marks the calls that will be accounted for, so that the engine does not count their raw spans again. */
  onEnding(span: Span): void {
    try {
      if (this.#shutdown || !isCall(kindOf(span))) return;
      const seen = this.#pairs.callOf(span);
      if (!seen) return;
      // Not by `setAttribute`: a host that has reached its limit of attributes would lose it, and the call count twice.
      (span.attributes as Record<string, unknown>)[PANORAMA.OBSERVED] = true;
      const call = watched(span)[this.#entry];
      if (!call || call.pair) return;
      call.pair = call.reported ?? this.#reporter.window.pairOf(seen);
      if (call.pair) this.#reporter.window.count(seen, call.pair);
    } catch (error) {
      this.#fault(error);
    }
  }

  onEnd(span: ReadableSpan): void {
    try {
      try {
        if (isCall(kindOf(span))) this.#end(span);
      } finally {
        ended(span as ReadableSpan & Span);
      }
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Sends what waits; resolves when it has been sent or given up. Never rejects. */
  async forceFlush(): Promise<void> {
    this.#guarded(() => this.#reporter.endWindow());
    this.#guarded(() => this.#inFlight.rest());
    await this.#reporter.outbox.flush();
  }

  /** Sends what waits, then shuts the exporter down. Later spans are ignored; a second call is the first again. */
  shutdown(): Promise<void> {
    // A step later: an exporter that asks again while it is given what waits is told of this one.
    this.#shutdown ??= Promise.resolve().then(() => this.#shutDownOnce());
    return this.#shutdown;
  }

  /** What was done and what was lost so far. */
  counts(): ProcessorCounts {
    const { window, outbox } = this.#reporter;
    return {
      ...this.#counts,
      inFlight: this.#inFlight.count,
      unwatched: this.#inFlight.unwatchedCount,
      forgotten: this.#inFlight.forgottenCount,
      folded: window.foldedCount,
      droppedCalls: window.droppedCount,
      droppedObservations: outbox.droppedCount,
      failedObservations: outbox.failedCount,
      exportedObservations: outbox.exportedCount,
    };
  }

  /** Begins the watch of a call. Who registers a processor twice is told of each span twice, and watched once. */
  #watch(span: Span, parentContext: Context): void {
    if (watched(span)[this.#entry] !== undefined) return;
    const call = this.#inFlight.start(span);
    if (!call) return;
    if (keeps(span, this.#entry, call)) call.waiting = waitingIn(parentContext);
    else this.#inFlight.letGo(call);
  }

  /** Ends the watch of a call and reports what became of it. */
  #end(span: ReadableSpan): void {
    const call = watched(span)[this.#entry];
    if (call === OVER || call?.hasEnded) return;
    if (call) {
      call.hasEnded = true;
      this.#inFlight.end(call);
    } else keeps(span, this.#entry, OVER);
    if (this.#shutdown) return;
    const pair = call?.reported ?? call?.pair ?? this.#pairOfEnded(span);
    if (!pair) return;
    const seen = observable(span);
    const before = call?.reported ?? this.#pairs.whileOut(span, pair);
    const outcome = this.#outcomeOf(seen, pair, before, call?.reported !== undefined);
    if (!outcome) return;
    const endMs = epochMsOf(span.endTime) ?? this.#settings.clock.nowMs();
    this.#counts.observed++;
    this.#reporter.speakAs(span.resource);
    if (outcome.status === HealthStatus.UNHEALTHY) this.#guarded(() => passOn(span, pair.call, outcome));
    if (outcome.status === HealthStatus.HEALTHY) {
      if (call) this.#inFlight.answered(before, call);
      if (call?.reported) before.latency.learnLater(seen.durationMs);
      else before.latency.learn(seen.durationMs);
      this.#reporter.report(pair, outcome, endMs, seen.durationMs);
      return;
    }
    if (call && this.#inFlight.isOldNews(call)) this.#counts.outdated++;
    else {
      const evidence = evidenceOf(seen, span.spanContext());
      this.#reporter.report(pair, endedAs(outcome, span), endMs, seen.durationMs, { evidence, waiting: call?.waiting });
    }
  }

  /** What is told of a call that has ended; nothing where it says nothing of its subject, or the user's rules break. */
  #outcomeOf(seen: ObservableSpan, pair: Pair, before: Pair, isReported: boolean): Outcome | undefined {
    const { rules } = this.#settings;
    let outcome: Outcome | SkipReason | undefined;
    try {
      outcome = outcomeOfCall(seen, pair.call, before.usual, rules);
    } catch (error) {
      this.#fault(error);
    }
    if (typeof outcome === 'object') return isReported && wasCancelled(seen.attributes) ? LEFT : outcome;
    if (isReported) return outcome === 'abandoned' ? LEFT : CAME_BACK;
    if (outcome) this.#counts[outcome satisfies SkipReason]++;
    return undefined;
  }

  /** The pair of a call that nobody has looked at before its end. */
  #pairOfEnded(span: ReadableSpan): Pair | undefined {
    const seen = this.#pairs.callOf(span);
    if (!seen) {
      this.#counts.unidentified++;
      return undefined;
    }
    const { window } = this.#reporter;
    const pair = window.pairOf(seen);
    window.count(seen, pair);
    if (!pair) this.#counts.observed++;
    return pair;
  }

  #reportHung({ begun, later, waiting }: CallInFlight, pair: Pair, phi: number, ageMs: number, isAgain: boolean): void {
    // It may be over since the look began, by a rule of the host.
    if (this.#shutdown) return;
    const span = later?.deref();
    if (span) this.#reporter.speakAs(span.resource);
    const { clock } = this.#settings;
    const nowMs = clock.nowMs();
    const startMs = span && epochMsOf(span.startTime);
    const outMs = begun ? clock.monotonicMs() - begun.startMs : nowMs - (startMs ?? nowMs);
    const evidence = begun ? begun.evidence : span && evidenceOf(observable(span), span.spanContext());
    this.#counts.hung++;
    const shown = { evidence, waiting };
    this.#reporter.report(pair, isAgain ? HUNG_AGAIN : HUNG, nowMs, Math.max(ageMs, outMs), shown, phi);
  }

  async #shutDownOnce(): Promise<void> {
    this.#guarded(() => stopSpeaking(this.observer));
    this.#guarded(() => this.#inFlight.pulse.stop());
    await this.forceFlush();
    this.#reporter.outbox.close();
    const { clock, exporter, exportTimeoutMs } = this.#settings;
    let timer: Timer | undefined;
    try {
      const shutdown = exporter.shutdown();
      const givenUp = new Promise<void>((resolve) => {
        timer = clock.setTimer(exportTimeoutMs, resolve);
      });
      await Promise.race([shutdown, givenUp]);
    } catch (error) {
      this.#fault(error);
    } finally {
      this.#guarded(() => timer?.cancel());
    }
  }

  /** Whatever goes wrong here stays here. */
  #guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#fault(error);
      return undefined;
    }
  }

  #fault(error: unknown): void {
    this.#counts.faults++;
    // Said once: a fault in a hot path repeats with every call.
    if (this.#counts.faults === 1) say('error', () => 'a fault of the span processor was contained', error);
  }
}
