// SPDX-License-Identifier: Apache-2.0
/**
 * Senders that never say the same name twice: a hundred thousand subjects, observers, operations,
 * environments or addresses, twice what there is room for. `CHAOS_NAMES=10000000` tries ten million of each. What is full forgets what was not seen for longest; what goes on beside it
 * is seen all the time and stays.
 */
import { Agent, request } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type KeyValue, toProtobuf, type WireSpan, wireSpan } from '../engine/wire/otlp-writer.js';
import { Siege } from './siege.js';

const NAMES = Number(process.env['CHAOS_NAMES'] ?? 100_000);
/** The engine's default. */
const VIEW_COUNT_MAX = 50_000;
const SPANS_PER_REQUEST = 2000;
/** Requests at once. */
const SENDERS = 2;

/** Stands where each name differs: so many digits. */
const PLACEHOLDER = '99999999';
const TRACE_ID = Buffer.from('ab'.repeat(16), 'hex');
const SPAN_ID = Buffer.from('cd'.repeat(8), 'hex');

const text = (key: string, string: string): KeyValue => ({ key, value: { string } });
const OBSERVATION: readonly KeyValue[] = [
  text('panorama.subject.resolution', 'instance'),
  text('panorama.status', 'unhealthy'),
  text('panorama.reason', 'timeout'),
  text('panorama.source', 'caller'),
];
const TIME = Buffer.from('1122334455667788', 'hex');
const IDS: Partial<WireSpan> = {
  start: TIME.readBigUInt64LE(),
  end: TIME.readBigUInt64LE(),
  traceId: TRACE_ID.toString('hex'),
  spanId: SPAN_ID.toString('hex'),
};

function observation(observer: string, subject: string, operation: string): WireSpan {
  const names = { 'panorama.observer': observer, 'panorama.subject': subject, 'panorama.operation': operation };
  const attributes = [...OBSERVATION, ...Object.entries(names).map(([key, value]) => text(key, value))];
  return wireSpan({ ...IDS, name: 'panorama.observation', kind: 1, attributes });
}

const ANSWERED: KeyValue = { key: 'http.response.status_code', value: { int: 200n } };
const call = (attributes: readonly KeyValue[]): WireSpan => wireSpan({ ...IDS, attributes });

/** What each sender varies, and what counts it. */
const ATTACKS: Readonly<
  Record<string, { readonly span: WireSpan; readonly environment?: string; readonly calls: boolean }>
> = {
  subjects: { span: observation('evil/e1', `shop/s${PLACEHOLDER}`, 'GET'), calls: false },
  observers: { span: observation(`evil/e${PLACEHOLDER}`, 'shop/s1', 'GET'), calls: false },
  operations: { span: observation('evil/e1', 'shop/s1', `GET /${PLACEHOLDER}`), calls: false },
  environments: { span: observation('evil/e1', 'shop/s1', 'GET'), environment: PLACEHOLDER, calls: false },
  addresses: {
    span: call([text('server.address', `host-${PLACEHOLDER}`), text('http.request.method', 'GET'), ANSWERED]),
    calls: true,
  },
};

/** A request whose names, trace ids and span ids are written over again and again: making it anew would take most of the time. */
class Stencil {
  readonly body: Uint8Array;
  readonly #names: number[];
  readonly #traceIds: number[];
  readonly #spanIds: number[];
  readonly #times: number[];

  constructor(span: WireSpan, environment: string | undefined) {
    // A name in the resource is one for the whole request, so there each span has a resource of its own.
    const resource = [
      text('service.name', 'evil'),
      ...(environment ? [text('deployment.environment.name', environment)] : []),
    ];
    const spans = Array.from({ length: SPANS_PER_REQUEST }, () => span);
    const request = environment
      ? spans.map((each) => ({ attributes: resource, spans: [each] }))
      : [{ attributes: resource, spans }];
    this.body = toProtobuf(request);
    const places = (part: Uint8Array): number[] => {
      const found: number[] = [];
      const bytes = Buffer.from(this.body.buffer);
      for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + part.length)) found.push(at);
      if (found.length % SPANS_PER_REQUEST !== 0 || found.length === 0)
        throw new Error(`${found.length} places of ${part}`);
      return found;
    };
    this.#names = places(Buffer.from(PLACEHOLDER));
    this.#traceIds = places(TRACE_ID);
    this.#spanIds = places(SPAN_ID);
    this.#times = places(TIME);
  }

  /** The next request: as many names as it has spans, none of them seen before. */
  fill(first: number): Uint8Array {
    const bytes = Buffer.from(this.body.buffer);
    const nowNano = BigInt(Date.now()) * 1_000_000n;
    for (const at of this.#times) bytes.writeBigUInt64LE(nowNano, at);
    for (let index = 0; index < SPANS_PER_REQUEST; index++) {
      const name = first + index;
      bytes.write(String(name).padStart(PLACEHOLDER.length, '0'), this.#names[index] as number, 'latin1');
      bytes.writeUInt32BE(name + 1, (this.#traceIds[index] as number) + 12);
      bytes.writeUInt32BE(name + 1, (this.#spanIds[index] as number) + 4);
    }
    return bytes;
  }
}

const agent = new Agent({ keepAlive: true });

function post(address: string, body: Uint8Array): Promise<number> {
  const [host, port] = address.split(':');
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, agent, headers, method: 'POST', path: '/v1/traces' }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

let siege: Siege;
beforeEach(async () => {
  siege = await Siege.start();
});
afterEach(() => siege.end());

it.each(Object.entries(ATTACKS))(
  'senders of ever new %s are all heard, and keep nobody else from being heard',
  async (_, { span, environment, calls }) => {
    let next = 0;
    const flood = async (): Promise<number> => {
      const stencil = new Stencil(span, environment);
      let acknowledged = 0;
      while (next < NAMES) {
        const body = stencil.fill(next);
        next += SPANS_PER_REQUEST;
        let status = await post(siege.engine.addresses.otlpHttp, body);
        while (status === 429 || status === 503) status = await post(siege.engine.addresses.otlpHttp, body);
        expect(status).toBe(200);
        acknowledged += SPANS_PER_REQUEST;
      }
      return acknowledged;
    };
    const startMs = performance.now();
    const { attack } = await siege.withstand(
      async () => {
        const each = await Promise.all(Array.from({ length: SENDERS }, flood));
        return each.reduce((sum, acknowledged) => sum + acknowledged, 0);
      },
      { callsOf: (acknowledged) => (calls ? acknowledged : 0) },
    );
    console.log(`${attack} names in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    const counts = await siege.counts();
    expect(counts.duplicates).toBe(0);
    if (!calls) expect(counts.observations).toBe(attack);
    // It was a flood: what there is room for was full, and the rest of it had to go.
    expect(counts.evictedViews + counts.folded).toBeGreaterThan(attack - VIEW_COUNT_MAX - 1000);
  },
  Math.max(300_000, NAMES),
);
