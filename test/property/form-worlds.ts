// SPDX-License-Identifier: Apache-2.0
/**
 * Requests by chance, as bytes: a few services that call each other at addresses which change hands, with whatever attributes a
 * rule looks at. Some bodies are written as every encoder writes, others in valid ways that none has.
 */
import fc from 'fast-check';
import {
  type AnyValue,
  anyValueBytes,
  type Bytes,
  field,
  fixed64,
  flatten,
  hexBytes,
  type KeyValue,
  keyValues,
  tag,
  varint,
} from '../engine/wire/otlp-writer.js';
import { freshSpanId, freshTraceId } from '../support/spans.js';

/** One span; times are in ms before the request is sent. */
interface Made {
  readonly resource: readonly KeyValue[];
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly endAgoMs: number;
  readonly tookMs: number;
  readonly attributes: readonly KeyValue[];
  readonly statusCode: number;
  /** How it is written: 0 as every encoder does. */
  readonly oddity: number;
}

export interface Request {
  readonly spans: readonly Made[];
  /** How long before it is sent nothing is. */
  readonly pauseMs: number;
  /** Whether the request before it is sent once more beside it. */
  readonly again: boolean;
}

const text = (key: string, string: string): KeyValue => ({ key, value: { string } });
const whole = (key: string, int: number): KeyValue => ({ key, value: { int: BigInt(int) } });
const flag = (key: string, bool: boolean): KeyValue => ({ key, value: { bool } });
const double = (key: string, value: number): KeyValue => ({ key, value: { double: value } });

const resource = fc
  .record({
    service: fc.constantFrom('edge', 'web', 'db'),
    instance: fc.constantFrom('', '1', '2'),
    environment: fc.constantFrom('', '', 'prod'),
    host: fc.constantFrom('', 'h1', 'h2'),
  })
  .map(({ service, instance, environment, host }) => [
    text('service.name', service),
    ...(instance ? [text('service.instance.id', instance)] : []),
    ...(environment ? [text('deployment.environment.name', environment)] : []),
    ...(host ? [text('host.name', host)] : []),
  ]);

const URLS = ['', '/health', '/42', '?a', '/healthz?x=1', 'http://web/ready', 'x://y/health', 'http://web', '/a/b#c'];

/** Heads of URLs: hosts that are called, hosts that nobody can be called by, and what is none. */
const HEADS = [
  ...['http://web:80', 'HTTP://ann:secret@WEB', 'http://10.0.0.1', 'http://10.0.0.1:81', 'https://[::1]:80', 'http://'],
  ...[
    'http://w%65b:80',
    'http://wéb',
    'http://w\u202eb',
    'http://w b',
    'http://web:0',
    'http://web:99999',
    '//web',
    ':',
  ],
  ...[
    `http://${'a'.repeat(1100)}`,
    `http://${'@'.repeat(1016)}web`,
    `http://${'@'.repeat(1100)}web`,
    `http://${'é'.repeat(600)}@web`,
  ],
];
const longUrl = fc
  .tuple(
    fc.oneof(fc.constantFrom('http://web:80', 'http://10.0.0.1', 'http://10.0.0.1:81'), fc.constantFrom(...HEADS)),
    fc.constantFrom('', '/42', '/43?a', '/health', '?a=://b', '#@c', 'x'.repeat(2000)),
  )
  .map((parts) => parts.join(''));

/** What is said of a call besides whom it concerns: every name that decides something, one by one. */
const detail: fc.Arbitrary<KeyValue> = fc.oneof(
  fc
    .tuple(fc.constantFrom('url.path', 'url.full', 'http.target', 'http.url'), fc.constantFrom(...URLS))
    .map(([key, url]) => text(key, url)),
  fc.tuple(fc.constantFrom('url.full', 'http.url'), longUrl).map(([key, url]) => text(key, url)),
  fc.constantFrom(200, 204, 404, 429, 503).map((code) => whole('http.response.status_code', code)),
  fc.constantFrom(0, 1, 4, 5, 14).map((code) => whole('rpc.grpc.status_code', code)),
  fc.constantFrom('GET', 'POST').map((method) => text('http.request.method', method)),
  fc.constantFrom('/a', '/health').map((route) => text('http.route', route)),
  fc.constantFrom('read', 'write').map((method) => text('rpc.method', method)),
  fc.constantFrom('20', 'ECONNRESET', 'TimeoutError').map((type) => text('error.type', type)),
  fc.constantFrom(Number.NaN, 0, 0.05, 5).map((seconds) => double('panorama.deadline.remaining', seconds)),
  fc.boolean().map((is) => flag('panorama.observed', is)),
  fc.constant(text('panorama.blame', 'db/1')),
  fc.constant(text('db.system.name', 'redis')),
  fc.constant({ key: 'unread', value: { array: [{ int: 1n }] } as AnyValue }),
);

