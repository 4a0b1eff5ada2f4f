// SPDX-License-Identifier: Apache-2.0
/**
 * Bounds that guest and engine share. What one side makes the other must accept, so they stand in one place.
 */

/** Characters kept of an error message: enough for the first line of any error, too little to smuggle a payload. */
export const ERROR_MESSAGE_LENGTH_MAX = 256;

/** Characters kept of `error.type` and of an exception's type. */
export const ERROR_TYPE_LENGTH_MAX = 128;

/** Characters kept of an operation's name. */
export const OPERATION_LENGTH_MAX = 256;

/** Operations told apart per subject; more fold into `OPERATION_OTHER`, counted. */
export const OPERATIONS_PER_SUBJECT_MAX = 200;

/** The operation that stands for all those past the bound. */
export const OPERATION_OTHER = 'other';

/** Traces shown per observation; also links kept of a span. */
export const EVIDENCE_PER_OBSERVATION_MAX = 4;
export const LINK_COUNT_MAX = 4;

/** Traces shown per verdict. */
export const EVIDENCE_PER_VERDICT_MAX = 32;

/** Text cut to a length, without splitting a surrogate pair. */
export function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const last = text.charCodeAt(lengthMax - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? lengthMax - 1 : lengthMax);
}
