// SPDX-License-Identifier: Apache-2.0
/** The load that the engine is measured with is what docs/benchmarks.md says it is, read by somebody else's protobuf. */
import protobuf from 'protobufjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { lapsUntilAllCalled, PREFIX_BYTES, RequestTemplate } from '../../bench/ingest/request-template.js';
import { SERVICES, viewCountOf } from '../../bench/ingest/world.js';

/** Fields as in opentelemetry-proto 1.x; what is not read here is skipped. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message Scope { string name = 1; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start = 7; fixed64 end = 8; repeated KeyValue attributes = 9; Status status = 15;
  }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string text = 1; int64 integer = 3; } }
  message Status { int32 code = 3; }
`);

interface SentSpan {
  readonly instance: string;
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string;
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly isError: boolean;
  readonly attributes: ReadonlyMap<string, string>;
  readonly lap: number;
  readonly node: number;
}

interface PlainAttribute {
  readonly key: string;
  readonly value: { readonly text?: string; readonly integer?: string };
}

interface PlainSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly start: string;
  readonly end: string;
  readonly attributes: readonly PlainAttribute[];
  readonly status: { readonly code?: number };
}

interface PlainRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly PlainAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly PlainSpan[] }[];
  }[];
}

const CLIENT = 3;
const SERVER = 2;
const SHAPE = { nodeCount: 8, spansPerRequest: 512 };
const START_MS = 1_800_000_000_000;
const SALT = 4711;

const textsOf = (attributes: readonly PlainAttribute[]) =>
  new Map(attributes.map(({ key, value }) => [key, value.text ?? value.integer ?? '']));

function spansOf(frame: Buffer, lap: number, node: number): SentSpan[] {
  const options = { longs: String, bytes: String };
  const type = root.lookupType('Request');
  const request = type.toObject(type.decode(frame.subarray(PREFIX_BYTES)), options) as PlainRequest;
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        instance: textsOf(resource.attributes).get('service.instance.id') ?? '',
        traceId: span.traceId,
        id: span.spanId,
        parentId: span.parentSpanId ?? '',
        kind: span.kind,
        startNs: BigInt(span.start),
        endNs: BigInt(span.end),
        isError: span.status.code === 2,
        attributes: textsOf(span.attributes),
        ...{ lap, node },
      })),
    ),
  );
}

describe('the load of the ingest benchmark', () => {
  const templates = Array.from({ length: SHAPE.nodeCount }, (_, node) => new RequestTemplate(node, SHAPE, SALT));
  const laps = lapsUntilAllCalled(SHAPE);
  let sent: readonly SentSpan[] = [];
  let byId = new Map<string, SentSpan>();

  beforeAll(() => {
    sent = Array.from({ length: laps }, (_, lap) => lap).flatMap((lap) =>
      templates.flatMap((template, node) => {
        template.write({ number: lap, startMs: START_MS + lap });
        return spansOf(template.frame, lap, node);
      }),
    );
    byId = new Map(sent.map((span) => [span.traceId + span.id, span]));
  });

  it('has 512 spans a request, of all twenty instances on a node', () => {
    expect(sent).toHaveLength(laps * SHAPE.nodeCount * SHAPE.spansPerRequest);
    const [first] = templates;
    const instances = spansOf(first?.frame as Buffer, 0, 0).map(({ instance }) => instance);
    expect(new Set(instances).size).toBe(SERVICES.length);
  });

  it('has ten to sixteen attributes a span, none of them without a value', () => {
    const counts = sent.map(({ attributes }) => attributes.size);
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([10, 16]);
    expect(sent.filter(({ attributes }) => [...attributes.values()].includes(''))).toEqual([]);
  });

  it('gives no id twice, and every parent in the same trace', () => {
    expect(byId.size).toBe(sent.length);
    const orphans = sent.filter(({ traceId, parentId }) => parentId !== '' && !byId.has(traceId + parentId));
    expect(orphans).toEqual([]);
  });

  it('has every span within its parent, and ends all of them before they are sent', () => {
    for (const span of sent) {
      expect(span.endNs).toBeGreaterThan(span.startNs);
      expect(span.endNs).toBeLessThanOrEqual(BigInt(START_MS + span.lap) * 1_000_000n);
      const parent = byId.get(span.traceId + span.parentId);
      if (parent) expect(span.startNs >= parent.startNs && span.endNs <= parent.endNs).toBe(true);
    }
  });

  it('has each call served at the address that it was made to, by another instance, which sends its end itself', () => {
    const served = sent.filter(({ kind, parentId }) => kind === SERVER && parentId !== '');
    expect(served.length).toBeGreaterThan(sent.length / 5);
    for (const server of served) {
      const client = byId.get(server.traceId + server.parentId);
      expect(client?.kind).toBe(CLIENT);
      expect(client?.attributes.get('server.address')).toBe(server.attributes.get('server.address'));
      expect(client?.instance).not.toBe(server.instance);
      expect(client?.lap).toBe(server.lap);
    }
    expect(served.some((server) => byId.get(server.traceId + server.parentId)?.node !== server.node)).toBe(true);
  });

  it('has every instance call each of those that it calls, once all laps are done', () => {
    const isCall = ({ kind, attributes }: SentSpan) => kind === CLIENT && !attributes.has('db.system.name');
    const pairs = sent
      .filter(isCall)
      .map(({ instance, attributes }) => `${instance} ${attributes.get('server.address')}`);
    expect(new Set(pairs).size).toBe(viewCountOf(SHAPE.nodeCount));
  });

  it('has few traces that fail, and in those every call and whoever serves it', () => {
    const failing = new Set(sent.filter(({ isError }) => isError).map(({ traceId }) => traceId));
    const traces = new Set(sent.map(({ traceId }) => traceId));
    expect(failing.size).toBeGreaterThan(0);
    expect(failing.size).toBeLessThan(traces.size / 200);
    const told = (span: SentSpan) => span.attributes.has('rpc.system') || span.attributes.has('http.request.method');
    expect(sent.filter((span) => failing.has(span.traceId) && told(span) && !span.isError)).toEqual([]);
  });

  it('has new ports, texts and sizes in each request', () => {
    const texts = sent.map(({ attributes }) => attributes.get('url.full')).filter((url) => url !== undefined);
    expect(texts.length).toBeGreaterThan(0);
    expect(new Set(texts).size).toBe(texts.length);
  });
});
