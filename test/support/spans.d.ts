/** Spans as the decoder would give them, from the few things a test cares about. */
import type { TraceBatch } from '../../src/engine/wire/trace-batch.js';
import type { ResourceSpans, SpanRecord } from '../../src/model/span.js';
import { type ObservationContent } from '../../src/observe/observation-span.js';
/** A fresh span id: 16 hex digits. */
export declare function freshSpanId(): string;
/** A fresh trace id: 32 hex digits. */
export declare function freshTraceId(): string;
export declare function spanOf(given?: Partial<SpanRecord> & {
    readonly endMs?: number;
}): SpanRecord;
/** A guest's observation span. */
export declare function observationSpanOf(content: Partial<ObservationContent>, endMs: number): SpanRecord;
/** The resource of a service instance. */
export declare function resourceOf(service: string, instance?: string, environment?: string): ResourceSpans['resource'];
/** One export request. */
export declare function batchOf(...resources: ResourceSpans[]): TraceBatch;
