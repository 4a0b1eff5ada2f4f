// SPDX-License-Identifier: Apache-2.0
/**
 * What the end of a call says of the callee. The question is never "did the call fail" but "did the subject fail": a
 * 404 answers well, a 503 does not, and a caller that hung up early says nothing. The tables are data, so that they can
 * be read, printed and overridden per service and operation.
 *
 * Source: OpenTelemetry semantic conventions for HTTP, RPC and database client spans; the instrumentations' quirks are
 * each pinned by a test against a real socket.
 */
import { type Attributes, numberOf, PANORAMA, SEMCONV, textOf } from '../model/attributes.js';
import type { OutcomeReason } from '../model/observation.js';
import { type ObservableSpan, SpanStatusCode } from '../model/span.js';
import { HealthStatus } from '../model/status.js';
import { databaseFaultOf } from './database-fault.js';

/** A status and the word for it. */
export interface Outcome {
  readonly status: HealthStatus;
  readonly reason: OutcomeReason;
}

const OK: Outcome = { status: HealthStatus.HEALTHY, reason: 'ok' };
const REQUEST_FAULT: Outcome = { status: HealthStatus.HEALTHY, reason: 'request_fault' };
const THROTTLED: Outcome = { status: HealthStatus.MAYBE_UNHEALTHY, reason: 'throttled' };
const TIMEOUT: Outcome = { status: HealthStatus.UNHEALTHY, reason: 'timeout' };
const RPC_ERROR: Outcome = { status: HealthStatus.UNHEALTHY, reason: 'rpc_error' };
const ERROR: Outcome = { status: HealthStatus.UNHEALTHY, reason: 'error' };

/** HTTP response codes, first range that holds the code. 505 is the request's fault: it asked in a wrong version. */
export const HTTP_OUTCOMES: readonly (Outcome & { readonly from: number; readonly to: number })[] = [
  { from: 100, to: 399, ...OK },
  { from: 408, to: 408, ...THROTTLED },
  { from: 429, to: 429, ...THROTTLED },
  { from: 400, to: 499, ...REQUEST_FAULT },
  { from: 505, to: 505, ...REQUEST_FAULT },
  { from: 500, to: 599, status: HealthStatus.UNHEALTHY, reason: 'server_error' },
];

const GRPC_CANCELLED = 1;
const GRPC_UNAVAILABLE = 14;

/** gRPC status codes by number (google.rpc.Code) with their names, which newer conventions send instead. */
export const GRPC_OUTCOMES: readonly (Outcome & { readonly code: number; readonly name: string })[] = [
  { code: 0, name: 'OK', ...OK },
  { code: 1, name: 'CANCELLED', ...REQUEST_FAULT },
  { code: 2, name: 'UNKNOWN', ...RPC_ERROR },
  { code: 3, name: 'INVALID_ARGUMENT', ...REQUEST_FAULT },
  { code: 4, name: 'DEADLINE_EXCEEDED', ...TIMEOUT },
  { code: 5, name: 'NOT_FOUND', ...REQUEST_FAULT },
  { code: 6, name: 'ALREADY_EXISTS', ...REQUEST_FAULT },
  { code: 7, name: 'PERMISSION_DENIED', ...REQUEST_FAULT },
  { code: 8, name: 'RESOURCE_EXHAUSTED', ...THROTTLED },
  { code: 9, name: 'FAILED_PRECONDITION', ...REQUEST_FAULT },
  { code: 10, name: 'ABORTED', ...REQUEST_FAULT },
  { code: 11, name: 'OUT_OF_RANGE', ...REQUEST_FAULT },
  { code: 12, name: 'UNIMPLEMENTED', ...RPC_ERROR },
  { code: 13, name: 'INTERNAL', ...RPC_ERROR },
  { code: 14, name: 'UNAVAILABLE', ...RPC_ERROR },
  { code: 15, name: 'DATA_LOSS', ...RPC_ERROR },
  { code: 16, name: 'UNAUTHENTICATED', ...REQUEST_FAULT },
];

/**
 * What broke below the protocol, by the words that Node, undici, gRPC, drivers, Java, Go and Python use for it, first
 * pattern that matches `error.type`, the exception or the status message. All of them are UNHEALTHY. `23` is the numeric
 * `DOMException` code of `TimeoutError`, which undici's instrumentation sends as `error.type`.
 */
