// SPDX-License-Identifier: Apache-2.0
/**
 * What an engine knows of itself: it counts its requests, watches its process, and puts its numbers together for whoever
 * asks. Once a minute it keeps a copy of them, so that what happened lately can be told from what happened ever.
 */
import type { Clock, Timer } from '../../model/clock.js';
import type { PanoramaError } from '../../model/errors.js';
import type { EngineReader } from '../engine-reader.js';
import type { FinishedRequest } from '../ingest/request-listener.js';
import type { SignalCounts } from '../signal-counts.js';
import type { EngineStatus } from './engine-status.js';
import { VitalsMonitor } from './process-vitals.js';
import { PrometheusPage } from './prometheus-page.js';
import { RequestCounts } from './request-counts.js';

/** How often the numbers are kept, in ms: "lately" is one to two of these. */
const TURN_MS = 60_000;

/** How the threads that decode fare, as it changes. */
export interface DecoderReader {
  readonly readyCount: number;
  readonly lostCount: number;
  readonly handedOverCount: number;
}

export interface EngineTelemetryParts {
  readonly clock: Clock;
  readonly reader: EngineReader;
  /** Where spans are taken; `undefined` while they are not. */
  readonly listening: () => { readonly otlpGrpc: string; readonly otlpHttp: string } | undefined;
  /** The bytes of requests in flight, and how many there may be. */
  readonly admission: { readonly bytesInFlight: number; readonly bytesMax: number };
  /** The threads that decode; `undefined` where there are none. */
  readonly decoders?: DecoderReader | undefined;
  readonly viewCountMax: number;
  readonly scheme: 'http' | 'https';
  /** What came beside spans, as it grows. */
  readonly signals: Readonly<SignalCounts>;
}

export class EngineTelemetry {
  readonly #parts: EngineTelemetryParts;
  readonly #requests = new RequestCounts();
  readonly #page: PrometheusPage = new PrometheusPage(() => this.status());
  readonly #vitals: VitalsMonitor;
  readonly startedMs: number;
  readonly #startedMonotonicMs: number;
  #timer: Timer | undefined;
  #lastTurn: EngineStatus | undefined;
  #beforeLast: EngineStatus | undefined;

  constructor(parts: EngineTelemetryParts) {
    this.#parts = parts;
    this.startedMs = parts.clock.nowMs();
    this.#startedMonotonicMs = parts.clock.monotonicMs();
    this.#vitals = new VitalsMonitor((kind, seconds) =>
      this.#page.gcDuration.record(seconds, { 'v8js.gc.type': kind }),
    );
  }

  start(): void {
    this.#vitals.start();
    this.#await();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#vitals.stop();
  }

  /** Counts a request. About 2 µs. */
  noteRequest(request: FinishedRequest): void {
    const { transport, signal, ms } = request;
    this.#requests.add(request);
    this.#page.requestDuration.record(ms / 1000, { transport, signal });
  }

  /** Remembers whose request was refused last, and why. */
  noteRefusal(error: PanoramaError, peer: string): void {
    this.#requests.noteRefusal(error, peer, this.#parts.clock.nowMs());
  }

  isReady(): boolean {
    return this.#parts.listening() !== undefined;
  }

  status(): EngineStatus {
    const { clock, reader, admission, decoders, viewCountMax, scheme, signals } = this.#parts;
    const listening = this.#parts.listening();
    return {
      startedMs: this.startedMs,
      uptimeMs: Math.round(clock.monotonicMs() - this.#startedMonotonicMs),
      isReady: listening !== undefined,
      otlpGrpc: listening?.otlpGrpc ?? '',
      otlpHttp: listening?.otlpHttp ?? '',
      scheme,
      counts: reader.counts(),
      signals: { ...signals },
      journal: reader.journalStatus(),
      requests: this.#requests.counts(),
      refusals: this.#requests.lastRefusals(),
      bytesInFlight: admission.bytesInFlight,
      bytesInFlightMax: admission.bytesMax,
      decoders: {
        ready: decoders?.readyCount ?? 0,
        lost: decoders?.lostCount ?? 0,
        handedOver: decoders?.handedOverCount ?? 0,
      },
      viewCountMax,
      process: this.#vitals.read(),
    };
  }

  /** The numbers of one to two minutes ago; `undefined` while the engine is younger. */
  statusBefore(): EngineStatus | undefined {
    return this.#beforeLast;
  }

  /** The metrics as Prometheus reads them. */
  metrics(): Promise<string> {
    return this.#page.text();
  }

  #await(): void {
    this.#timer = this.#parts.clock.setTimer(TURN_MS, () => {
      this.#beforeLast = this.#lastTurn;
      this.#lastTurn = this.status();
      this.#vitals.turn();
      this.#await();
    });
  }
}
