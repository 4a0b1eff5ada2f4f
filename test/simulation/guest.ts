// SPDX-License-Identifier: Apache-2.0
/**
 * A process with Panorama, as its engine hears it: calls folded by the second, bad news at once, calls that are out told by
 * their own history. Folding, urgency and suspicion are the guest's own code; what is left out is the SDK around them.
 */
import { OBSERVATION_SPAN_NAME } from '../../src/model/attributes.js';
import type { Evidence } from '../../src/model/observation.js';
import { SpanKind, type SpanRecord } from '../../src/model/span.js';
import { HealthStatus } from '../../src/model/status.js';
import { encodeObservation } from '../../src/observe/observation-span.js';
import type { Outcome } from '../../src/observe/outcome.js';
import { type FoldedSighting, ObservationWindow } from '../../src/processor/observation-window.js';
import type { Pair } from '../../src/processor/pair.js';
import { suspicionOf, suspiciousAfterMs } from '../../src/processor/suspicion.js';
import type { Calendar } from './calendar.js';
import type { EndedCall } from './calls.js';
import type { Cause } from './faults.js';
import { hex, resourceOf, type Send, spanRecord, type Told } from './parcels.js';
import type { Place } from './places.js';
import type { Routes } from './routes.js';
import type { Instance } from './topology.js';

/** The guest's defaults, in ms; φ past which a call is told of. */
const WINDOW_MS = 1000;
const HUNG_FLOOR_MS = 100;
const HUNG_SUSPICION = 4;
const REPEAT_MS_MAX = 20_000;

const HUNG: Outcome = { status: HealthStatus.PENDING, reason: 'hung' };
const PAIR_COUNT_MAX = 2000;

/** Ids of observations are told apart from those of ordinary spans by their first digit. */
const OWN_IDS = 2 ** 48;

/** A call that is out for so long that somebody looks at it. */
interface Out {
  readonly call: EndedCall;
  readonly pair: Pair;
  reported: boolean;
}

export class Guest {
  readonly #instance: Instance;
  readonly #calendar: Calendar;
  readonly #routes: Routes;
  readonly #send: Send;
  readonly #window = new ObservationWindow(PAIR_COUNT_MAX);
  readonly #out = new Map<EndedCall, Out>();
  /** Whom the latest calls were to, by subject and operation. */
  readonly #accused = new Map<string, Place>();
  /** Why calls failed that wait to be sent, by subject and operation. */
  readonly #causes = new Map<string, Cause>();
  /** Why good calls took long that wait to be sent. */
  readonly #slowed = new Map<string, Cause>();
  /** When the latest call began that has been answered. */
  readonly #answered = new Map<Pair, number>();
  #sentCount = 0;

  constructor(instance: Instance, calendar: Calendar, routes: Routes, send: Send) {
    this.#instance = instance;
    this.#calendar = calendar;
    this.#routes = routes;
    this.#send = send;
  }