export const TRANSPORT_OUTCOMES: readonly { readonly reason: OutcomeReason; readonly pattern: RegExp }[] = [
  { reason: 'refused', pattern: /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|connection ?refused|ConnectException/i },
  { reason: 'name_resolution', pattern: /ENOTFOUND|EAI_AGAIN|UnknownHost|no such host|name resolution|gaierror/i },
  {
    reason: 'timeout',
    pattern: /ETIMEDOUT|ESOCKETTIMEDOUT|time(?:d)?[ -]?out|deadline[ _]?exceeded|^23$/i,
  },
  {
    reason: 'tls',
    pattern: /ERR_TLS|ERR_SSL|SSLError|SSLHandshake|EPROTO\b|CERT_|_CERT\b|UNABLE_TO_(?:GET|VERIFY)|x509|tls: /i,
  },
  {
    reason: 'reset',
    pattern:
      /ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|socket hang up|other side closed|reset by peer|broken pipe|connection (?:is )?(?:terminated|lost|closed|dropped)|lost connection|closed the connection|gone away|socket closed/i,
  },
  {
    reason: 'protocol',
    pattern:
      /HPE_|HTTPParserError|not match the HTTP|ERR_HTTP2|ERR_STREAM_PREMATURE|UND_ERR_RES|parse error|ProtocolError|BadStatus/i,
  },
];

/** Below this an abort without known history is taken for a caller that changed its mind. In milliseconds. */
export const ABORT_UNKNOWN_USUAL_MS = 1000;

/**
 * How much before its caller's deadline a call may end and still have ended because of it, in ms. Each of three steps
 * from a deadline to a span's duration loses up to 1 ms: rounding the remaining time down to whole milliseconds, Node's
 * timers (measured on Node 20: up to 0.96 ms early), and span times in whole milliseconds, as some SDKs take them.
 */
export const DEADLINE_TOLERANCE_MS = 3;

/** The outcome of one ended client span; `undefined` when it says nothing of the subject (its caller gave up early). */
export function outcomeOf(span: ObservableSpan, usualLatencyMs: number | undefined): Outcome | undefined {
  return outcomeWithin(budgetWasSpent(span), span, usualLatencyMs);
}

/** A caller whose own time is up leaves, whomever it waits for. */
function outcomeWithin(
  isSpent: boolean,
  span: ObservableSpan,
  usualLatencyMs: number | undefined,
): Outcome | undefined {
  const outcome = outcomeByTable(span, usualLatencyMs);
  return isSpent && wasGivenUp(span, outcome) ? abortOutcome(span, usualLatencyMs) : outcome;
}

function outcomeByTable(span: ObservableSpan, usualLatencyMs: number | undefined): Outcome | undefined {
  const { attributes } = span;
  const grpc = grpcCodeOf(attributes);
  if (grpc !== undefined) return grpcOutcome(grpc, span);
  const http = httpCodeOf(attributes);
  if (span.statusCode !== SpanStatusCode.ERROR) {
    if (http !== undefined) return httpOutcome(http);
    return wasAborted(span) ? abortOutcome(span, usualLatencyMs) : OK;
  }
  if (isAbortError(span)) return abortOutcome(span, usualLatencyMs);
  // A code of 400 and more is itself the error; below that the error came after the headers, as a reset does mid-body.
  if (http !== undefined && http >= 400) return httpOutcome(http);
  return databaseFaultOf(span) === 'request' ? REQUEST_FAULT : (transportOutcome(span) ?? ERROR);
}

/** What is the same in many spans. */
type SteadySpan = Pick<ObservableSpan, 'name' | 'kind' | 'attributes' | 'statusCode'>;

/**
 * The outcome of all calls of which this much is the same, where it is good however long they took, whatever deadline they had
 * and whatever was said besides; `undefined` where one of that decides.
 */
export function steadyOutcomeOf(steady: SteadySpan): Outcome | undefined {
  if (steady.statusCode === SpanStatusCode.ERROR) return undefined;
  const outcome = outcomeOf(lasting(0, steady), undefined);
  if (outcome?.status !== HealthStatus.HEALTHY) return undefined;
  const afterAll = outcomeWithin(true, lasting(Number.POSITIVE_INFINITY, steady), undefined);
  return outcome.reason === afterAll?.reason ? outcome : undefined;
}

/** A span of which no more is known than this. Field by field: forms are many, and a copy of what else they hold is not small. */
function lasting(durationMs: number, { name, kind, attributes, statusCode }: SteadySpan): ObservableSpan {
  return { name, kind, attributes, statusCode, statusMessage: '', exception: undefined, durationMs };
}

/** Likewise of a server span. */
export function steadySelfOutcomeOf(steady: SteadySpan): Outcome | undefined {
  if (steady.statusCode === SpanStatusCode.ERROR) return undefined;
  const outcome = selfOutcomeOf(lasting(0, steady));
  return outcome.status === HealthStatus.HEALTHY ? outcome : undefined;
}

/** What a server span says of its own component: the system's view. */
export function selfOutcomeOf(span: ObservableSpan): Outcome {
  const grpc = grpcCodeOf(span.attributes);
  if (grpc !== undefined) return grpcOutcome(grpc, span);
  const http = httpCodeOf(span.attributes);
  if (http !== undefined) return httpOutcome(http);
  return span.statusCode === SpanStatusCode.ERROR ? ERROR : OK;
}