const whom: fc.Arbitrary<readonly KeyValue[]> = fc.oneof(
  fc
    .tuple(fc.constantFrom('10.0.0.1', '10.0.0.2', '127.0.0.1', 'web'), fc.constantFrom(80, 81))
    .map(([address, port]) => [text('server.address', address), whole('server.port', port)]),
  fc.constant([text('service.peer.name', 'web')]),
  fc.constant([text('messaging.system', 'kafka'), text('messaging.destination.name', 'orders')]),
  fc.constant([text('panorama.subject', 'web/1')]),
  { weight: 4, arbitrary: longUrl.map((url) => [text('http.url', url)]) },
  fc.constant([text('network.peer.address', '10.0.0.2'), text('url.full', 'http://web:80/')]),
  fc.constant([]),
);

const observation: fc.Arbitrary<readonly KeyValue[]> = fc
  .tuple(fc.constantFrom('healthy', 'unhealthy', 'pending', 'odd'), fc.constantFrom('web/1', '10.0.0.1:80'))
  .map(([status, subject]) => [
    text('panorama.observer', 'edge/1'),
    text('panorama.subject', subject),
    text('panorama.subject.resolution', subject === 'web/1' ? 'instance' : 'address'),
    text('panorama.operation', 'GET'),
    text('panorama.status', status),
    text('panorama.reason', status === 'healthy' ? 'ok' : 'timeout'),
  ]);

const when = fc.record({
  endAgoMs: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.constantFrom(0, 5000, 1e9, 1e12, 1.6e12)),
  tookMs: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constantFrom(0, 3000, -5)),
  oddity: fc.constantFrom(0, 1, 2, 3, 4),
});

/** A call, perhaps its other end, and perhaps a call that was made meanwhile, or the same one of somebody else. */
const call: fc.Arbitrary<readonly Made[]> = fc
  .record({
    caller: resource,
    callee: resource,
    whom,
    details: fc.array(detail, { maxLength: 5 }),
    when,
    kind: fc.constantFrom(3, 3, 3, 4, 0, 1, 6),
    statusCode: fc.constantFrom(0, 0, 0, 1, 2),
    other: fc.constantFrom('none', 'served', 'served', 'twin', 'deeper', 'elsewhere', 'elsewhere'),
    whomElse: whom,
    otherStatus: fc.constantFrom(0, 0, 2),
  })
  .map(({ caller, callee, whom: called, details, when: { endAgoMs, tookMs, oddity }, kind, statusCode, ...rest }) => {
    const of = { traceId: freshTraceId(), endAgoMs, tookMs, statusCode, oddity, parentSpanId: '' };
    const client = { ...of, spanId: freshSpanId(), resource: caller, name: 'GET', kind };
    const made: Made[] = [{ ...client, attributes: [...called, ...details] }];
    if (rest.other === 'none') return made;
    if (rest.other === 'elsewhere') {
      const ids = { traceId: freshTraceId(), spanId: freshSpanId() };
      return [...made, { ...client, ...ids, attributes: [...rest.whomElse, ...details] }];
    }
    const isTwin = rest.other === 'twin';
    const spanId = isTwin ? client.spanId : freshSpanId();
    const parentSpanId = isTwin ? '' : client.spanId;
    const served = { ...of, spanId, parentSpanId, resource: callee, name: 'served', kind: kind === 4 ? 5 : 2 };
    made.push({ ...served, statusCode: rest.otherStatus, attributes: details });
    if (rest.other !== 'deeper') return made;
    const deeper = { ...of, spanId: freshSpanId(), parentSpanId: spanId, resource: callee, name: 'deeper', kind: 3 };
    made.push({ ...deeper, statusCode: rest.otherStatus, attributes: [text('service.peer.name', 'db'), ...details] });
    return made;
  });

