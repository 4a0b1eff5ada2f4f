// SPDX-License-Identifier: Apache-2.0
/**
 * Statements of calls, as the spans that any SDK makes of them: a CLIENT span of the caller, a SERVER span of whoever answered
 * beneath it, and beneath that the calls it made meanwhile, one after the other. All end when the statement says.
 */
import type { Attributes } from '../../../src/model/attributes.js';
import { SpanKind, type SpanRecord } from '../../../src/model/span.js';
import { freshSpanId, freshTraceId, spanOf } from '../spans.js';
import { type Ending, endingNamed, isQuery, operationAttributes } from './call-attributes.js';
import { type Line, NAMES } from './line.js';
import { resolutionIn } from './observations.js';
import type { Action, World } from './world.js';

/** Time of a callee's own, and of the network there and back, in ms. */
const OWN_MS = 4;
const NETWORK_MS = 1;

interface Call {
  readonly caller: string;
  readonly callee: string;
  /** Whose SERVER span is beneath it. */
  answeredBy: string | undefined;
  operation: string;
  ending: Ending;
  durationMs: number | undefined;
  blamed: readonly string[];
  /** Ends of it whose spans are never delivered. */
  lost: readonly ('client' | 'server')[];
  readonly calls: Call[];
}

interface Made {
  readonly component: string;
  readonly span: SpanRecord;
}

/** How the spans of a statement reach the engine. */
interface Delivery {
  readonly lostShare: number;
  readonly isShuffled: boolean;
}

export function callStatement(line: Line): Action | undefined {
  if (!/ calls /.test(line.rest)) return undefined;
  const [, share] = line.take(/losing (\d+)%,?/) ?? [];
  const isShuffled = line.take(/in any order/) !== undefined;
  if (share !== undefined || isShuffled) line.take(/:/) ?? line.notUnderstood();
  const calls: Call[] = [];
  do calls.push(callIn(line));
  while (line.take(/,(?= \S+ calls )/));
  if (line.rest !== '') line.notUnderstood();
  const roots = calls.filter((call, index) => !isBeneathAny(call, calls.slice(0, index)));
  return (world) => {
    const made = roots.flatMap((root) => spansOf(root, world.nowMs - durationOf(root), freshTraceId(), ''));
    deliver(made, { lostShare: Number(share ?? 0) / 100, isShuffled }, world);
  };
}

function callIn(line: Line): Call {
  const [, caller, callee] = line.take(/(\S+) calls ([^\s,]+)/) ?? line.notUnderstood();
  const call: Call = {
    caller: caller as string,
    callee: callee as string,
    answeredBy: resolutionIn(callee as string) === 'address' ? undefined : callee,
    operation: 'GET',
    ending: endingNamed('ok', line),
    durationMs: undefined,
    blamed: [],
    lost: [],
    calls: [],
  };
  for (let rest = ''; line.rest !== rest && line.rest !== '' && !line.rest.startsWith(','); ) {
    rest = line.rest;
    readClause(line, call);
    if (line.rest === rest) line.notUnderstood();
  }
  return call;
}

function readClause(line: Line, call: Call): void {
  const [, operation] = line.take(/in "([^"]+)"/) ?? [];
  if (operation !== undefined) call.operation = operation;
  const [, reason] = line.take(/(?:failing )?because (\w+)/) ?? [];
  if (reason !== undefined) call.ending = endingNamed(reason, line);
  const [, length] = line.take(/taking ([\w.]+)/) ?? [];
  if (length !== undefined) call.durationMs = line.duration(length);
  const [, instance] = line.take(/answered by ([^\s,]+)/) ?? [];
  if (instance !== undefined) call.answeredBy = instance;
  const [, blamed] = line.take(new RegExp(`blaming (${NAMES})(?! calls)`)) ?? [];
  if (blamed !== undefined) call.blamed = line.names(blamed);
  const [, end] = line.take(/losing its (client span|server span|spans)/) ?? [];
  if (end !== undefined)
    call.lost = end === 'spans' ? ['client', 'server'] : [end === 'client span' ? 'client' : 'server'];
}

/** Puts a call beneath the last of these whose callee made it. */
function isBeneathAny(call: Call, before: readonly Call[]): boolean {
  const above = before.findLast(({ answeredBy }) => answeredBy === call.caller);
  above?.calls.push(call);
  return above !== undefined;
}

function durationOf({ calls, durationMs }: Call): number {
  return durationMs ?? calls.reduce((sum, each) => sum + durationOf(each), OWN_MS + 2 * NETWORK_MS);
}

function spansOf(call: Call, startMs: number, traceId: string, parentSpanId: string): Made[] {
  const { caller, answeredBy, operation, ending, calls, lost } = call;
  const client = made(traceId, parentSpanId, SpanKind.CLIENT, startMs, durationOf(call), {
    ...whomAttributes(call),
    ...operationAttributes(operation),
    ...ending.client,
    ...(call.blamed.length > 0 && { 'panorama.blame': call.blamed }),
  });
  const shown: Made[] = lost.includes('client') ? [] : [{ component: caller, span: client }];
  if (answeredBy === undefined || !ending.isServed || isQuery(operation)) return shown;
  const servedMs = Math.max(0, durationOf(call) - 2 * NETWORK_MS);
  const server = made(traceId, client.spanId, SpanKind.SERVER, startMs + NETWORK_MS, servedMs, {
    ...operationAttributes(operation),
    ...ending.server,
  });
  if (!lost.includes('server')) shown.push({ component: answeredBy, span: server });
  let atMs = startMs + NETWORK_MS;
  for (const each of calls) {
    shown.push(...spansOf(each, atMs, traceId, server.spanId));
    atMs += durationOf(each);
  }
  return shown;
}

function made(
  traceId: string,
  parentSpanId: string,
  kind: SpanKind,
  startMs: number,
  durationMs: number,
  attributes: Attributes,
): SpanRecord {
  const startUnixNano = BigInt(Math.round(startMs * 1e6));
  const endUnixNano = startUnixNano + BigInt(Math.round(durationMs * 1e6));
  const statusCode = attributes['error.type'] === undefined ? 0 : 2;
  const ids = { traceId, spanId: freshSpanId(), parentSpanId };
  return { ...spanOf({ kind, attributes, durationMs, statusCode }), ...ids, startUnixNano, endUnixNano };
}

/** Whom the caller called, as its span says. */
function whomAttributes({ callee }: Call): Attributes {
  const resolution = resolutionIn(callee);
  if (resolution === 'instance') return { 'panorama.subject': callee };
  if (resolution === 'service') return { 'service.peer.name': callee };
  const [host, port] = callee.split(':');
  return { 'server.address': host, 'server.port': Number(port) };
}

function deliver(all: readonly Made[], { lostShare, isShuffled }: Delivery, world: World): void {
  const kept = all.filter(() => lostShare === 0 || world.dice() >= lostShare);
  if (isShuffled) {
    for (const { component, span } of shuffled(kept, world)) world.deliver(component, [span]);
    return;
  }
  const byEnd = kept.toSorted((a, b) => Number(a.span.endUnixNano - b.span.endUnixNano));
  const components = [...new Set(byEnd.map(({ component }) => component))];
  world.deliverAll(
    components.map((component) => ({
      component,
      spans: byEnd.filter((each) => each.component === component).map(({ span }) => span),
    })),
  );
}

function shuffled<T>(items: readonly T[], { dice }: World): readonly T[] {
  return items
    .map((item) => ({ item, place: dice() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
