// SPDX-License-Identifier: Apache-2.0
/**
 * The spans of one request as columns: of each its form, its ids, its times, and where it stands in the body, so that whoever
 * wants to know more of a span can have all of it read. Most spans never are.
 */
import type { SpanRecord } from '../../model/span.js';
import type { ResourceForm, SpanForm } from './span-form.js';

/** Words of a span's ids in its row: its trace's four, its own two, its parent's two (0 where it has none). */
export const ID_WORDS = 8;

/** The rows of one resource, `from` up to `to`. */
export interface ResourceRows {
  readonly resource: ResourceForm;
  readonly from: number;
  readonly to: number;
}

export interface SpanBatch {
  /** Rows. */
  readonly count: number;
  readonly resources: readonly ResourceRows[];
  readonly forms: readonly SpanForm[];
  /** `ID_WORDS` a row, most significant first. */
  readonly ids: Uint32Array;
  /** Epoch ms of its process, with fractions. */
  readonly endMs: Float64Array;
  /** Never negative; 0 where a time is missing. */
  readonly durationMs: Float64Array;
  /** All of one span. @throws PanoramaError PANO_WIRE_MALFORMED where something of it cannot be read that nobody has looked at before */
  recordOf(row: number): SpanRecord;
  /** Spans of the request that are in no row, because they are invalid. */
  readonly rejectedSpans: number;
  /** Why the first of them was refused and what to do; empty where none was. */
  readonly rejectedMessage: string;
}
