// SPDX-License-Identifier: Apache-2.0
/**
 * The instrumentations that people run, against real sockets. Each line pins what one of them leaves behind for one
 * fault, and what we make of it; a new release that behaves otherwise breaks a line here and not a verdict out there.
 */
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../support/child.js';

interface Result {
  readonly name: string;
  readonly spans: readonly { code: number; errorType?: string | number; observed?: boolean }[];
  readonly observations: readonly Record<string, unknown>[];
}

/** One line: what happens, what is seen, in which operation (as of the test's default), and of which server. */
type Line = readonly [name: string, seen: string, operation?: string, server?: 'sick' | 'closed' | 'babbling'];

const SPAN_CODE = { UNSET: 0, ERROR: 2 };
const NOTHING = 'nothing';

/** Runs a fixture to its end, and holds each of its cases against its line. */
function pins(fixture: string, operationByDefault: string, lines: readonly Line[], further: (of: Of) => void): void {
  const results = new Map<string, Result>();
  let ports: Record<string, number> = {};
  let child: Child | undefined;

  beforeAll(async () => {
    const env = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    child = startChild(path.join(import.meta.dirname, 'fixtures', fixture), [], env);
    child.process.on('message', (message: Result | { ports: Record<string, number> }) => {
      if ('ports' in message) ports = message.ports;
      else results.set(message.name, message);
    });
    // The channel closes after its last message; the exit alone may be known before that.
    await once(child.process, 'disconnect');
    expect(await child.ended()).toBe(0);
  });
  afterAll(() => {
    child?.process.kill('SIGKILL');
  });

  const of: Of = (name) => {
    const result = results.get(name);
    if (!result) throw new Error(`${fixture} has no case "${name}"`);
    return result;
  };

  it.for(lines)('%s: %s', ([name, seen, operation = operationByDefault, server = 'sick']) => {
    const [status, reason] = seen.split(' ');
    const host = name === 'name unknown' ? 'nowhere.example' : '127.0.0.1';
    const subject = `${host}:${ports[server]}`;
    const expected = { status, reason, subject, resolution: 'address', operation, source: 'caller', count: 1 };
    expect(of(name).observations).toEqual(seen === NOTHING ? [] : [expected]);
  });

  it('has a line for every case', () => {
    expect([...results.keys()].sort()).toEqual(lines.map(([name]) => name).sort());
  });

  it('marks every client span that ended as accounted for', () => {
    expect([...results.values()].flatMap(({ spans }) => spans).filter(({ observed }) => observed !== true)).toEqual([]);
  });

  further(of);
}

type Of = (name: string) => Result;

const HTTP_CODES: readonly Line[] = [
  ['200', 'healthy ok'],
  ['302', 'healthy ok'],
  ['404', 'healthy request_fault'],
  ['408', 'maybe_unhealthy throttled'],
  ['429', 'maybe_unhealthy throttled'],
  ['500', 'unhealthy server_error'],
  ['503', 'unhealthy server_error'],
  ['505', 'healthy request_fault'],
];

describe('undici, which is fetch', () => {
  pins(
    'undici-cases.mjs',
    'GET',
    [
      ...HTTP_CODES,
      ['refused', 'unhealthy refused', 'GET', 'closed'],
      ['closed before headers', 'unhealthy reset'],
      ['reset before headers', 'unhealthy reset'],
      ['closed mid-body', 'unhealthy reset'],
      ['reset mid-body', 'unhealthy reset'],
      ['never answered, AbortSignal.timeout', 'unhealthy timeout'],
      ['stalled mid-body, AbortSignal.timeout', 'unhealthy timeout'],
      ['no TLS behind https', 'unhealthy tls'],
      ['no HTTP', 'unhealthy protocol', 'GET', 'babbling'],
      ['known to be slow', 'healthy ok', 'PUT'],
      ['aborted at once', NOTHING],
      ['aborted late', 'unhealthy timeout', 'PUT'],
      ['aborted mid-body', 'healthy ok', 'PUT'],
    ],
    (of) => {
      it('leaves an aborted request unset, so that patience alone can judge it', () => {
        expect(of('aborted late').spans).toEqual([{ code: SPAN_CODE.UNSET, observed: true }]);
      });
      it('writes the number of a DOMException for a timeout', () => {
        expect(of('never answered, AbortSignal.timeout').spans).toEqual([
          { code: SPAN_CODE.ERROR, errorType: 23, observed: true },
        ]);
      });
    },
  );
});

