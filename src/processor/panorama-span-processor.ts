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
import { type Context, diag, propagation } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import { remainingMs } from '../baggage/deadline.js';
import { readIdentity } from '../baggage/identity-entries.js';
import { blamed, ended, servedBy } from '../baggage/transport/told-by-processor.js';
import { PANORAMA } from '../model/attributes.js';
import type { Timer } from '../model/clock.js';
import { HealthStatus } from '../model/status.js';
import { callOf, evidenceOf, isCall, isServed, outcomeOfCall, type SkipReason } from '../observe/observe.js';
import { observerOf } from '../observe/observer.js';
import { type Outcome, wasCancelled } from '../observe/outcome.js';
import { overrideOf } from '../observe/rules.js';
import { knowsNoAddress } from '../observe/subject.js';
import { speakForProcess, stopSpeaking } from './host-observer.js';
import { type CallInFlight, InFlight } from './in-flight.js';
import { Observer } from './observer.js';
import { type PanoramaSpanProcessorOptions, type ProcessorSettings, settingsOf } from './options.js';
import type { Pair } from './pair.js';
import { Reporter } from './reporter.js';
import { kindOf, millisecondsOf, named, observable } from './sdk-span.js';

/** What the guest did so far. Calls, unless the name says otherwise. */
export interface ProcessorCounts {
  readonly observed: number;
  /** Reports of calls that hang. */
  readonly hung: number;
  /** Out now. */
  readonly inFlight: number;
  /** Not watched while they were out, because too many were. */
  readonly unwatched: number;
  /** Never ended, and forgotten by the host. */
  readonly forgotten: number;
  /** Skipped, by reason. */
  readonly unidentified: number;
  readonly abandoned: number;
  readonly ignored: number;
  /** Folded into the operation `other`. */
  readonly folded: number;
  /** Lost because more pairs were met at one time than `pairCountMax`. */
  readonly droppedCalls: number;
  /** Observations lost to a full queue, lost to a failed export, and delivered. */
  readonly droppedObservations: number;
  readonly failedObservations: number;
  readonly exportedObservations: number;
  /** Faults of our own that the host was spared. */
  readonly faults: number;
}

