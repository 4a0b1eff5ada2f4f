// SPDX-License-Identifier: Apache-2.0
/**
 * The two messages that a receiver sends, written by hand: the export response of a signal, and for errors a
 * `google.rpc.Status`. Two fields each do not warrant a protobuf library.
 *
 * Source: opentelemetry-proto 1.x, `collector/`; googleapis, `google/rpc/status.proto` and `error_details.proto`; OTLP 1.x,
 * "Full Success", "Partial Success", "Failures".
 */
import type { PanoramaError } from '../../model/errors.js';
import type { ExportEncoding, ExportResult } from './export-sink.js';
import type { SignalRoute } from './signals.js';

/** Content types of OTLP/HTTP, by encoding. */
export const CONTENT_TYPES: Readonly<Record<ExportEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** `partial_success` = 1 of the response; of it what was rejected = 1, whatever the signal, and `error_message` = 2. */
const PARTIAL_SUCCESS_TAG = 1 * 8 + 2;
const REJECTED_TAG = 1 * 8;
const ERROR_MESSAGE_TAG = 2 * 8 + 2;
/** `code` = 1, `message` = 2 and `details` = 3 of a status; a detail is an `Any`: `type_url` = 1 and `value` = 2. */
const CODE_TAG = 1 * 8;
const MESSAGE_TAG = 2 * 8 + 2;
const DETAILS_TAG = 3 * 8 + 2;
const TYPE_URL_TAG = 1 * 8 + 2;
const VALUE_TAG = 2 * 8 + 2;
/** `retry_delay` = 1 of a `RetryInfo`, a `Duration`: `seconds` = 1. */
const RETRY_INFO_TYPE = 'type.googleapis.com/google.rpc.RetryInfo';
const RETRY_DELAY_TAG = 1 * 8 + 2;
const SECONDS_TAG = 1 * 8;

const NOTHING = Buffer.alloc(0);

/**
 * The response to a request that was taken; `partial_success` is set only when something was refused or is to be said.
 */
export function encodeExportResponse(
  result: ExportResult,
  { rejectedField }: Pick<SignalRoute, 'rejectedField'>,
  encoding: ExportEncoding,
): Buffer {
  const { rejected, message } = result;
  const isFull = rejected === 0 && message === '';
  if (encoding === 'json') {
    // An int64 is text in protobuf's JSON mapping.
    const partial = { partialSuccess: { [rejectedField]: String(rejected), errorMessage: message } };
    return Buffer.from(JSON.stringify(isFull ? {} : partial));
  }
  if (isFull) return NOTHING;
  const partial = Buffer.concat([encodeInteger(REJECTED_TAG, rejected), encodeText(ERROR_MESSAGE_TAG, message)]);
  return Buffer.concat([Buffer.of(PARTIAL_SUCCESS_TAG), encodeVarint(partial.length), partial]);
}

/**
 * A `google.rpc.Status`; in its details a `RetryInfo`, where a retry can help.
 *
 * @param code a number of google.rpc.Code
 */
export function encodeStatus(
  code: number,
  message: string,
  encoding: ExportEncoding,
  retryAfterSeconds?: number | undefined,
): Buffer {
  if (encoding === 'json') {
    const details = [{ '@type': RETRY_INFO_TYPE, retryDelay: `${retryAfterSeconds}s` }];
    return Buffer.from(JSON.stringify({ code, message, ...(retryAfterSeconds !== undefined && { details }) }));
  }
  const status = [encodeInteger(CODE_TAG, code), encodeText(MESSAGE_TAG, message)];
  if (retryAfterSeconds !== undefined) status.push(encodeBytes(DETAILS_TAG, encodeRetryInfo(retryAfterSeconds)));
  return Buffer.concat(status);
}

/** A `RetryInfo` in an `Any`. */
function encodeRetryInfo(seconds: number): Buffer {
  const retryDelay = encodeBytes(RETRY_DELAY_TAG, encodeInteger(SECONDS_TAG, seconds));
  return Buffer.concat([encodeText(TYPE_URL_TAG, RETRY_INFO_TYPE), encodeBytes(VALUE_TAG, retryDelay)]);
}

/**
 * What a sender is told of an error: its message, but of the engine's own faults only that there was one, for their
 * text may quote anything.
 */
export function messageForSender(error: PanoramaError): string {
  return error.code === 'PANO_INTERNAL'
    ? 'the engine failed on this request, and its log says why; other requests are served, this one should not be sent again'
    : error.message;
}

/** Protobuf leaves out what is zero or empty. */
function encodeInteger(tag: number, value: number): Buffer {
  return value === 0 ? NOTHING : Buffer.concat([Buffer.of(tag), encodeVarint(value)]);
}

function encodeText(tag: number, text: string): Buffer {
  return encodeBytes(tag, Buffer.from(text));
}

function encodeBytes(tag: number, bytes: Buffer): Buffer {
  return bytes.length === 0 ? NOTHING : Buffer.concat([Buffer.of(tag), encodeVarint(bytes.length), bytes]);
}

/** A varint of a whole number from 0 to 2^53. */
function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
