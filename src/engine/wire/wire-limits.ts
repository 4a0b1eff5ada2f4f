// SPDX-License-Identifier: Apache-2.0
/**
 * The bounds of the decoders. A body that is small on the wire must stay small in memory: whatever a request can repeat
 * cheaply (spans of thirty bytes, array elements of two) is counted here, and whatever it can make long is cut.
 *
 * Three things need no bound of their own. Attributes: only the names of `READ_ATTRIBUTES` are kept, each once. Keys:
 * they are compared, not kept. Events: only the last exception is kept.
 */
import { PanoramaError } from '../../model/errors.js';
import { LINK_COUNT_MAX } from '../../model/limits.js';

/** Bounds of one decoded request. All are counts or lengths of at least 1. */
export interface WireLimits {
  /** Spans in a request, kept or refused; more is `PANO_WIRE_LIMIT`. Default 65,536. */
  readonly spanCountMax: number;
  /** UTF-16 units kept of any text; longer text is cut, for it still says what it is. Default 1,024. */
  readonly stringLengthMax: number;
  /** Elements kept of an array attribute; the rest is skipped. Default 32. */
  readonly arrayLengthMax: number;
  /** Links kept of a span; the rest is skipped. Default `LINK_COUNT_MAX`. */
  readonly linkCountMax: number;
  /**
   * Objects and arrays within each other in a JSON body; more is `PANO_WIRE_LIMIT`. Default 100, as in the protobuf
   * libraries. In protobuf bytes nothing nested is entered that is not kept, so there is no depth to bound.
   */
  readonly depthMax: number;
}

/**
 * The defaults. 65,536 spans is eight times the Collector's default batch, and no honest span takes less than the 64
 * bytes that a body of 4 MiB would have for each. 1,024 units hold any URL path, statement summary or error line that a
 * rule looks at.
 */
export const WIRE_LIMITS: WireLimits = {
  spanCountMax: 65_536,
  stringLengthMax: 1024,
  arrayLengthMax: 32,
  linkCountMax: LINK_COUNT_MAX,
  depthMax: 100,
};

/** Encodings of an export request. */
export type WireEncoding = 'protobuf' | 'JSON';

/** The error for bytes that are no export request. `byteOffset` counts from the start of the body. */
export function malformed(encoding: WireEncoding, byteOffset: number, what: string): PanoramaError {
  return new PanoramaError(
    'PANO_WIRE_MALFORMED',
    `malformed OTLP ${encoding} at byte ${byteOffset}: ${what}; send the export request of its signal as an OTLP exporter encodes it`,
  );
}
