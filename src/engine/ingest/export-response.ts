// SPDX-License-Identifier: Apache-2.0
/**
 * The two messages that a receiver sends, written by hand: an `ExportTraceServiceResponse`, and for HTTP errors a
 * `google.rpc.Status`. Two fields each do not warrant a protobuf library.
 *
 * Source: opentelemetry-proto 1.x, `trace_service.proto`; googleapis, `google/rpc/status.proto`; OTLP 1.x, "Full
 * Success", "Partial Success", "Failures".
 */
import type { PanoramaError } from '../../model/errors.js';
import { cut } from '../../model/limits.js';
import type { ExportEncoding, ExportResult } from './export-sink.js';

/** Content types of OTLP/HTTP, by encoding. */
export const CONTENT_TYPES: Readonly<Record<ExportEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** `partial_success` = 1 of the response; of it `rejected_spans` = 1 and `error_message` = 2. */
const PARTIAL_SUCCESS_TAG = 1 * 8 + 2;
const REJECTED_SPANS_TAG = 1 * 8;
const ERROR_MESSAGE_TAG = 2 * 8 + 2;
/** `code` = 1 and `message` = 2 of a status. */
const CODE_TAG = 1 * 8;
const MESSAGE_TAG = 2 * 8 + 2;

/** Longest message of a gRPC status; it travels in a header, where each character may take nine bytes. */
const DETAILS_LENGTH_MAX = 500;

const NOTHING = Buffer.alloc(0);

/**
 * The response to a request that was taken; `partial_success` is set only when something was refused or is to be said.
 */
export function encodeExportResponse(result: ExportResult, encoding: ExportEncoding): Buffer {
  const { rejected, message } = result;
  const isFull = rejected === 0 && message === '';
  if (encoding === 'json') {
    // An int64 is text in protobuf's JSON mapping.
    const partial = { partialSuccess: { rejectedSpans: String(rejected), errorMessage: message } };
    return Buffer.from(JSON.stringify(isFull ? {} : partial));
  }
  if (isFull) return NOTHING;
  const partial = Buffer.concat([encodeInteger(REJECTED_SPANS_TAG, rejected), encodeText(ERROR_MESSAGE_TAG, message)]);
  return Buffer.concat([Buffer.of(PARTIAL_SUCCESS_TAG), encodeVarint(partial.length), partial]);
}

/** A `google.rpc.Status`. @param code a number of google.rpc.Code */
export function encodeStatus(code: number, message: string, encoding: ExportEncoding): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return Buffer.concat([encodeInteger(CODE_TAG, code), encodeText(MESSAGE_TAG, message)]);
}

/**
 * A gRPC status. Its details are made well-formed: the library encodes them as a URI, which half a pair would break.
 */
export function grpcStatus(error: PanoramaError): { readonly code: number; readonly details: string } {
  const details = Buffer.from(messageForSender(error)).toString();
  return { code: error.grpcStatus, details: cut(details, DETAILS_LENGTH_MAX) };
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
  const bytes = Buffer.from(text);
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
