// SPDX-License-Identifier: Apache-2.0
/** All spans of a scanned request, read in full. */
import type { SpanBatch } from '../../src/engine/wire/span-batch.js';
import type { TraceBatch } from '../../src/engine/wire/trace-batch.js';

export function recordsOf({ resources, count, rejectedSpans, rejectedMessage, recordOf }: SpanBatch): TraceBatch {
  return {
    resources: resources.map(({ resource, from, to }) => ({
      resource: resource.attributes,
      spans: Array.from({ length: to - from }, (_, index) => recordOf(from + index)),
    })),
    ...{ spanCount: count, rejectedSpans, rejectedMessage },
  };
}
