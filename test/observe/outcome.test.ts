// SPDX-License-Identifier: Apache-2.0
/** What the end of a call says of the callee: the outcome table of the specification, line by line. */
import { describe, expect, it } from 'vitest';
import type { ObservableSpan } from '../../src/model/span.js';
import { SpanKind, SpanStatusCode } from '../../src/model/span.js';
import { statusName } from '../../src/model/status.js';
import { ABORT_UNKNOWN_USUAL_MS, outcomeOf, selfOutcomeOf } from '../../src/observe/outcome.js';

const { UNSET, OK, ERROR } = SpanStatusCode;

function span(given: Partial<ObservableSpan>): ObservableSpan {
  return {
    name: 'call',
    kind: SpanKind.CLIENT,
    attributes: {},
    statusCode: UNSET,
    statusMessage: '',
    exception: undefined,
    durationMs: 5,
    ...given,
  };
}

function seen(given: Partial<ObservableSpan>, usualLatencyMs?: number): string {
  const outcome = outcomeOf(span(given), usualLatencyMs);
  return outcome ? `${statusName(outcome.status)} ${outcome.reason}` : 'nothing';
}

const statusCodeOf = (code: number) => (code >= 400 ? ERROR : UNSET);

describe('an HTTP response code', () => {
  it.each([
    [100, 'healthy ok'],
    [199, 'healthy ok'],
    [200, 'healthy ok'],
    [204, 'healthy ok'],
    [302, 'healthy ok'],
    [399, 'healthy ok'],
    [400, 'healthy request_fault'],
    [401, 'healthy request_fault'],
    [404, 'healthy request_fault'],
    [407, 'healthy request_fault'],
    [408, 'maybe_unhealthy throttled'],
    [409, 'healthy request_fault'],
    [428, 'healthy request_fault'],
    [429, 'maybe_unhealthy throttled'],
    [430, 'healthy request_fault'],
    [499, 'healthy request_fault'],
    [500, 'unhealthy server_error'],
    [503, 'unhealthy server_error'],
    [504, 'unhealthy server_error'],
    [505, 'healthy request_fault'],
    [506, 'unhealthy server_error'],
    [599, 'unhealthy server_error'],
    [600, 'unhealthy error'],
    [99, 'unhealthy error'],
  ])('%i is %s, by its current and its deprecated name, as a number and as text', (code, expected) => {
    const statusCode = statusCodeOf(code);
    expect(seen({ statusCode, attributes: { 'http.response.status_code': code } })).toBe(expected);
    expect(seen({ statusCode, attributes: { 'http.status_code': code } })).toBe(expected);
    expect(seen({ statusCode, attributes: { 'http.response.status_code': String(code) } })).toBe(expected);
  });

  it('speaks also where the span is unset, or was set to OK by the user', () => {
    expect(seen({ statusCode: UNSET, attributes: { 'http.response.status_code': 500 } })).toBe(
      'unhealthy server_error',
    );
    expect(seen({ statusCode: OK, attributes: { 'http.response.status_code': 500 } })).toBe('unhealthy server_error');
  });

  it('of success does not hide what broke after the headers', () => {
    const attributes = { 'http.response.status_code': 200, 'error.type': 'ECONNRESET' };
    expect(seen({ statusCode: ERROR, attributes })).toBe('unhealthy reset');
  });
});

