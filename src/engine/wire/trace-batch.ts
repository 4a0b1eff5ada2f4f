// SPDX-License-Identifier: Apache-2.0
/**
 * What a decoder hands on: the spans of one export request, grouped by resource, and how many it had to refuse. A
 * resource without a kept span is dropped, since an empty one costs two bytes to send and a hundred to hold.
 */
import { PanoramaError } from '../../model/errors.js';
import type { ResourceSpans, SpanRecord } from '../../model/span.js';
import { type AttributeDraft, SpanBuilder } from './span-builder.js';
import type { WireLimits } from './wire-limits.js';

/** The spans of one export request. */
export interface TraceBatch {
  readonly resources: readonly ResourceSpans[];
  /** Spans in `resources`, all together. */
  readonly spanCount: number;
  /** Spans of the request that are not in `resources`, because they are invalid. */
  readonly rejectedSpans: number;
  /** Why the first of them was refused and what to do; empty where none was. */
  readonly rejectedMessage: string;
}

/** Collects one request. A decoder fills `span` and `resource`, and calls the `end…` methods. */
export class BatchBuilder {
  /** The draft of the span being read. */
  readonly span: SpanBuilder;
  /** Attributes of the resource being read. */
  resource: AttributeDraft = {};

  readonly #spanCountMax: number;
  readonly #resources: ResourceSpans[] = [];
  #spans: SpanRecord[] = [];
  #spanCount = 0;
  #rejectedSpans = 0;
  #rejectedMessage = '';

  constructor(limits: WireLimits) {
    this.span = new SpanBuilder(limits.linkCountMax);
    this.#spanCountMax = limits.spanCountMax;
  }

  /** Empties the draft for a span. @throws PanoramaError PANO_WIRE_LIMIT when the request has too many. */
  beginSpan(): void {
    if (this.#spanCount + this.#rejectedSpans >= this.#spanCountMax) {
      throw new PanoramaError(
        'PANO_WIRE_LIMIT',
        `the request has more than ${this.#spanCountMax} spans; make the exporter's batches smaller`,
      );
    }
    this.span.reset();
  }

  /** Keeps the drafted span, or counts it as refused. */
  endSpan(): void {
    const record = this.span.build();
    if (record !== undefined) {
      this.#spanCount++;
      this.#spans.push(record);
      return;
    }
    if (this.#rejectedMessage === '') {
      const ordinal = this.#spanCount + this.#rejectedSpans + 1;
      this.#rejectedMessage = `span ${ordinal} of the request was refused: ${this.span.fault}`;
    }
    this.#rejectedSpans++;
  }

  /** Closes the resource being read and opens the next. */
  endResource(): void {
    if (this.#spans.length > 0) {
      this.#resources.push({ resource: this.resource, spans: this.#spans });
      this.#spans = [];
    }
    this.resource = {};
  }

  finish(): TraceBatch {
    return {
      resources: this.#resources,
      spanCount: this.#spanCount,
      rejectedSpans: this.#rejectedSpans,
      rejectedMessage: this.#rejectedMessage,
    };
  }
}
