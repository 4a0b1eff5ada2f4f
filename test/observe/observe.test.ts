// SPDX-License-Identifier: Apache-2.0
/** One span, at most one sighting: what the rules make of it together, and what is learned on the way. */
import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../src/model/attributes.js';
import { ERROR_MESSAGE_LENGTH_MAX, ERROR_TYPE_LENGTH_MAX } from '../../src/model/limits.js';
import { SpanKind, type SpanRecord, SpanStatusCode } from '../../src/model/span.js';
import { HealthStatus } from '../../src/model/status.js';
import { evidenceOf, isCall, isServed, observeCall, observeSelf } from '../../src/observe/observe.js';
import { rulesWith } from '../../src/observe/rules.js';
import { UsualLatency } from '../../src/observe/usual-latency.js';
import { spanOf } from '../support/spans.js';

const newContext = () => ({ resolveAddress: () => undefined, usualLatency: new UsualLatency() });
const GET: Attributes = { 'server.address': 'web', 'server.port': 80, 'http.request.method': 'GET' };
const answered = (code: number, durationMs = 5) =>
  spanOf({ attributes: { ...GET, 'http.response.status_code': code }, durationMs });
const aborted = (durationMs: number) => spanOf({ attributes: GET, durationMs });

describe('a call', () => {
  it('is seen with its subject, its operation, its outcome and who speaks', () => {
    expect(observeCall(answered(503), newContext())).toEqual({
      subject: { text: 'web:80', resolution: 'address' },
      operation: 'GET',
      status: HealthStatus.UNHEALTHY,
      reason: 'server_error',
      source: 'caller',
    });
  });

  it('of a health check is the word of a probe', () => {
    const attributes = { ...GET, 'url.path': '/healthz', 'http.response.status_code': 200 };
    expect(observeCall(spanOf({ attributes }), newContext())).toMatchObject({ source: 'probe' });
  });

  it('of nobody known is unidentified', () => {
    expect(observeCall(spanOf({ attributes: { 'http.request.method': 'GET' } }), newContext())).toBe('unidentified');
  });

  it('of an address where an instance is known to live concerns the instance', () => {
    const dn2 = { text: 'datanode/dn2', resolution: 'instance' } as const;
    const context = { ...newContext(), resolveAddress: (address: string) => (address === 'web:80' ? dn2 : undefined) };
    expect(observeCall(answered(200), context)).toMatchObject({ subject: dn2 });
  });
});

describe('patience', () => {
  it('is judged by what the operation usually takes', () => {
    const context = newContext();
    observeCall(answered(200, 200), context);
    expect(observeCall(aborted(600), context)).toBe('abandoned');
    expect(observeCall(aborted(601), context)).toMatchObject({ status: HealthStatus.UNHEALTHY, reason: 'timeout' });
  });

  it('is not learned from calls that failed, nor from those that were abandoned', () => {
    const context = newContext();
    observeCall(answered(200, 50), context);
    observeCall(answered(503, 90_000), context);
    observeCall(aborted(90), context);
    observeCall(aborted(90_000), context);
    expect(context.usualLatency.of('', 'web:80', 'GET').usualMs).toBe(150);
  });

  it('is judged in the same way where the deadline of the caller ended the call, and nothing is learned of it', () => {
    const context = newContext();
    observeCall(answered(200, 200), context);
    const leftAt = (durationMs: number, error: Attributes) => {
      const attributes = { ...GET, ...error, 'panorama.deadline.remaining': durationMs / 1000 };
      return observeCall(spanOf({ statusCode: SpanStatusCode.ERROR, attributes, durationMs }), context);
    };
    expect(leftAt(600, { 'error.type': 'TimeoutError' })).toBe('abandoned');
    expect(leftAt(601, { 'error.type': 'TimeoutError' })).toMatchObject({ reason: 'timeout' });
    expect(leftAt(30, { 'rpc.grpc.status_code': 1 })).toBe('abandoned');
    expect(context.usualLatency.of('', 'web:80', 'GET').usualMs).toBe(600);
  });

  it('is learned for each subject and operation', () => {
    const context = newContext();
    observeCall(answered(200, 5000), context);
    const elsewhere = spanOf({ attributes: { ...GET, 'http.request.method': 'PUT' }, durationMs: 1001 });
    expect(observeCall(elsewhere, context)).toMatchObject({ reason: 'timeout' });
  });

  it('does not matter where the user has a rule', () => {
    const rules = rulesWith({ outcomes: [{ operation: 'GET', status: 'ignore' }] });
    expect(observeCall(aborted(90_000), newContext(), rules)).toBe('ignored');
  });
});