describe('a gRPC status', () => {
  it.each([
    [0, 'OK', 'healthy ok'],
    [1, 'CANCELLED', 'healthy request_fault'],
    [2, 'UNKNOWN', 'unhealthy rpc_error'],
    [3, 'INVALID_ARGUMENT', 'healthy request_fault'],
    [4, 'DEADLINE_EXCEEDED', 'unhealthy timeout'],
    [5, 'NOT_FOUND', 'healthy request_fault'],
    [6, 'ALREADY_EXISTS', 'healthy request_fault'],
    [7, 'PERMISSION_DENIED', 'healthy request_fault'],
    [8, 'RESOURCE_EXHAUSTED', 'maybe_unhealthy throttled'],
    [9, 'FAILED_PRECONDITION', 'healthy request_fault'],
    [10, 'ABORTED', 'healthy request_fault'],
    [11, 'OUT_OF_RANGE', 'healthy request_fault'],
    [12, 'UNIMPLEMENTED', 'unhealthy rpc_error'],
    [13, 'INTERNAL', 'unhealthy rpc_error'],
    [14, 'UNAVAILABLE', 'unhealthy rpc_error'],
    [15, 'DATA_LOSS', 'unhealthy rpc_error'],
    [16, 'UNAUTHENTICATED', 'healthy request_fault'],
  ])('%i, by the newer conventions %s, is %s', (code, name, expected) => {
    const statusCode = code === 0 ? UNSET : ERROR;
    const attributesOf = [
      { 'rpc.grpc.status_code': code },
      { 'rpc.grpc.status_code': String(code) },
      { 'rpc.system.name': 'grpc', 'rpc.response.status_code': name },
      { 'rpc.system.name': 'grpc', 'rpc.response.status_code': String(code) },
      { 'rpc.system': 'grpc', 'rpc.response.status_code': name.toLowerCase() },
    ];
    for (const attributes of attributesOf) expect(seen({ statusCode, attributes })).toBe(expected);
  });

  it('that is none of these is a failure', () => {
    expect(seen({ statusCode: ERROR, attributes: { 'rpc.grpc.status_code': 99 } })).toBe('unhealthy rpc_error');
  });

  it('goes before the HTTP code that carried it', () => {
    const attributes = { 'rpc.grpc.status_code': 5, 'http.response.status_code': 500 };
    expect(seen({ statusCode: ERROR, attributes })).toBe('healthy request_fault');
  });

  it.each([
    ['14 UNAVAILABLE: connect ECONNREFUSED 10.0.0.7:9000', 'unhealthy refused'],
    ['14 UNAVAILABLE: Name resolution failed for target dns:nowhere', 'unhealthy name_resolution'],
    ['14 UNAVAILABLE: read ECONNRESET', 'unhealthy reset'],
    ['14 UNAVAILABLE: ', 'unhealthy rpc_error'],
  ])('of unavailability says why: %s', (message, expected) => {
    expect(seen({ statusCode: ERROR, statusMessage: message, attributes: { 'rpc.grpc.status_code': 14 } })).toBe(
      expected,
    );
    const attributes = { 'rpc.grpc.status_code': 14, 'grpc.error_message': message };
    expect(seen({ statusCode: ERROR, attributes })).toBe(expected);
  });

  it('of another RPC system is not read as one of gRPC', () => {
    const attributes = { 'rpc.system.name': 'dubbo', 'rpc.response.status_code': 'NOT_FOUND' };
    expect(seen({ statusCode: ERROR, attributes })).toBe('unhealthy error');
  });
});

