// SPDX-License-Identifier: Apache-2.0
/** A log record, as far as anything here reads one. */
import type { Attributes } from './attributes.js';
import type { SpanRef } from './span.js';

/** Its ids are those of the span in which it was written; both are empty where there was none. */
export interface LogRecord extends SpanRef {
  /** When it happened or, where that is not said, when it was seen. Exact epoch nanoseconds. */
  readonly timeUnixNano: bigint;
  /** The body where it is text, else empty. */
  readonly body: string;
  readonly attributes: Attributes;
}