const HUNG: Outcome = { status: HealthStatus.PENDING, reason: 'hung' };
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
  readonly #counts = { observed: 0, hung: 0, unidentified: 0, abandoned: 0, ignored: 0, faults: 0 };
  #shutdown: Promise<void> | undefined;
  /** The host's own word, for what has no client span. */
  readonly observer: Observer;

  constructor(options: PanoramaSpanProcessorOptions) {
    this.#settings = settingsOf(options);
    this.#inFlight = new InFlight(this.#settings, {
      pairOf: (span) => this.#guarded(() => this.#pairOfOpen(span)),
      hung: (call, pair, phi) => this.#guarded(() => this.#reportHung(call, pair, phi)),
    });
    this.#reporter = new Reporter(this.#settings, this.#inFlight.pulse, (work) => this.#guarded(work));
    const { clock, random, inFlightCountMax } = this.#settings;
    this.observer = new Observer(
      {
        inFlight: this.#inFlight,
        reporter: this.#reporter,
        random,
        nowMs: () => clock.nowMs(),
        self: () => this.#reporter.resource && observerOf(this.#reporter.resource),
        guarded: (work) => this.#guarded(work),
        stopped: () => this.#shutdown !== undefined,
      },
      inFlightCountMax,
    );
    speakForProcess(this.observer);
  }

  /** Begins the watch of a call; writes on it how long its caller can wait, and on a server span who called. */
  onStart(span: Span, parentContext: Context): void {
    try {
      const kind = kindOf(span);
      this.#reporter.mayKnow(span.resource);
      if (isCall(kind)) {
        const budgetMs = remainingMs(parentContext);
        if (budgetMs !== undefined) span.setAttribute(PANORAMA.DEADLINE_REMAINING, budgetMs / 1000);
        const call = this.#shutdown ? undefined : this.#inFlight.start(span);
        if (call) watched(span)[this.#entry] = call;
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
      const seen = callOf(named(span), knowsNoAddress, this.#settings.rules);
      if (!seen) return;
      // Not by `setAttribute`: a host that has reached its limit of attributes would lose it, and the call count twice.
      (span.attributes as Record<string, unknown>)[PANORAMA.OBSERVED] = true;
      const call = watched(span)[this.#entry];
      if (!call) return;
      call.pair = this.#reporter.window.pairOf(seen);
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
    this.#inFlight.rest();
    await this.#reporter.outbox.flush();
  }

  /** Sends what waits, then shuts the exporter down. Later spans are ignored; a second call is the first again. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#shutDownOnce();
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

  /** Ends the watch of a call and reports what became of it. */
  #end(span: ReadableSpan): void {
    const call = watched(span)[this.#entry];
    if (call) {
      this.#inFlight.end(call);
      watched(span)[this.#entry] = undefined;
    }
    if (this.#shutdown) return;
    const pair = call?.reported ?? call?.pair ?? this.#pairOfEnded(span);
    if (!pair) return;
    const { rules } = this.#settings;
    const seen = observable(span);
    let outcome = outcomeOfCall(seen, pair.call, pair.usual, rules);
    if (typeof outcome === 'string') {
      if (!call?.reported) {
        this.#counts[outcome satisfies SkipReason]++;
        return;
      }
      outcome = outcome === 'abandoned' ? LEFT : CAME_BACK;
    } else if (call?.reported && wasCancelled(seen.attributes)) outcome = LEFT;
    this.#counts.observed++;
    this.#reporter.speakAs(span.resource);
    const endMs = millisecondsOf(span.endTime);
    if (outcome.status === HealthStatus.HEALTHY) {
      if (call) this.#inFlight.answered(pair, call);
      if (call?.reported) pair.latency.learnLater(seen.durationMs);
      else pair.latency.learn(seen.durationMs);
      this.#reporter.report(pair, outcome, endMs, seen.durationMs);
      return;
    }
    if (outcome.status === HealthStatus.UNHEALTHY) this.#blame(span, pair, outcome);
    this.#reporter.report(pair, outcome, endMs, seen.durationMs, evidenceOf(seen, span.spanContext()));
  }

  /** The pair of a call that nobody has looked at before its end. */
  #pairOfEnded(span: ReadableSpan): Pair | undefined {
    const seen = callOf(named(span), knowsNoAddress, this.#settings.rules);
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

  /** The pair of a call that is out; none for one that the user wants to be ignored. */
  #pairOfOpen(span: Span): Pair | undefined {
    const seen = observable(span);
    const { rules } = this.#settings;
    const call = callOf(seen, knowsNoAddress, rules);
    if (!call || overrideOf(seen, call.subject.text, call.operation, rules.outcomes) === 'ignore') return undefined;
    return this.#reporter.window.pairOf(call);
  }

  #reportHung({ begun, later }: CallInFlight, pair: Pair, phi: number): void {
    const span = later?.deref();
    if (span) this.#reporter.speakAs(span.resource);
    const nowMs = this.#settings.clock.nowMs();
    const startMs = begun?.startMs ?? (span ? millisecondsOf(span.startTime) : nowMs);
    const evidence = begun ? begun.evidence : span && evidenceOf(observable(span), span.spanContext());
    this.#counts.hung++;
    this.#reporter.report(pair, HUNG, nowMs, Math.max(0, nowMs - startMs), evidence, phi);
  }

  /** The failure that a request met goes back with its response. */
  #blame(span: ReadableSpan, { call }: Pair, { reason }: Outcome): void {
    // The SDK hands over the very span that it made.
    blamed(span as ReadableSpan & Span, {
      observer: observerOf(span.resource),
      subject: call.subject.text,
      operation: call.operation,
      reason,
    });
  }

  async #shutDownOnce(): Promise<void> {
    stopSpeaking(this.observer);
    this.#inFlight.pulse.stop();
    await this.forceFlush();
    const { clock, exporter, exportTimeoutMs } = this.#settings;
    let timer: Timer | undefined;
    try {
      const givenUp = new Promise<void>((resolve) => {
        timer = clock.setTimer(exportTimeoutMs, resolve);
      });
      await Promise.race([exporter.shutdown(), givenUp]);
    } catch (error) {
      this.#fault(error);
    } finally {
      timer?.cancel();
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
    if (this.#counts.faults === 1) diag.error('panorama: a fault of the span processor was contained', error);
  }
}

function watched(span: object): Record<symbol, CallInFlight | undefined> {
  return span as Record<symbol, CallInFlight | undefined>;
}
