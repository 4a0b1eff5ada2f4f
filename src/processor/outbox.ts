// SPDX-License-Identifier: Apache-2.0
/**
 * What waits for the exporter. It keeps the guest's promises towards its host: exporting never happens inside the
 * host's own call, never traces itself, never waits without end, never grows past its bound, and what is lost is
 * counted and said once per episode, not once per loss.
 *
 * The exporter is the host's, and so is what it answers with: nothing that it throws, rejects with or hands over is thrown on.
 */
import { context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { say } from '../diagnostics.js';
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

/** Parcels that were handed over together. */
interface Batch {
  readonly parcels: readonly Parcel[];
  /** How many were accepted before the first of them. */
  readonly from: number;
}

export class Outbox {
  readonly #settings: OutboxSettings;
  readonly #guarded: <T>(work: () => T) => T | undefined;
  readonly #queue: Parcel[] = [];
  readonly #underWay = new Set<Batch>();
  #acceptedCount = 0;
  #waiters: { readonly upTo: number; readonly resolve: () => void }[] = [];
  #scheduled: Timer | undefined;
  #inEpisode = false;

  exportedCount = 0;
  failedCount = 0;
  droppedCount = 0;

  /** @param guarded runs what must not fail its caller, and counts where it does */
  constructor(settings: OutboxSettings, guarded: <T>(work: () => T) => T | undefined) {
    this.#settings = settings;
    this.#guarded = guarded;
  }

  /** Takes parcels for the next export, which starts as soon as the host's current work yields. */
  push(parcels: readonly Parcel[]): void {
    for (const parcel of parcels) {
      if (this.#queue.length < this.#settings.queueCountMax) {
        this.#queue.push(parcel);
        this.#acceptedCount++;
      } else this.lose(1, 'the queue is full');
    }
    if (this.#queue.length === 0 || this.#scheduled) return;
    this.#guarded(() => {
      this.#scheduled = this.#settings.clock.setTimer(0, () => this.#send());
    });
  }

  /** Counts observations that cannot even wait. */
  lose(count: number, why: string): void {
    this.droppedCount += count;
    this.#say(why);
  }

  /**
   * Sends everything now; resolves when what waited until now is sent or given up, or when the time for an export is over.
   * What comes in meanwhile is not waited for, or a host that goes on would wait for ever. Never rejects.
   */
  flush(): Promise<void> {
    this.#send();
    const upTo = this.#acceptedCount;
    if (this.#isSettled(upTo)) return Promise.resolve();
    return new Promise((resolve) => {
      const { clock, exportTimeoutMs } = this.#settings;
      // Without a timer each export has its own still.
      const timer = this.#guarded(() => clock.setTimer(exportTimeoutMs, resolve));
      this.#waiters.push({
        upTo,
        resolve: () => {
          this.#guarded(() => timer?.cancel());
          resolve();
        },
      });
    });
  }

  /** The exporter will be shut down: what still waits is lost. Nothing comes any more. */
  close(): void {
    const left = this.#queue.splice(0).length;
    if (left > 0) this.lose(left, 'the processor is shut down');
  }

  /** Whether so many, the first, are sent or given up. */
  #isSettled(upTo: number): boolean {
    if (this.#acceptedCount - this.#queue.length < upTo) return false;
    for (const { from } of this.#underWay) if (from < upTo) return false;
    return true;
  }

  #send(): void {
    const scheduled = this.#scheduled;
    this.#scheduled = undefined;
    if (scheduled) this.#guarded(() => scheduled.cancel());
    while (this.#queue.length > 0 && this.#underWay.size < EXPORT_COUNT_MAX) {
      const from = this.#acceptedCount - this.#queue.length;
      this.#export({ parcels: this.#queue.splice(0, BATCH_COUNT_MAX), from });
    }
  }

  #export(batch: Batch): void {
    this.#underWay.add(batch);
    let count = batch.parcels.length;
    let timer: Timer | undefined;
    const settle = (failure: string | undefined) => {
      if (!this.#underWay.delete(batch)) return;
      this.#guarded(() => timer?.cancel());
      if (failure === undefined) this.#succeed(count);
      else this.#fail(count, failure);
      this.#send();
      this.#wake();
    };
    const fail = (error: unknown) => settle(wordsOf(error));
    const start = () => {
      if (!this.#underWay.has(batch)) return;
      try {
        const spans = this.#made(batch);
        count = spans.length;
        // By its type it returns nothing; one written as an async function rejects where it should have called back.
        const returned: unknown = context.with(suppressTracing(context.active()), () =>
          this.#settings.exporter.export(spans, (result) => settle(failureIn(result))),
        );
        if (returned !== undefined) Promise.resolve(returned).then(undefined, fail);
      } catch (error) {
        fail(error);
      }
    };
    try {
      const { clock, exportTimeoutMs } = this.#settings;
      timer = clock.setTimer(exportTimeoutMs, () => settle(`no answer after ${exportTimeoutMs} ms`));
      // Resource detectors may still be at work in a process that has just started; the timer above bounds the wait.
      const resource = batch.parcels[0]?.resource;
      if (resource?.asyncAttributesPending) settlementOf(resource).then(start, start);
      else start();
    } catch (error) {
      fail(error);
    }
  }

  /** The spans of a batch. One that cannot be made takes none of the others with it. */
  #made({ parcels }: Batch): ReadableSpan[] {
    const spans = parcels.flatMap(({ make }) => this.#guarded(make) ?? []);
    if (spans.length === 0) throw new Error('no span could be made of it');
    if (spans.length < parcels.length) this.#fail(parcels.length - spans.length, 'no span could be made of it');
    return spans;
  }

  #wake(): void {
    const woken = this.#waiters.filter(({ upTo }) => this.#isSettled(upTo));
    if (woken.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !woken.includes(waiter));
    for (const { resolve } of woken) resolve();
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
    say('warn', () => `observations are being lost (${why}); counted until exports succeed again`);
  }
}

async function settlementOf(resource: ReadableSpan['resource']): Promise<void> {
  await resource.waitForAsyncAttributes?.();
}

/** What an exporter's answer says went wrong; nothing where it went well. */
function failureIn(result: ExportResult | undefined): string | undefined {
  try {
    if (result?.code === ExportResultCode.SUCCESS) return undefined;
    return String(result?.error?.message ?? 'the exporter failed');
  } catch {
    return 'the exporter failed';
  }
}

function wordsOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return 'the exporter failed, and cannot say how';
  }
}
