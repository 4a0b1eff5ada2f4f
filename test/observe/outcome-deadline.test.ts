// SPDX-License-Identifier: Apache-2.0
/**
 * A call that ended because its caller's own time was up: it tells of the callee only where the callee had had its usual
 * time. In every line the call's operation usually takes up to 300 ms.
 */
import { describe, expect, it } from 'vitest';
import { type ObservableSpan, SpanStatusCode } from '../../src/model/span.js';
import { statusName } from '../../src/model/status.js';
import { ABORT_UNKNOWN_USUAL_MS, DEADLINE_TOLERANCE_MS, outcomeOf } from '../../src/observe/outcome.js';
import { spanOf } from '../support/spans.js';

const { UNSET, ERROR } = SpanStatusCode;
const USUAL_MS = 300;

type Form = Partial<ObservableSpan>;

/** What is seen of a call that lasted so long, whose caller could wait so long (`undefined`: for ever). */
function seen(form: Form, durationMs: number, budgetMs: unknown, usualMs: number | 'unknown' = USUAL_MS): string {
  const budget = typeof budgetMs === 'number' ? budgetMs / 1000 : budgetMs;
  const attributes = { ...form.attributes, 'panorama.deadline.remaining': budget as number | undefined };
  const outcome = outcomeOf(
    spanOf({ statusCode: ERROR, ...form, attributes, durationMs }),
    usualMs === 'unknown' ? undefined : usualMs,
  );
  return outcome ? `${statusName(outcome.status)} ${outcome.reason}` : 'nothing';
}

/** Each way to say that somebody would wait no longer, and what it means where no deadline is known. */
const GIVEN_UP: readonly [string, Form, string][] = [
  ['ETIMEDOUT', { attributes: { 'error.type': 'ETIMEDOUT' } }, 'unhealthy timeout'],
  ['TimeoutError', { exception: { type: 'TimeoutError', message: '' } }, 'unhealthy timeout'],
  ['the number of TimeoutError', { attributes: { 'error.type': 23 } }, 'unhealthy timeout'],
  ['context deadline exceeded', { statusMessage: 'context deadline exceeded' }, 'unhealthy timeout'],
  ['gRPC DEADLINE_EXCEEDED', { attributes: { 'rpc.grpc.status_code': 4 } }, 'unhealthy timeout'],
  [
    'gRPC DEADLINE_EXCEEDED by name',
    { attributes: { 'rpc.system.name': 'grpc', 'rpc.response.status_code': 'DEADLINE_EXCEEDED' } },
    'unhealthy timeout',
  ],
  ['gRPC CANCELLED', { attributes: { 'rpc.grpc.status_code': 1 } }, 'healthy request_fault'],
  [
    'socket hang up',
    { attributes: { 'error.type': 'ECONNRESET' }, statusMessage: 'socket hang up' },
    'unhealthy reset',
  ],
  ['AbortError', { attributes: { 'error.type': 'AbortError' } }, 'nothing'],
  ['undici’s silence', { statusCode: UNSET, attributes: { 'http.request.method': 'GET' } }, 'nothing'],
];

describe.each(GIVEN_UP)('%s', (_, form, withoutDeadline) => {
  it('at the deadline, within the usual time, says nothing of the callee', () => {
    expect(seen(form, 30, 30)).toBe('nothing');
    expect(seen(form, USUAL_MS, USUAL_MS)).toBe('nothing');
  });

  it('at the deadline, after more than the usual time, is a timeout', () => {
    expect(seen(form, USUAL_MS + 1, USUAL_MS + 1)).toBe('unhealthy timeout');
    expect(seen(form, 500, 500)).toBe('unhealthy timeout');
  });

  it('says nothing where the deadline had passed before the call began', () => {
    expect(seen(form, 0, 0)).toBe('nothing');
  });

  it('well before the deadline means what it means without one', () => {
    expect(seen(form, 30, undefined)).toBe(withoutDeadline);
    expect(seen(form, 30, 10_000)).toBe(withoutDeadline);
  });

  it(`up to ${DEADLINE_TOLERANCE_MS} ms before the deadline is at the deadline`, () => {
    expect(seen(form, 100 - DEADLINE_TOLERANCE_MS, 100)).toBe('nothing');
    expect(seen(form, 100 - DEADLINE_TOLERANCE_MS - 0.1, 100)).toBe(withoutDeadline);
  });

  it(`at the deadline counts from ${ABORT_UNKNOWN_USUAL_MS} ms where the usual time is not known`, () => {
    const atDeadline = (ms: number) => seen(form, ms, ms, 'unknown');
    expect(atDeadline(ABORT_UNKNOWN_USUAL_MS)).toBe('nothing');
    expect(atDeadline(ABORT_UNKNOWN_USUAL_MS + 1)).toBe('unhealthy timeout');
  });
});

describe('at the deadline, an answer and a broken connection mean what they always mean', () => {
  it.each<[string, Form, string]>([
    ['200', { statusCode: UNSET, attributes: { 'http.response.status_code': 200 } }, 'healthy ok'],
    ['404', { attributes: { 'http.response.status_code': 404 } }, 'healthy request_fault'],
    ['408', { attributes: { 'http.response.status_code': 408 } }, 'maybe_unhealthy throttled'],
    ['503', { attributes: { 'http.response.status_code': 503 } }, 'unhealthy server_error'],
    ['refused', { attributes: { 'error.type': 'ECONNREFUSED' } }, 'unhealthy refused'],
    ['reset', { attributes: { 'error.type': 'ECONNRESET' } }, 'unhealthy reset'],
    ['gRPC 0', { statusCode: UNSET, attributes: { 'rpc.grpc.status_code': 0 } }, 'healthy ok'],
    ['gRPC 5', { attributes: { 'rpc.grpc.status_code': 5 } }, 'healthy request_fault'],
    ['gRPC 13', { attributes: { 'rpc.grpc.status_code': 13 } }, 'unhealthy rpc_error'],
  ])('%s', (_, form, expected) => {
    expect(seen(form, 30, 30)).toBe(expected);
    expect(seen(form, 30, 0)).toBe(expected);
  });
});

describe('a deadline that is none', () => {
  const timeout = { attributes: { 'error.type': 'TimeoutError' } };

  it.each([['a word'], [''], [true], [Number.NaN], [Number.POSITIVE_INFINITY], [[30]]])(
    'changes nothing: %j',
    (given) => {
      expect(seen(timeout, 30, given)).toBe('unhealthy timeout');
    },
  );

  it('in digits is one: exporters differ', () => {
    expect(seen(timeout, 30, '0.03')).toBe('nothing');
  });
});