  /** Ends a window every second from some time on. */
  start(atMs: number): void {
    this.#calendar.at(atMs, () => {
      this.#tell(this.#window.drain(this.#calendar.nowMs));
      this.start(atMs + WINDOW_MS);
    });
  }

  called(call: EndedCall): void {
    // A loop that stands still waits for nobody: the age of a call is counted in its ticks.
    const isLoopLate = call.cause?.role === 'observer';
    if (!isLoopLate && call.endMs - call.startMs > HUNG_FLOOR_MS) {
      this.#calendar.at(call.startMs + HUNG_FLOOR_MS, () => this.#look(call));
    }
    this.#calendar.at(call.endMs, () => this.#end(call));
  }

  #end(call: EndedCall): void {
    const route = this.#routes.of(call.edge, this.#instance.service, call.callee);
    const asked = this.#window.pairOf(route.asked);
    const isAnswered = call.ending === 'ok' || call.ending === 'server_error';
    const out = this.#out.get(call);
    const pair = out?.reported ? out.pair : isAnswered ? this.#window.pairOf(route.answered) : asked;
    this.#out.delete(call);
    if (!asked || !pair) return;
    this.#window.touch(asked);
    const { outcome } = route.endings[call.ending];
    const latencyMs = call.endMs - call.startMs;
    if (outcome.status !== HealthStatus.HEALTHY) {
      this.#report(pair, outcome, call.endMs, latencyMs, call);
      return;
    }
    this.#answered.set(asked, Math.max(call.startMs, this.#answered.get(asked) ?? 0));
    if (out?.reported) asked.latency.learnLater(latencyMs);
    else asked.latency.learn(latencyMs);
    this.#report(pair, outcome, call.endMs, latencyMs, call);
  }

  /** Looks at a call that is out, as the guest does: told when φ is past the threshold, and again when it has doubled. */
  #look(call: EndedCall): void {
    const nowMs = this.#calendar.nowMs;
    if (nowMs >= call.endMs) return;
    const route = this.#routes.of(call.edge, this.#instance.service, call.callee);
    const pair = this.#out.get(call)?.pair ?? this.#window.pairOf(route.asked);
    if (!pair) return;
    const out = this.#out.get(call) ?? { call, pair, reported: false };
    this.#out.set(call, out);
    const ageMs = nowMs - call.startMs;
    const phi = suspicionOf(ageMs, pair.latency);
    if (phi === undefined) {
      this.#lookAfter(call, Math.min(ageMs * 2, ageMs + REPEAT_MS_MAX));
      return;
    }
    const isLost = out.reported && (this.#answered.get(pair) ?? 0) > call.startMs;
    if (phi >= HUNG_SUSPICION && !isLost) {
      out.reported = true;
      this.#report(pair, HUNG, nowMs, ageMs, call, phi);
    }
    const afterMs = suspiciousAfterMs(out.reported ? 2 * phi : HUNG_SUSPICION, pair.latency) ?? ageMs;
    const soonestMs = out.reported ? ageMs + WINDOW_MS : ageMs;
    this.#lookAfter(call, Math.max(ageMs + 25, Math.min(Math.max(afterMs, soonestMs), ageMs + REPEAT_MS_MAX)));
  }

  #lookAfter(call: EndedCall, ageMs: number): void {
    this.#calendar.at(call.startMs + ageMs, () => this.#look(call));
  }

  #report(pair: Pair, outcome: Outcome, atMs: number, latencyMs: number, call: EndedCall, phi?: number): void {
    const failed = outcome.status !== HealthStatus.HEALTHY;
    const { subject, operation } = pair.call;
    const key = keyOf(subject.text, operation);
    const { asked, place, answeredPlace } = this.#routes.of(call.edge, this.#instance.service, call.callee);
    this.#accused.set(key, subject.text === asked.subject.text ? place : answeredPlace);
    const isOwn = call.cause?.role === 'observer';
    if (failed && call.cause && !(isOwn && this.#causes.has(key))) this.#causes.set(key, call.cause);
    else if (!failed && call.cause) this.#slowed.set(key, call.cause);
    const evidence = failed ? evidenceOf(call) : undefined;
    const urgent = this.#window.add(pair, outcome, atMs, latencyMs, { evidence }, phi);
    if (urgent.length > 0) this.#tell(urgent);
  }

  #tell(folded: readonly FoldedSighting[]): void {
    if (folded.length === 0) return;
    const spans = folded.map((each) => this.#spanOf(each));
    const told = folded.flatMap((each) => this.#toldOf(each));
    this.#send({ from: this.#instance, resource: resourceOf(this.#instance), spans, told });
  }

  #spanOf({ sighting, count, firstMs, lastMs, latencySumMs, latencyMaxMs, suspicionMax, evidence }: FoldedSighting) {
    const [parent] = evidence;
    const spanId = hex(OWN_IDS + ++this.#sentCount, 16);
    return spanRecord(this.#instance, {
      traceId: parent?.traceId ?? hex(OWN_IDS + this.#instance.id, 32),
      spanId,
      parentSpanId: parent?.spanId ?? '',
      name: OBSERVATION_SPAN_NAME,
      kind: SpanKind.INTERNAL,
      startMs: firstMs,
      endMs: lastMs,
      links: evidence,
      attributes: encodeObservation({
        observer: this.#instance.name,
        subject: sighting.subject.text,
        resolution: sighting.subject.resolution,
        operation: sighting.operation,
        status: sighting.status,
        reason: sighting.reason,
        source: sighting.source,
        count,
        suspicion: suspicionMax > 0 ? suspicionMax : undefined,
        observerLagSeconds: this.#lagSeconds(lastMs),
        latency: { meanSeconds: latencySumMs / count / 1000, maxSeconds: latencyMaxMs / 1000 },
      }),
    }) satisfies SpanRecord;
  }

  #toldOf({ sighting, count, firstMs, lastMs, latencySumMs }: FoldedSighting): Told[] {
    const { operation, status } = sighting;
    const place = this.#accused.get(keyOf(sighting.subject.text, operation));
    if (!place) throw new Error(`nobody has called ${sighting.subject.text}`);
    const news = status === HealthStatus.HEALTHY ? 'well' : status === HealthStatus.PENDING ? 'hung' : 'failing';
    const key = keyOf(sighting.subject.text, operation);
    const cause = (news === 'well' ? this.#slowed : this.#causes).get(key);
    if (news !== 'hung') (news === 'well' ? this.#slowed : this.#causes).delete(key);
    const [fromMs, atMs, latencyMs] = [firstMs, lastMs, latencySumMs / count];
    const subject = sighting.subject.text;
    return [{ place, subject, observer: this.#instance, operation, news, count, cause, fromMs, atMs, latencyMs }];
  }

  #lagSeconds(atMs: number): number {
    const late = this.#instance.troubles.find(({ mode, fault }) => mode === 'late' && fault.lastsAt(atMs - WINDOW_MS));
    return late?.lagSeconds ?? 0.002;
  }
}

function keyOf(subject: string, operation: string): string {
  return `${subject} ${operation}`;
}

function evidenceOf({ trace, spanId, ending }: EndedCall): Evidence {
  return { traceId: hex(trace.id, 32), spanId: hex(spanId, 16), errorType: ending };
}
