// SPDX-License-Identifier: Apache-2.0
/** What observers send: spans for the engine, and beside them, for the oracle alone, what those spans tell and why. */
import type { Attributes } from '../../src/model/attributes.js';
import { type SpanKind, type SpanRecord, SpanStatusCode } from '../../src/model/span.js';
import type { Cause } from './faults.js';
import { type Place, shownPlace } from './places.js';
import { type Instance, skewAt } from './topology.js';

/** When the worlds begin, by a clock that is right. Epoch ms. */
export const WORLD_BEGAN_MS = 1_700_000_000_000;

/** What an observer tells of somebody: some calls with one outcome. */
export interface Told {
  readonly place: Place;
  /** The name under which it tells of the place. */
  readonly subject: string;
  readonly observer: Instance;
  readonly operation: string;
  readonly news: 'well' | 'failing' | 'hung';
  readonly count: number;
  /** Why, where it was no chance. */
  readonly cause: Cause | undefined;
  /** When the first and the last of the calls ended, by the world's time. */
  readonly fromMs: number;
  readonly atMs: number;
  /** Of one call: how long it took. Of more: their mean. */
  readonly latencyMs: number;
}

/** One export request. */
export interface Parcel {
  readonly from: Instance;
  readonly resource: Attributes;
  readonly spans: readonly SpanRecord[];
  readonly told: readonly Told[];
}

/** An observer's way to send. */
export type Send = (parcel: Parcel) => void;

/** A span as a decoder gives it, dated by its process's own clock. */
export function spanRecord(
  process: Instance,
  span: {
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId: string;
    readonly name: string;
    readonly kind: SpanKind;
    readonly attributes: Attributes;
    readonly startMs: number;
    readonly endMs: number;
    readonly statusCode?: SpanStatusCode;
    readonly links?: SpanRecord['links'];
  },
): SpanRecord {
  const offMs = WORLD_BEGAN_MS + skewAt(process, span.endMs);
  const { startMs, endMs } = span;
  // Field by field: made by rest and spread, spans would take a quarter of the time of a simulation.
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    attributes: span.attributes,
    statusCode: span.statusCode ?? SpanStatusCode.UNSET,
    links: span.links ?? [],
    statusMessage: '',
    exception: undefined,
    durationMs: endMs - startMs,
    startUnixNano: nanosOf(startMs + offMs),
    endUnixNano: nanosOf(endMs + offMs),
  };
}

export function resourceOf({ name }: Instance): Attributes {
  const [service, instance] = name.split('/');
  return { 'service.name': service, 'service.instance.id': instance };
}

export function hex(id: number, length: number): string {
  return id.toString(16).padStart(length, '0');
}

/** Epoch ms to ns, with microseconds. */
function nanosOf(epochMs: number): bigint {
  return BigInt(Math.round(epochMs * 1000)) * 1000n;
}

/** What is told, for whoever reads the log. */
export function toldText({ observer, place, operation, count, news, cause, atMs }: Told): string {
  const why = cause ? `${cause.role} ${cause.fault.kind}` : 'by chance';
  return `  ${observer.name} tells of ${shownPlace(place)}, ${operation}: ${count} ${news} at ${(atMs / 1000).toFixed(2)} s, ${why}`;
}
