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
import { Baggage, httpResponseHook, PanoramaPropagator, pack, withBaggage } from 'panorama-otel/baggage';
import { httpCallUs } from './http-call.js';
import { median, nsPerItem } from './rounds.js';

/** Small batches, many rounds: thousands of bags at once would measure the collector and the caches. */
const ROUNDS = 1000;
const BATCH = 100;
const TUPLE_COUNTS = [0, 1, 10, 60];

interface TupleFigures {
  readonly serialize_ns: number;
  readonly deserialize_ns: number;
  readonly split_ns: number;
  readonly join_ns: number;
  readonly header_bytes: number;
}

/** @param rounds default 1000; fewer show that it runs, and measure little */
export async function benchBaggage(rounds: number = ROUNDS): Promise<object> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const tuples: Record<string, TupleFigures> = {};
  for (const count of TUPLE_COUNTS) {
    const { unpack_ns, ...figures } = figuresOf(count, rounds);
    tuples[count] = figures;
    say(
      `${String(count).padStart(3)} tuples   serialize ${figures.serialize_ns} ns, deserialize ${figures.deserialize_ns} ns, ` +
        `unpack ${unpack_ns} ns, split ${figures.split_ns} ns, join ${figures.join_ns} ns, ` +
        `${figures.header_bytes} bytes of header`,
    );
  }
  const call = emptyCallNs(rounds);
  say(`an empty bag adds ${call} ns to a call where it is made and ${emptyServedNs(rounds)} ns where it is served`);
  const identity = identityNs(rounds);
  say(
    `identity, which every call carries that may, takes ${identity.made} ns where it is made, ` +
      `${identity.served} ns where it is served, and ${headerOf(0).length} bytes of header`,
  );
  // A round is so many calls that few of them will do.
  const http = await httpCallUs(Math.ceil(rounds / 20));
  say(
    `an HTTP call takes ${http.without} µs of CPU time on both ends, ${http.empty} µs with an empty bag, ` +
      `${http.oneTuple} µs with a tuple that goes there and one that comes back`,
  );
  return { empty_call_ns: call, tuples };
}

/** A bag with so many tuples of one number, as the talk's example has them. */
function packed(count: number): Baggage {
  const baggage = new Baggage();
  for (let n = 0; n < count; n++) baggage.pack('n', { n });
  return baggage;
}

function figuresOf(count: number, rounds: number): TupleFigures & { readonly unpack_ns: number } {
  const samples = { serialize: [] as number[], deserialize: [] as number[], unpack: [] as number[] };
  const clocks = { split: [] as number[], join: [] as number[] };
  for (let round = 0; round < rounds; round++) {
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
  return {
    serialize_ns: Math.round(median(samples.serialize)),
    deserialize_ns: Math.round(median(samples.deserialize)),
    unpack_ns: Math.round(median(samples.unpack)),
    split_ns: Math.round(median(clocks.split)),
    join_ns: Math.round(median(clocks.join)),
    header_bytes: headerOf(count).length - headerOf().length,
  };
}

const tracer = new TracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'bench', 'service.instance.id': '1' }),
}).getTracer('bench');
const callee = { 'server.address': '10.0.0.1', 'server.port': 8080 };
const startCall = () => tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes: callee });

/** The `baggage` header of a call whose baggage has so many tuples; without a number of a call outside any scope. */
function headerOf(count?: number): string {
  const carrier: Record<string, string> = {};
  const call = () =>
    new PanoramaPropagator().inject(trace.setSpan(context.active(), startCall()), carrier, defaultTextMapSetter);
  if (count === undefined) call();
  else {
    withBaggage(() => {
      for (let n = 0; n < count; n++) pack('n', { n });
      call();
    });
  }
  return carrier['baggage'] ?? '';
}

/**
 * What an empty bag adds where a call is made: the scope, the look into it, and the look at the response. The same calls
 * in turn outside any scope and inside an empty one; the difference is what is added.
 */
function emptyCallNs(rounds: number): number {
  const response = { headers: { 'content-type': 'application/json', 'content-length': '2' } } as never;
  const scoped = withBaggage(() => context.active());
  const roundOf = (within: Context, look: (span: Span) => void): number => {
    const spans = Array.from({ length: BATCH }, startCall);
    const contexts = spans.map((span) => trace.setSpan(within, span));
    return nsPerItem(BATCH, () => {
      for (let index = 0; index < BATCH; index++) {
        ours.inject(contexts[index] as Context, {}, defaultTextMapSetter);
        look(spans[index] as Span);
      }
    });
  };
  return addedNs(
    rounds,
    () => roundOf(ROOT_CONTEXT, () => undefined),
    () => roundOf(scoped, (span) => httpResponseHook(span, response)),
  );
}

/** What it adds where a call without baggage is served: its scope. OpenTelemetry's own propagator is what is compared with. */
function emptyServedNs(rounds: number): number {
  return addedServedNs(rounds, { host: 'orders' });
}

/** What identity adds on both ends to a call that OpenTelemetry's own propagator would let pass without baggage. */
function identityNs(rounds: number): { made: number; served: number } {
  const contexts = Array.from({ length: BATCH }, () => trace.setSpan(ROOT_CONTEXT, startCall()));
  const roundOf = (propagator: TextMapPropagator) =>
    nsPerItem(BATCH, () => {
      for (const each of contexts) propagator.inject(each, {}, defaultTextMapSetter);
    });
  const made = addedNs(
    rounds,
    () => roundOf(theirs),
    () => roundOf(ours),
  );
  return { made, served: addedServedNs(rounds, { host: 'orders', baggage: headerOf() }) };
}

const theirs = new W3CBaggagePropagator();
const ours = new PanoramaPropagator();

/** What we add to the reading of a request's headers. */
function addedServedNs(rounds: number, headers: Record<string, string>): number {
  const carriers = Array.from({ length: BATCH }, () => ({ ...headers }));
  const roundOf = (propagator: TextMapPropagator, read: Record<string, string>[]) =>
    nsPerItem(BATCH, () => {
      for (const carrier of read) propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
    });
  const bare = Array.from({ length: BATCH }, () => ({ host: 'orders' }));
  return addedNs(
    rounds,
    () => roundOf(theirs, bare),
    () => roundOf(ours, carriers),
  );
}

/** The median difference of two kinds of round that take turns. */
function addedNs(rounds: number, without: () => number, withIt: () => number): number {
  return Math.round(median(Array.from({ length: rounds }, () => -without() + withIt())));
}