describe('http.request', () => {
  pins(
    'http-cases.mjs',
    'GET',
    [
      ...HTTP_CODES,
      ['refused', 'unhealthy refused', 'GET', 'closed'],
      ['name unknown', 'unhealthy name_resolution'],
      ['closed before headers', 'unhealthy reset'],
      ['reset before headers', 'unhealthy reset'],
      // The instrumentation ends the span on the request's `close`, before the response reports that it broke off: the
      // span is that of a whole answer. Nothing on it tells.
      ['closed mid-body', 'healthy ok'],
      ['reset mid-body', 'unhealthy reset'],
      ['never answered, AbortSignal.timeout longer than usual', 'unhealthy timeout'],
      // `destroy()` without an error says "socket hang up", word for word what a closed connection says.
      ['never answered, timeout event and destroy', 'unhealthy reset'],
      ['never answered, timeout event and destroy with an error', 'unhealthy timeout'],
      ['never answered, timeout event unheeded', NOTHING],
      ['no TLS behind https', 'unhealthy tls'],
      ['no HTTP', 'unhealthy protocol', 'GET', 'babbling'],
      ['known to be slow', 'healthy ok', 'PUT'],
      ['aborted at once', NOTHING],
      ['aborted late', 'unhealthy timeout', 'PUT'],
      ['aborted mid-body', NOTHING],
    ],
    (of) => {
      it('never ends the span of a call that has timed out and was not destroyed', () => {
        expect(of('never answered, timeout event unheeded').spans).toEqual([]);
      });
      it('calls a timeout signal an abort', () => {
        expect(of('never answered, AbortSignal.timeout longer than usual').spans).toEqual([
          { code: SPAN_CODE.ERROR, errorType: 'AbortError', observed: true },
        ]);
      });
    },
  );
});

describe('gRPC', () => {
  pins(
    'grpc-cases.mjs',
    'shop.Orders/Answer',
    [
      ['code 0', 'healthy ok'],
      ['code 1', 'healthy request_fault'],
      ['code 2', 'unhealthy rpc_error'],
      ['code 3', 'healthy request_fault'],
      ['code 4', 'unhealthy timeout'],
      ['code 5', 'healthy request_fault'],
      ['code 6', 'healthy request_fault'],
      ['code 7', 'healthy request_fault'],
      ['code 8', 'maybe_unhealthy throttled'],
      ['code 9', 'healthy request_fault'],
      ['code 10', 'healthy request_fault'],
      ['code 11', 'healthy request_fault'],
      ['code 12', 'unhealthy rpc_error'],
      ['code 13', 'unhealthy rpc_error'],
      ['code 14', 'unhealthy rpc_error'],
      ['code 15', 'unhealthy rpc_error'],
      ['code 16', 'healthy request_fault'],
      ['method unknown', 'unhealthy rpc_error', 'shop.Orders/Missing'],
      ['refused', 'unhealthy refused', 'shop.Orders/Answer', 'closed'],
      ['deadline', 'unhealthy timeout'],
      ['cancelled by the caller', 'healthy request_fault'],
      ['stream broken off', 'unhealthy rpc_error', 'shop.Orders/Watch'],
      ['stream cancelled by the caller', 'healthy request_fault', 'shop.Orders/Watch'],
    ],
    (of) => {
      it('names no error type, so that the status number must be read', () => {
        expect(of('code 13').spans).toEqual([{ code: SPAN_CODE.ERROR, observed: true }]);
      });
    },
  );
});
