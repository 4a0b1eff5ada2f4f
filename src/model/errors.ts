// SPDX-License-Identifier: Apache-2.0
/**
 * The one error type and the one table of what an error means to whoever asked: an HTTP status, a gRPC status, an exit
 * code, and whether a retry can help. Permanent faults never invite retries. Every message says what was wrong, where,
 * and what to do. `docs/errors.md` is checked against this table.
 */

/** The stable code of an error. */
export type ErrorCode =
  | 'PANO_OPTIONS_INVALID'
  | 'PANO_USAGE'
  | 'PANO_ADDRESS_IN_USE'
  | 'PANO_LISTEN_FAILED'
  | 'PANO_WIRE_MALFORMED'
  | 'PANO_WIRE_LIMIT'
  | 'PANO_BODY_TOO_LARGE'
  | 'PANO_BODY_ENCODING'
  | 'PANO_METHOD_NOT_ALLOWED'
  | 'PANO_NOT_FOUND'
  | 'PANO_SUBJECT_UNKNOWN'
  | 'PANO_QUERY_INVALID'
  | 'PANO_ENGINE_UNREACHABLE'
  | 'PANO_OVERLOADED'
  | 'PANO_STOPPING'
  | 'PANO_DECODER_LOST'
  | 'PANO_BAGGAGE_MALFORMED'
  | 'PANO_HISTORY_DRIVER'
  | 'PANO_HISTORY_UNWRITABLE'
  | 'PANO_HISTORY_LOCKED'
  | 'PANO_HISTORY_NEWER'
  | 'PANO_HISTORY_BROKEN'
  | 'PANO_HISTORY_FULL'
  | 'PANO_HISTORY_BEHIND'
  | 'PANO_EXPOSED'
  | 'PANO_ACCESS_FILE'
  | 'PANO_HOST_REFUSED'
  | 'PANO_UNAUTHENTICATED'
  | 'PANO_FORBIDDEN'
  | 'PANO_INTERNAL';

export interface ErrorKind {
  readonly http: number;
  readonly grpc: number;
  readonly exit: number;
  readonly summary: string;
  /** Where the same request may be sent again: after how many seconds. Its sender is told; without it, it must give up. */
  readonly retryAfterSeconds?: number;
}

/** gRPC status numbers used below (google.rpc.Code). */
const GRPC = {
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};

/** Exit codes follow the BSD `sysexits` convention, so that scripts can tell a wrong flag from a missing engine. */
const EXIT = { FAILED: 1, USAGE: 64, DATA: 65, UNAVAILABLE: 69, SOFTWARE: 70, OS: 71, NOPERM: 77, CONFIG: 78 };