describe('a server span', () => {
  const self = { text: 'web/w1', resolution: 'instance' } as const;

  it('is the report of its component on itself', () => {
    const attributes = { 'http.request.method': 'GET', 'http.route': '/orders', 'http.response.status_code': 500 };
    const sighting = observeSelf(spanOf({ kind: SpanKind.SERVER, attributes }), self);
    expect(sighting).toEqual({
      subject: self,
      operation: 'GET /orders',
      status: HealthStatus.UNHEALTHY,
      reason: 'server_error',
      source: 'self',
    });
  });

  it('is named by the rules of the user', () => {
    const rules = rulesWith({ operations: [{ name: 'own', operation: () => 'serve' }] });
    expect(observeSelf(spanOf({ kind: SpanKind.SERVER }), self, rules).operation).toBe('serve');
  });
});

describe('a span is', () => {
  it.each([
    ['CLIENT', SpanKind.CLIENT, 'a call'],
    ['PRODUCER', SpanKind.PRODUCER, 'a call'],
    ['SERVER', SpanKind.SERVER, 'served'],
    ['CONSUMER', SpanKind.CONSUMER, 'served'],
    ['INTERNAL', SpanKind.INTERNAL, 'neither'],
    ['UNSPECIFIED', SpanKind.UNSPECIFIED, 'neither'],
  ])('of kind %s: %3$s', (_, kind, expected) => {
    expect(isCall(kind)).toBe(expected === 'a call');
    expect(isServed(kind)).toBe(expected === 'served');
  });
});

describe('the evidence', () => {
  const REF = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  const shown = (given: Partial<SpanRecord>) => evidenceOf(spanOf({ statusCode: SpanStatusCode.ERROR, ...given }), REF);

  it.each<[string, Partial<SpanRecord>, object]>([
    ['the error type', { attributes: { 'error.type': 'ECONNRESET' } }, { errorType: 'ECONNRESET' }],
    ['an error type in digits', { attributes: { 'error.type': 503 } }, { errorType: '503' }],
    [
      'the name of an exception of the DOM by its number',
      { attributes: { 'error.type': 23 } },
      { errorType: 'TimeoutError' },
    ],
    ['a word that every object knows', { attributes: { 'error.type': 'constructor' } }, { errorType: 'constructor' }],
    ['the exception', { exception: { type: 'T', message: 'm' } }, { errorType: 'T', message: 'm' }],
    [
      'the error type before the type of the exception',
      { attributes: { 'error.type': 'E' }, exception: { type: 'T', message: 'm' } },
      { errorType: 'E', message: 'm' },
    ],
    ['the status message', { statusMessage: 's' }, { message: 's' }],
    [
      'the exception before the status message',
      { exception: { type: '', message: 'm' }, statusMessage: 's' },
      { message: 'm' },
    ],
    ['the message of gRPC', { attributes: { 'grpc.error_message': 'g' } }, { message: 'g' }],
    ['only the trace, where nothing is said', {}, {}],
  ])('shows %s', (_, given, expected) => {
    expect(shown(given)).toEqual({ ...REF, ...expected });
  });

  it('keeps the beginning of what is too long', () => {
    const { errorType, message } = shown({
      attributes: { 'error.type': 'e'.repeat(1000) },
      statusMessage: 'm'.repeat(1000),
    });
    expect(errorType).toBe('e'.repeat(ERROR_TYPE_LENGTH_MAX));
    expect(message).toBe('m'.repeat(ERROR_MESSAGE_LENGTH_MAX));
  });
});