const told: fc.Arbitrary<readonly Made[]> = fc
  .record({ resource, attributes: observation, when })
  .map(({ resource: of, attributes, when: time }) => [
    {
      ...{ resource: of, attributes, traceId: freshTraceId(), spanId: freshSpanId(), parentSpanId: '' },
      ...{ name: 'panorama.observation', kind: 1, statusCode: 0, ...time },
    },
  ]);

const request: fc.Arbitrary<Request> = fc
  .record({
    calls: fc.array(fc.oneof({ weight: 6, arbitrary: call }, { weight: 1, arbitrary: told }), { maxLength: 6 }),
    pauseMs: fc.constantFrom(10, 300, 2000, 7000, 30_000),
    again: fc.constantFrom(false, false, true),
  })
  .map(({ calls, ...rest }) => ({ ...rest, spans: calls.flat() }));

/** Requests in turn; the pool of calls is small, so that most forms come again. */
export const world: fc.Arbitrary<readonly Request[]> = fc
  .tuple(
    fc.array(request, { minLength: 1, maxLength: 6 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(0, 0, 0, 2)), { maxLength: 12 }),
  )
  .map(([requests, repeats]) => [...requests, ...repeats.map((each) => repeatOf(requests, ...each))]);

/** The spans of an earlier request as new ones: of the same forms, but some of them with another end. */
function repeatOf(requests: readonly Request[], which: number, shift: number, statusCode: number): Request {
  const { spans } = requests[which % requests.length] as Request;
  const [traces, ids] = [new Map<string, string>(), new Map<string, string>([['', '']])];
  const anew = (map: Map<string, string>, id: string, fresh: () => string) => {
    if (!map.has(id)) map.set(id, fresh());
    return map.get(id) as string;
  };
  return {
    pauseMs: [10, 700, 3000][shift % 3] as number,
    again: false,
    spans: spans.map((span, index) => ({
      ...span,
      traceId: anew(traces, span.traceId, freshTraceId),
      spanId: anew(ids, span.spanId, freshSpanId),
      parentSpanId: anew(ids, span.parentSpanId, freshSpanId),
      statusCode: index === shift % spans.length ? statusCode : span.statusCode,
      tookMs: span.tookMs + (shift % 5),
    })),
  };
}

/** @param odd whether spans are written as oddly as they ask for */
export function bytesOf({ spans }: Request, nowMs: number, odd: boolean): Uint8Array {
  return flatten(
    spans.map((span) => {
      const written = field(2, field(2, spanBytes(span, nowMs, odd ? span.oddity : 0)));
      const of = field(1, keyValues(1, span.resource));
      return field(1, odd && span.oddity === 3 ? [written, of] : [of, written]);
    }),
  );
}

function spanBytes(span: Made, nowMs: number, oddity: number): Bytes {
  const end = span.endAgoMs === 1.6e12 ? 0n : BigInt(Math.round(nowMs - span.endAgoMs)) * 1_000_000n;
  const start = end === 0n ? 0n : end - BigInt(span.tookMs) * 1_000_000n;
  const kind = [tag(6, 0), oddity === 4 ? [0x80 + span.kind, 0] : varint(span.kind)];
  const ids = [field(1, hexBytes(span.traceId)), field(2, hexBytes(span.spanId))];
  const parent = span.parentSpanId === '' ? [] : field(4, hexBytes(span.parentSpanId));
  const times = [
    [tag(7, 1), fixed64(start)],
    [tag(8, 1), fixed64(end)],
  ];
  const attributes = keyValues(9, span.attributes);
  const status = span.statusCode === 0 ? [] : field(15, [tag(3, 0), varint(span.statusCode)]);
  if (oddity === 1) return [attributes, status, kind, field(5, 'first'), field(5, span.name), times, parent, ids];
  if (oddity === 2) {
    const backwards = span.attributes.map(({ key, value }) =>
      field(9, [field(2, anyValueBytes({ string: '/health' })), field(1, key), field(2, anyValueBytes(value))]),
    );
    return [ids, parent, field(5, span.name), kind, times, backwards, status];
  }
  return [ids, parent, field(5, span.name), kind, times, attributes, status, oddity === 3 ? attributes : []];
}
