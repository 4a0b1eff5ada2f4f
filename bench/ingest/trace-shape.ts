// SPDX-License-Identifier: Apache-2.0
/**
 * A trace of eight spans: a root asks one service, which asks its database, and then another. They come from three instances
 * on three nodes, so no request has all of them, and a call's two ends arrive apart.
 */
import type { Scope } from './otlp-message.js';
import { KIND, type SpanParts, span } from './otlp-message.js';
import type { Piece } from './piece.js';
import {
  called,
  databaseCalled,
  INSTRUMENTATION_VERSION,
  insideOf,
  scopeOfClient,
  served,
  threadOf,
} from './span-attributes.js';
import { addressOf, SERVED_PORT, SERVICES, type Service } from './world.js';

/** Which of a trace's three instances a span is of. */
export type Role = 'root' | 'first' | 'second';

/** Whose last number goes where a peer's address stands. */
export type Peer = Role | 'none';

export interface SpanShape {
  readonly role: Role;
  readonly peer: Peer;
  /** Its parent's place in the trace; −1 for the root. */
  readonly parent: number;
  /** Before the end of the trace, in microseconds. */
  readonly startUs: number;
  readonly endUs: number;
  /** Which instrumentation made it. */
  readonly scope: 'server' | 'inside' | 'client' | 'database';
}

export const SHAPES: readonly SpanShape[] = [
  { role: 'root', peer: 'none', parent: -1, startUs: 9000, endUs: 0, scope: 'server' },
  { role: 'root', peer: 'none', parent: 0, startUs: 8800, endUs: 200, scope: 'inside' },
  { role: 'root', peer: 'first', parent: 1, startUs: 8600, endUs: 4000, scope: 'client' },
  { role: 'first', peer: 'root', parent: 2, startUs: 8300, endUs: 4300, scope: 'server' },
  { role: 'first', peer: 'none', parent: 3, startUs: 8100, endUs: 4500, scope: 'inside' },
  { role: 'first', peer: 'none', parent: 4, startUs: 7800, endUs: 5000, scope: 'database' },
  { role: 'root', peer: 'second', parent: 1, startUs: 3800, endUs: 500, scope: 'client' },
  { role: 'second', peer: 'root', parent: 6, startUs: 3500, endUs: 800, scope: 'server' },
];

export const SPANS_PER_TRACE: number = SHAPES.length;

/** The service that a span of a trace is of, if the root is of this one. */
export function serviceOf({ role }: SpanShape, root: number): number {
  const [first, second] = (SERVICES[root] as Service).calls;
  return { root, first, second }[role];
}

/** The span at a place in the trace, as it is made on a node. */
export function spanAt(place: number, root: number, node: number): Piece {
  const shape = SHAPES[place] as SpanShape;
  const parts = partsOf(shape, root, node);
  const attributes = { ...parts.attributes, ...threadOf(place + root + node) };
  return span({ ...parts, attributes, hasParent: shape.parent >= 0 });
}

/** The instrumentation that a span is said to come from. */
export function scopeOf(shape: SpanShape, root: number): Omit<Scope, 'spans'> {
  const { scope, peer } = shape;
  const version = INSTRUMENTATION_VERSION;
  if (scope === 'database') return { name: 'io.opentelemetry.jdbc', version };
  if (scope === 'inside') return { name: 'io.opentelemetry.spring-webmvc-6.0', version };
  const service = SERVICES[serviceOf(shape, root)] as Service;
  // A call is made in the protocol of whoever serves it.
  const spoken = scope === 'client' ? (SERVICES[calleeOf(service, peer)] as Service) : service;
  return scopeOfClient(spoken.protocol);
}

function partsOf(shape: SpanShape, root: number, node: number): Omit<SpanParts, 'hasParent'> {
  const place = serviceOf(shape, root);
  const service = SERVICES[place] as Service;
  const own = { address: addressOf(place, node), port: SERVED_PORT };
  switch (shape.scope) {
    case 'server': {
      // Whoever calls a root is not of this world.
      const caller = shape.peer === 'none' ? '10.19.0.7' : `10.20.${root}.{node}`;
      return { ...served(service, own, caller), kind: KIND.server };
    }
    case 'client': {
      const callee = calleeOf(service, shape.peer);
      const address = `10.20.${callee}.{node}`;
      return { ...called(SERVICES[callee] as Service, { address, port: SERVED_PORT }), kind: KIND.client };
    }
    case 'database':
      return { ...databaseCalled(service), kind: KIND.client };
    case 'inside':
      return { ...insideOf(service), kind: KIND.internal };
  }
}

function calleeOf({ calls }: Service, peer: Peer): number {
  return peer === 'first' ? calls[0] : calls[1];
}