/** The HTTP response code, by current or deprecated name. */
export function httpCodeOf(attributes: Attributes): number | undefined {
  return numberOf(attributes[SEMCONV.HTTP_RESPONSE_STATUS_CODE], attributes[SEMCONV.HTTP_STATUS_CODE]);
}

/** The gRPC status code: numeric from instrumentations of today, by name from the newer conventions. */
export function grpcCodeOf(attributes: Attributes): number | undefined {
  const numeric = numberOf(attributes[SEMCONV.RPC_GRPC_STATUS_CODE]);
  if (numeric !== undefined) return numeric;
  const name = textOf(attributes[SEMCONV.RPC_RESPONSE_STATUS_CODE]);
  if (name === undefined || textOf(attributes[SEMCONV.RPC_SYSTEM_NAME], attributes[SEMCONV.RPC_SYSTEM]) !== 'grpc')
    return undefined;
  const row = GRPC_OUTCOMES.find((outcome) => outcome.name === name.toUpperCase() || String(outcome.code) === name);
  return row?.code;
}

function httpOutcome(code: number): Outcome {
  for (const row of HTTP_OUTCOMES) if (code >= row.from && code <= row.to) return row;
  return ERROR;
}

function grpcOutcome(code: number, span: ObservableSpan): Outcome {
  const row = GRPC_OUTCOMES.find((outcome) => outcome.code === code) ?? { code, ...RPC_ERROR };
  // UNAVAILABLE hides a refused connection as well as a broken one; its message tells them apart. With any other code
  // the server has answered, and its message may speak of somebody else's connection.
  return row.code === GRPC_UNAVAILABLE ? (transportOutcome(span) ?? row) : row;
}

function transportOutcome(span: ObservableSpan): Outcome | undefined {
  const texts = errorTextsOf(span);
  for (const { reason, pattern } of TRANSPORT_OUTCOMES) {
    if (texts.some((text) => pattern.test(text))) return { status: HealthStatus.UNHEALTHY, reason };
  }
  return undefined;
}

function errorTextsOf(span: ObservableSpan): string[] {
  const texts = [
    textOf(span.attributes[SEMCONV.ERROR_TYPE]),
    span.exception?.type,
    span.exception?.message,
    span.statusMessage,
    textOf(span.attributes[SEMCONV.GRPC_ERROR_MESSAGE]),
  ];
  return texts.filter((text): text is string => text !== undefined && text !== '');
}

/** undici leaves an aborted request UNSET and without a response: an HTTP client span that ended with nothing at all. */
function wasAborted(span: ObservableSpan): boolean {
  if (span.statusCode !== SpanStatusCode.UNSET) return false;
  return textOf(span.attributes[SEMCONV.HTTP_REQUEST_METHOD], span.attributes[SEMCONV.HTTP_METHOD]) !== undefined;
}

function isAbortError(span: ObservableSpan): boolean {
  const type = textOf(span.attributes[SEMCONV.ERROR_TYPE]) ?? span.exception?.type;
  return type === 'AbortError' || type === 'ABORT_ERR' || type === '20';
}

/** Whether the call lasted until its caller's own deadline, where it had one. */
function budgetWasSpent(span: ObservableSpan): boolean {
  const budgetSeconds = numberOf(span.attributes[PANORAMA.DEADLINE_REMAINING]);
  return budgetSeconds !== undefined && span.durationMs >= budgetSeconds * 1000 - DEADLINE_TOLERANCE_MS;
}

/**
 * Whether the call ended because somebody would wait no longer. An abort needs no mention: patience has judged it. A
 * request that its caller destroys without an error says "socket hang up", as one does whose connection the callee closed;
 * at the caller's deadline the former is the likelier by far.
 */
function wasGivenUp(span: ObservableSpan, outcome: Outcome | undefined): boolean {
  if (outcome?.reason === 'reset') return errorTextsOf(span).includes('socket hang up');
  return outcome?.reason === 'timeout' || wasCancelled(span.attributes);
}

/** Whether its caller cancelled it, by gRPC's own word; others that leave give no outcome at all, or a timeout. */
export function wasCancelled(attributes: Attributes): boolean {
  return grpcCodeOf(attributes) === GRPC_CANCELLED;
}

/** Patience tells the two apart: nobody waits longer than usual and then leaves for a reason of his own. */
function abortOutcome(span: ObservableSpan, usualLatencyMs: number | undefined): Outcome | undefined {
  return span.durationMs > (usualLatencyMs ?? ABORT_UNKNOWN_USUAL_MS) ? TIMEOUT : undefined;
}