export const ERROR_KINDS: Readonly<Record<ErrorCode, ErrorKind>> = {
  PANO_OPTIONS_INVALID: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    exit: EXIT.CONFIG,
    summary: 'An option has a value that cannot be used.',
  },
  PANO_USAGE: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    exit: EXIT.USAGE,
    summary: 'A command was called with words it does not take.',
  },
  PANO_ADDRESS_IN_USE: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.OS,
    summary: 'Another process listens on the address already.',
  },
  PANO_LISTEN_FAILED: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.OS,
    summary: 'The engine could not listen on the address.',
  },
  PANO_WIRE_MALFORMED: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    exit: EXIT.DATA,
    summary: 'The bytes are not an OTLP export request of their signal.',
  },
  PANO_WIRE_LIMIT: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    exit: EXIT.DATA,
    summary: 'The request exceeds a bound of the decoder (depth, count or length).',
  },
  PANO_BODY_TOO_LARGE: {
    http: 413,
    grpc: GRPC.RESOURCE_EXHAUSTED,
    exit: EXIT.DATA,
    summary: 'The body is larger than the engine takes, as sent or after decompression.',
  },
  PANO_BODY_ENCODING: {
    http: 415,
    grpc: GRPC.UNIMPLEMENTED,
    exit: EXIT.DATA,
    summary: 'The content type or content encoding is not one the engine reads.',
  },
  PANO_METHOD_NOT_ALLOWED: {
    http: 405,
    grpc: GRPC.UNIMPLEMENTED,
    exit: EXIT.USAGE,
    summary: 'The route exists, but not for this method.',
  },
  PANO_NOT_FOUND: { http: 404, grpc: GRPC.NOT_FOUND, exit: EXIT.FAILED, summary: 'There is no such route.' },
  PANO_SUBJECT_UNKNOWN: {
    http: 404,
    grpc: GRPC.NOT_FOUND,
    exit: EXIT.FAILED,
    summary: 'Nobody has reported an observation of this subject.',
  },
  PANO_QUERY_INVALID: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    exit: EXIT.USAGE,
    summary: 'A query parameter has a value that cannot be used.',
  },
  PANO_ENGINE_UNREACHABLE: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.UNAVAILABLE,
    summary: 'No engine answers at the given URL.',
  },
  PANO_OVERLOADED: {
    http: 429,
    grpc: GRPC.RESOURCE_EXHAUSTED,
    exit: EXIT.UNAVAILABLE,
    summary: 'The engine holds as many bytes in flight as it may; try again shortly.',
    // Bodies are in flight for milliseconds.
    retryAfterSeconds: 1,
  },
  PANO_STOPPING: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.UNAVAILABLE,
    summary: 'The engine is stopping and takes no more requests.',
    // A restart takes about as long.
    retryAfterSeconds: 2,
  },
  PANO_DECODER_LOST: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.UNAVAILABLE,
    summary: 'The thread that decoded the request is gone, and nothing of the request was taken in.',
    // Another one is there at once.
    retryAfterSeconds: 1,
  },
  PANO_BAGGAGE_MALFORMED: {
    http: 400,
    grpc: GRPC.INVALID_ARGUMENT,
    exit: EXIT.DATA,
    summary: 'The bytes are not a serialized bag of causal baggage.',
  },
  PANO_HISTORY_DRIVER: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.UNAVAILABLE,
    summary: 'The optional package better-sqlite3, which keeps the history, is missing or does not fit this Node.',
  },
  PANO_HISTORY_UNWRITABLE: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.OS,
    summary: 'The history’s file cannot be made or written at its path.',
  },
  PANO_HISTORY_LOCKED: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.OS,
    summary: 'Another process has the history’s file open.',
  },
  PANO_HISTORY_NEWER: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.DATA,
    summary: 'The history’s file was written by a newer version of Panorama.',
  },
  PANO_HISTORY_BROKEN: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.DATA,
    summary: 'The file is no history of Panorama, is damaged, or was taken away.',
  },
  PANO_HISTORY_FULL: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.OS,
    summary: 'There is no room left where the history’s file lies.',
  },
  PANO_HISTORY_BEHIND: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.UNAVAILABLE,
    summary: 'The history is written more slowly than it grows, or its disk does not answer.',
  },
  PANO_EXPOSED: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.CONFIG,
    summary: 'Other machines could reach the engine, and nothing protects it.',
  },
  PANO_ACCESS_FILE: {
    http: 503,
    grpc: GRPC.UNAVAILABLE,
    exit: EXIT.CONFIG,
    summary: 'A file of certificates, keys or tokens cannot be used.',
  },
  PANO_HOST_REFUSED: {
    http: 421,
    grpc: GRPC.PERMISSION_DENIED,
    exit: EXIT.NOPERM,
    summary: 'The request is for a host name that is not the engine’s, as a web page’s would be.',
  },
  PANO_UNAUTHENTICATED: {
    http: 401,
    grpc: GRPC.UNAUTHENTICATED,
    exit: EXIT.NOPERM,
    summary: 'The request shows no token, or one that is not valid.',
  },
  PANO_FORBIDDEN: {
    http: 403,
    grpc: GRPC.PERMISSION_DENIED,
    exit: EXIT.NOPERM,
    summary: 'The token does not allow this.',
  },
  PANO_INTERNAL: { http: 500, grpc: GRPC.INTERNAL, exit: EXIT.SOFTWARE, summary: 'A fault of the engine itself.' },
};

export class PanoramaError extends Error {
  readonly code: ErrorCode;

  /**
   * @param code one of `ERROR_KINDS`
   * @param message what was wrong, where, and what to do
   * @param cause the error beneath, if any
   */
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PanoramaError';
    this.code = code;
  }

  get httpStatus(): number {
    return ERROR_KINDS[this.code].http;
  }

  get grpcStatus(): number {
    return ERROR_KINDS[this.code].grpc;
  }

  get exitCode(): number {
    return ERROR_KINDS[this.code].exit;
  }

  /** After how many seconds the same request may be sent again; `undefined` where that cannot help. */
  get retryAfterSeconds(): number | undefined {
    return ERROR_KINDS[this.code].retryAfterSeconds;
  }

  /** The error itself, or what was thrown wrapped as a fault of the engine. */
  static from(thrown: unknown): PanoramaError {
    if (thrown instanceof PanoramaError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new PanoramaError('PANO_INTERNAL', `unexpected fault: ${message}`, thrown);
  }
}
