// SPDX-License-Identifier: Apache-2.0
/**
 * An error as gRPC's trailers: a number, a message, and where a retry can help a `google.rpc.Status` whose `RetryInfo`
 * says when. Exporters take RESOURCE_EXHAUSTED for permanent without it.
 *
 * Source: gRPC over HTTP/2, "Responses"; googleapis, `google/rpc/status.proto` and `error_details.proto`; OTLP 1.x,
 * "OTLP/gRPC Throttling".
 */
import type { PanoramaError } from '../../model/errors.js';
import { cut } from '../../model/limits.js';
import { COMPRESSIONS } from './compression.js';
import { encodeStatus, messageForSender } from './export-response.js';

export interface GrpcTrailers {
  readonly 'grpc-status': string;
  readonly 'grpc-message': string;
  readonly 'grpc-status-details-bin'?: string;
  readonly 'grpc-accept-encoding'?: string;
}

/** Longest message of a gRPC status; it travels in a header, where each character may take nine bytes. */
const MESSAGE_LENGTH_MAX = 500;

/** @param status a number of google.rpc.Code */
export function grpcTrailers(error: PanoramaError, status: number = error.grpcStatus): GrpcTrailers {
  const message = cut(messageForSender(error), MESSAGE_LENGTH_MAX);
  const { retryAfterSeconds } = error;
  return {
    'grpc-status': String(status),
    'grpc-message': percentEncoded(message),
    ...(error.code === 'PANO_BODY_ENCODING' && { 'grpc-accept-encoding': COMPRESSIONS.join(',') }),
    ...(retryAfterSeconds !== undefined && {
      'grpc-status-details-bin': encodeStatus(status, message, 'protobuf', retryAfterSeconds)
        .toString('base64')
        .replace(/=+$/, ''),
    }),
  };
}

/** Printable ASCII but `%` stands as it is; every other byte of the text in UTF-8 as `%XX`. */
function percentEncoded(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
