// SPDX-License-Identifier: Apache-2.0
/**
 * Bounds that guest and engine share. What one side makes the other must accept, so they stand in one place.
 */

/** Longest identity text accepted or made, in UTF-16 units. Kubernetes pod names with a namespace stay under 130. */
export const IDENTITY_LENGTH_MAX = 256;

/** Characters kept of an error message: enough for the first line of any error, too little to smuggle a payload. */
export const ERROR_MESSAGE_LENGTH_MAX = 256;

/** Characters kept of `error.type` and of an exception's type. */
export const ERROR_TYPE_LENGTH_MAX = 128;

/** Characters kept of an operation's name. */
export const OPERATION_LENGTH_MAX = 256;

/** Most of a URL in which its host is looked for, in UTF-16 units: a DNS name has 253, and a token may stand before it. */
export const URL_HEAD_LENGTH_MAX = 1024;

/** Operations told apart per subject; more fold into `OPERATION_OTHER`, counted. */
export const OPERATIONS_PER_SUBJECT_MAX = 200;

/** The operation that stands for all those past the bound. */
export const OPERATION_OTHER = 'other';

/** Traces shown per observation; also links kept of a span. */
export const EVIDENCE_PER_OBSERVATION_MAX = 4;
export const LINK_COUNT_MAX = 4;

/** Names that one answer blames; a request that meets more failing subjects says no more by naming them all. */
export const BLAMED_COUNT_MAX = 4;

/** Traces shown per verdict. */
export const EVIDENCE_PER_VERDICT_MAX = 32;

/** Traces kept per view: a verdict shows 32 of all views, and the newest of a view say what the older ones did. */
export const EVIDENCE_PER_VIEW_MAX = 8;

/** Text cut to a length, without splitting a surrogate pair. */
export function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const last = text.charCodeAt(lengthMax - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? lengthMax - 1 : lengthMax);
}

/**
 * Bytes of a serialized bag that travel with a call. In base64url that is 4,000 characters; W3C baggage promises 8,192
 * bytes for all members together, and OpenTelemetry's JavaScript SDK silently drops a pair of more than 4,096, its name
 * included.
 */
export const BAG_BYTES_MAX = 3000;

/**
 * Bytes of a serialized bag that go back with an HTTP or gRPC response, 2,000 characters. Fewer than with a request: nginx
 * reads the whole head of a response into one page of 4,096 bytes (`proxy_buffer_size`), and answers 502 where it is larger.
 */
export const BAG_ANSWER_BYTES_MAX = 1500;

/** Bytes of a serialized bag that are read: what a neighbour with a larger budget may send in one header. */
export const BAG_BYTES_READ_MAX = 8192;

/** Tuples packed in one process for one request; later ones are dropped, and the bag says so. */
export const BAG_TUPLE_COUNT_MAX = 4096;

/** Bags, each with a name and a packing of its own, in one branch; a tuple for one more is dropped. */
export const BAG_TABLE_COUNT_MAX = 256;

/** Bytes of other processes' tuples that one bag takes in; what is past it is dropped, and the bag says so. */
export const BAG_JOINED_BYTES_MAX = 1_048_576;

/** Instances (groups of tuples sealed together) held apart in one bag. */
export const BAG_INSTANCE_COUNT_MAX = 2048;

/** UTF-16 units of a bag's or a column's name, and of a text value; columns of a tuple. */
export const BAG_NAME_LENGTH_MAX = 64;
export const BAG_TEXT_LENGTH_MAX = 512;
export const BAG_COLUMN_COUNT_MAX = 16;
