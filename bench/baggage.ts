// SPDX-License-Identifier: Apache-2.0
/**
 * What causal baggage costs: the six operations for bags of 0, 1, 10 and 60 tuples, and what every call pays that packs
 * nothing, on both of its ends.
 */
import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { Baggage, httpResponseHook, PanoramaPropagator, withBaggage } from 'panorama-otel/baggage';
import { median, nsPerItem } from './rounds.js';

/** Small batches, many rounds: thousands of bags at once would measure the collector and the caches. */
const ROUNDS = 1000;
const BATCH = 100;
const TUPLE_COUNTS = [0, 1, 10, 60];

/** The member's name and its `=`, as they stand in the header before the text of the bag. */
const MEMBER = 'panorama.bag=';

interface TupleFigures {
  readonly serialize_ns: number;
  readonly deserialize_ns: number;
  readonly unpack_ns: number;
  readonly split_ns: number;
  readonly join_ns: number;
  readonly header_bytes: number;
}

export async function benchBaggage(): Promise<object> {
  const tuples = Object.fromEntries(TUPLE_COUNTS.map((count) => [String(count), figuresOf(count)]));
  for (const [count, figures] of Object.entries(tuples)) {
    process.stdout.write(
      `${count.padStart(3)} tuples   serialize ${figures.serialize_ns} ns, deserialize ${figures.deserialize_ns} ns, ` +
        `unpack ${figures.unpack_ns} ns, split ${figures.split_ns} ns, join ${figures.join_ns} ns, ` +
        `${figures.header_bytes} bytes of header\n`,
    );
  }
  const empty = { call: emptyCallNs(), served: emptyServedNs() };
  process.stdout.write(
    `an empty bag adds no header, ${empty.call} ns where a call is made and ${empty.served} ns where one is served\n`,
  );
  return { empty_call_ns: empty.call, empty_served_ns: empty.served, tuples };
}

/** A bag with so many tuples of one number, as the talk's example has them. */
function packed(count: number): Baggage {
  const baggage = new Baggage();
  for (let n = 0; n < count; n++) baggage.pack('n', { n });
  return baggage;
}

function figuresOf(count: number): TupleFigures {
  const samples = { serialize: [] as number[], deserialize: [] as number[], unpack: [] as number[] };
  const clocks = { split: [] as number[], join: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    // Fresh bags each round: what was serialized once is remembered, and would cost nothing.
    const bags = Array.from({ length: BATCH }, () => packed(count));
    let branches: Baggage[] = [];
    clocks.split.push(nsPerItem(BATCH, () => (branches = bags.map((each) => each.split()))));
    let sent: Uint8Array[] = [];
    samples.serialize.push(nsPerItem(BATCH, () => (sent = branches.map((each) => each.serialize()))));
    let arrived: Baggage[] = [];
    samples.deserialize.push(nsPerItem(BATCH, () => (arrived = sent.map((each) => Baggage.deserialize(each)))));
    samples.unpack.push(
      nsPerItem(BATCH, () => {
        for (const each of arrived) each.unpack('n');
      }),
    );
    for (const each of arrived) each.pack('n', { n: -1 });
    clocks.join.push(
      nsPerItem(BATCH, () => {
        for (let index = 0; index < BATCH; index++) (bags[index] as Baggage).join(arrived[index] as Baggage);
      }),
    );
  }
  const text = Buffer.from(packed(count).split().serialize()).toString('base64url');
  return {
    serialize_ns: Math.round(median(samples.serialize)),
    deserialize_ns: Math.round(median(samples.deserialize)),
    unpack_ns: Math.round(median(samples.unpack)),
    split_ns: Math.round(median(clocks.split)),
    join_ns: Math.round(median(clocks.join)),
    // An empty bag is not sent at all.
    header_bytes: count === 0 ? 0 : MEMBER.length + text.length,
  };
}

/**
 * What an empty bag adds where a call is made: the scope, the look into it, and the look at the response. The same calls
 * in turn outside any scope and inside an empty one; the difference is what is added.
 */
function emptyCallNs(): number {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'bench', 'service.instance.id': '1' }),
  });
  const tracer = provider.getTracer('bench');
  const attributes = { 'server.address': '10.0.0.1', 'server.port': 8080 };
  const response = { headers: { 'content-type': 'application/json', 'content-length': '2' } } as never;
  const propagator = new PanoramaPropagator();
  const scoped = withBaggage(() => context.active());
  const roundOf = (within: Context, look: (span: Span) => void): number => {
    const spans = Array.from({ length: BATCH }, () => tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes }));
    const contexts = spans.map((span) => trace.setSpan(within, span));
    return nsPerItem(BATCH, () => {
      for (let index = 0; index < BATCH; index++) {
        propagator.inject(contexts[index] as Context, {}, defaultTextMapSetter);
        look(spans[index] as Span);
      }
    });
  };
  return addedNs(
    () => roundOf(ROOT_CONTEXT, () => undefined),
    () => roundOf(scoped, (span) => httpResponseHook(span, response)),
  );
}

/** What it adds where a call without baggage is served: its scope. OpenTelemetry's own propagator is what is compared with. */
function emptyServedNs(): number {
  const carriers = Array.from({ length: BATCH }, () => ({ host: 'orders' }));
  const roundOf = (propagator: TextMapPropagator) =>
    nsPerItem(BATCH, () => {
      for (const carrier of carriers) propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
    });
  const theirs = new W3CBaggagePropagator();
  const ours = new PanoramaPropagator();
  return addedNs(
    () => roundOf(theirs),
    () => roundOf(ours),
  );
}

/** The median difference of two kinds of round that take turns. */
function addedNs(without: () => number, withIt: () => number): number {
  return Math.round(median(Array.from({ length: ROUNDS }, () => -without() + withIt())));
}