describe('what broke below the protocol', () => {
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['EHOSTUNREACH', 'refused'],
    ['ENETUNREACH', 'refused'],
    ['java.net.ConnectException', 'refused'],
    ['dial tcp 10.0.0.7:80: connect: connection refused', 'refused'],
    ['ENOTFOUND', 'name_resolution'],
    ['EAI_AGAIN', 'name_resolution'],
    ['java.net.UnknownHostException', 'name_resolution'],
    ['lookup nowhere: no such host', 'name_resolution'],
    ['socket.gaierror', 'name_resolution'],
    ['ETIMEDOUT', 'timeout'],
    ['ESOCKETTIMEDOUT', 'timeout'],
    ['TimeoutError', 'timeout'],
    ['timeout', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['java.net.SocketTimeoutException', 'timeout'],
    ['context deadline exceeded', 'timeout'],
    ['23', 'timeout'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['EPROTO', 'tls'],
    ['javax.net.ssl.SSLHandshakeException', 'tls'],
    ['x509: certificate signed by unknown authority', 'tls'],
    ['ECONNRESET', 'reset'],
    ['ECONNABORTED', 'reset'],
    ['EPIPE', 'reset'],
    ['UND_ERR_SOCKET', 'reset'],
    ['socket hang up', 'reset'],
    ['write: broken pipe', 'reset'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
    ['HTTPParserError', 'protocol'],
    ['Response does not match the HTTP/1.1 protocol', 'protocol'],
    ['ERR_HTTP2_STREAM_ERROR', 'protocol'],
    ['Parse Error: Expected HTTP/', 'protocol'],
    ['http.client.BadStatusLine', 'protocol'],
    ['Error', 'error'],
    ['1234', 'error'],
  ])('%s is unhealthy, %s: as error type, exception type, exception message or status message', (text, reason) => {
    const expected = `unhealthy ${reason}`;
    expect(seen({ statusCode: ERROR, attributes: { 'error.type': text } })).toBe(expected);
    expect(seen({ statusCode: ERROR, exception: { type: text, message: '' } })).toBe(expected);
    expect(seen({ statusCode: ERROR, exception: { type: 'Error', message: text } })).toBe(expected);
    expect(seen({ statusCode: ERROR, statusMessage: text })).toBe(expected);
  });

  it('is read on an error only', () => {
    expect(seen({ statusCode: UNSET, attributes: { 'error.type': 'ECONNREFUSED' } })).toBe('healthy ok');
  });

  it('is not read where the response code says it all', () => {
    const attributes = { 'http.response.status_code': 404, 'error.type': '404' };
    expect(seen({ statusCode: ERROR, statusMessage: 'timeout', attributes })).toBe('healthy request_fault');
  });
});

describe('a span that says nothing of how it went', () => {
  it('is well', () => {
    expect(seen({})).toBe('healthy ok');
    expect(seen({ statusCode: OK })).toBe('healthy ok');
  });
  it('is a failure where it is an error', () => {
    expect(seen({ statusCode: ERROR })).toBe('unhealthy error');
  });
});

describe('a database', () => {
  it.each([
    ['postgresql', '23505', 'healthy request_fault'],
    ['postgresql', '42P01', 'healthy request_fault'],
    ['postgresql', '40001', 'healthy request_fault'],
    ['postgresql', '08006', 'unhealthy error'],
    ['postgresql', '53300', 'unhealthy error'],
    ['postgresql', '57P01', 'unhealthy error'],
    ['postgresql', '58030', 'unhealthy error'],
    ['postgresql', 'XX000', 'unhealthy error'],
    ['postgresql', 'not an SQLSTATE', 'unhealthy error'],
    ['mysql', '42S02', 'healthy request_fault'],
    ['mysql', '1040', 'unhealthy error'],
    ['mongodb', '11600', 'unhealthy error'],
    ['oracle.db', '12541', 'unhealthy error'],
  ])('%s that fails with %s is %s', (system, code, expected) => {
    const current = { 'db.system.name': system, 'db.response.status_code': code };
    const deprecated = { 'db.system': system, 'db.response.status_code': code };
    expect(seen({ statusCode: ERROR, attributes: current })).toBe(expected);
    expect(seen({ statusCode: ERROR, attributes: deprecated })).toBe(expected);
  });

  it('that failed for want of a connection says how', () => {
    const attributes = { 'db.system.name': 'postgresql', 'error.type': 'ECONNREFUSED' };
    expect(seen({ statusCode: ERROR, attributes })).toBe('unhealthy refused');
  });

  it('that answered is not judged by words that happen to stand in its answer', () => {
    const statusMessage = "Duplicate entry 'ECONNREFUSED' for key 'PRIMARY'";
    expect(seen({ statusCode: ERROR, statusMessage, attributes: { 'db.system.name': 'mysql' } })).toBe(
      'healthy request_fault',
    );
  });

  it.each([
    ['pg', 'Connection terminated unexpectedly', 'unhealthy reset'],
    ['pg', 'Connection terminated due to connection timeout', 'unhealthy timeout'],
    ['pg', 'Query read timeout', 'unhealthy timeout'],
    ['mysql2', 'Connection lost: The server closed the connection.', 'unhealthy reset'],
    ['mysql2', 'Query inactivity timeout', 'unhealthy timeout'],
    ['ioredis', 'Connection is closed.', 'unhealthy reset'],
    ['ioredis', 'Command timed out', 'unhealthy timeout'],
    ['redis', 'Socket closed unexpectedly', 'unhealthy reset'],
    ['libmysqlclient', 'MySQL server has gone away', 'unhealthy reset'],
    ['libmysqlclient', 'Lost connection to MySQL server during query', 'unhealthy reset'],
    ['libpq', 'server closed the connection unexpectedly', 'unhealthy reset'],
  ])('that went away is told in the words of %s: %s', (_driver, statusMessage, expected) => {
    expect(seen({ statusCode: ERROR, statusMessage })).toBe(expected);
  });
});

describe('an abort', () => {
  // undici leaves an aborted request unset and without a response; http calls it an error.
  const unset = { statusCode: UNSET, attributes: { 'http.request.method': 'GET' } };
  const unsetOfOld = { statusCode: UNSET, attributes: { 'http.method': 'GET' } };
  const byType = { statusCode: ERROR, attributes: { 'error.type': 'AbortError' } };
  const byCode = { statusCode: ERROR, attributes: { 'error.type': 20 } };
  const byException = { statusCode: ERROR, exception: { type: 'ABORT_ERR', message: 'The operation was aborted' } };
  const forms = { unset, unsetOfOld, byType, byCode, byException };

  it.each(Object.entries(forms))('after more than the usual wait is a timeout (%s)', (_, form) => {
    expect(seen({ ...form, durationMs: 301 }, 300)).toBe('unhealthy timeout');
  });

  it.each(Object.entries(forms))('within the usual wait says nothing of the subject (%s)', (_, form) => {
    expect(seen({ ...form, durationMs: 300 }, 300)).toBe('nothing');
  });

  it.each(Object.entries(forms))(`without a known wait counts from ${ABORT_UNKNOWN_USUAL_MS} ms (%s)`, (_, form) => {
    expect(seen({ ...form, durationMs: ABORT_UNKNOWN_USUAL_MS }, undefined)).toBe('nothing');
    expect(seen({ ...form, durationMs: ABORT_UNKNOWN_USUAL_MS + 1 }, undefined)).toBe('unhealthy timeout');
  });
});

describe('a server span, of its own component', () => {
  it.each<[string, Partial<ObservableSpan>, string]>([
    ['200', { attributes: { 'http.response.status_code': 200 } }, 'healthy ok'],
    ['404', { attributes: { 'http.response.status_code': 404 } }, 'healthy request_fault'],
    ['503', { statusCode: ERROR, attributes: { 'http.response.status_code': 503 } }, 'unhealthy server_error'],
    ['gRPC 0', { attributes: { 'rpc.grpc.status_code': 0 } }, 'healthy ok'],
    ['gRPC 13', { statusCode: ERROR, attributes: { 'rpc.grpc.status_code': 13 } }, 'unhealthy rpc_error'],
    ['no code', {}, 'healthy ok'],
    ['no code and an error', { statusCode: ERROR }, 'unhealthy error'],
    ['a request that its client left', { attributes: { 'http.request.method': 'GET' }, durationMs: 1e6 }, 'healthy ok'],
  ])('with %s', (_, given, expected) => {
    const { status, reason } = selfOutcomeOf(span({ kind: SpanKind.SERVER, ...given }));
    expect(`${statusName(status)} ${reason}`).toBe(expected);
  });
});
