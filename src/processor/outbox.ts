// SPDX-License-Identifier: Apache-2.0
/**
 * What waits for the exporter. It keeps the guest's promises towards its host: exporting never happens inside the
 * host's own call, never traces itself, never waits without end, never grows past its bound, and what is lost is
 * counted and said once per episode, not once per loss.
 */
import { context, diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Clock, Timer } from '../model/clock.js';

/** Spans per export request: OpenTelemetry's own default for batches. */
const BATCH_COUNT_MAX = 512;

/** A span still to be made: until its resource is known in full, so is not its observer. */
export interface Parcel {
  readonly resource: ReadableSpan['resource'];
  readonly make: () => ReadableSpan;
}

/** Exports under way at one time: one that answers slowly must not delay the next bad news, many must not pile up. */
const EXPORT_COUNT_MAX = 2;

export interface OutboxSettings {
  readonly exporter: SpanExporter;
  readonly queueCountMax: number;
  readonly exportTimeoutMs: number;
  readonly clock: Clock;
}

export class Outbox {
  readonly #settings: OutboxSettings;
  #queue: Parcel[] = [];
  #scheduled: Timer | undefined;
  #idleWaiters: (() => void)[] = [];
  #exportingCount = 0;
  #inEpisode = false;

  exportedCount = 0;
  failedCount = 0;
  droppedCount = 0;

  constructor(settings: OutboxSettings) {
    this.#settings = settings;
  }

  /** Takes parcels for the next export, which starts as soon as the host's current work yields. */
  push(parcels: readonly Parcel[]): void {
    for (const parcel of parcels) {
      if (this.#queue.length < this.#settings.queueCountMax) this.#queue.push(parcel);
      else this.lose(1, 'the queue is full');
    }
    if (this.#queue.length > 0) this.#scheduled ??= this.#settings.clock.setTimer(0, () => this.#send());
  }

  /** Counts observations that cannot even wait. */
  lose(count: number, why: string): void {
    this.droppedCount += count;
    this.#say(why);
  }

  /** Sends everything now; resolves when nothing is under way any more. Never rejects, bounded by the export timeout. */
  flush(): Promise<void> {
    this.#send();
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  get #isIdle(): boolean {
    return this.#queue.length === 0 && this.#exportingCount === 0;
  }

  #send(): void {
    this.#scheduled?.cancel();
    this.#scheduled = undefined;
    while (this.#queue.length > 0 && this.#exportingCount < EXPORT_COUNT_MAX) {
      this.#export(this.#queue.splice(0, BATCH_COUNT_MAX));
    }
  }

  #export(batch: readonly Parcel[]): void {
    this.#exportingCount++;
    let settled = false;
    const settle = (failure: string | undefined) => {
      if (settled) return;
      settled = true;
      timer.cancel();
      this.#exportingCount--;
      if (failure === undefined) this.#succeed(batch.length);
      else this.#fail(batch.length, failure);
      this.#send();
      if (this.#isIdle) for (const resolve of this.#idleWaiters.splice(0)) resolve();
    };
    const { clock, exportTimeoutMs, exporter } = this.#settings;
    const timer = clock.setTimer(exportTimeoutMs, () => settle(`no answer after ${exportTimeoutMs} ms`));
    const fail = (error: unknown) => settle(error instanceof Error ? error.message : String(error));
    const start = () => {
      if (settled) return;
      try {
        const spans = batch.map(({ make }) => make());
        const answer = (result: ExportResult | undefined) =>
          settle(
            result?.code === ExportResultCode.SUCCESS ? undefined : (result?.error?.message ?? 'the exporter failed'),
          );
        const returned: unknown = context.with(suppressTracing(context.active()), () => exporter.export(spans, answer));
        // By its type it returns nothing; one written as an async function rejects where it should have called back.
        if (returned instanceof Promise) returned.catch(fail);
      } catch (error) {
        fail(error);
      }
    };
    // Resource detectors may still be at work in a process that has just started; the timer above bounds the wait.
    const resource = batch[0]?.resource;
    if (resource?.asyncAttributesPending) settlementOf(resource).then(start, start);
    else start();
  }

  #succeed(count: number): void {
    this.exportedCount += count;
    this.#inEpisode = false;
  }

  #fail(count: number, why: string): void {
    this.failedCount += count;
    this.#say(why);
  }

  /** One warning per episode; the episode ends with the next export that succeeds. */
  #say(why: string): void {
    if (this.#inEpisode) return;
    this.#inEpisode = true;
    diag.warn(`panorama: observations are being lost (${why}); counted until exports succeed again`);
  }
}

async function settlementOf(resource: ReadableSpan['resource']): Promise<void> {
  await resource.waitForAsyncAttributes?.();
}
