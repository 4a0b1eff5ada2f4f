// SPDX-License-Identifier: Apache-2.0
/**
 * The request of one node's agent: the spans of all instances on the node, encoded once. Before each sending its spots are
 * written over, so that ids, times, peers, ports and texts are new and cost little: the load must not wait for whoever makes
 * it.
 *
 * Nodes need not agree on ids: they follow from the number of the trace, which follows from the lap. In one lap each node
 * sends one request, and what its instances call moves on with each trace.
 */
import { resourceSpans, type Scope } from './otlp-message.js';
import { joined, ownedBy, type Piece } from './piece.js';
import { resourceOf } from './span-attributes.js';
import { SpotWriter } from './spot-writer.js';
import { SHAPES, SPANS_PER_TRACE, type SpanShape, scopeOf, serviceOf, spanAt } from './trace-shape.js';
import { SERVICES } from './world.js';

/** Bytes kept free before the message, for the five of a gRPC frame. */
export const PREFIX_BYTES = 5;

/** How many instances further on the second call of a trace goes than its first. */
const SECOND_CALL_STEP = 17;

export interface LoadShape {
  readonly nodeCount: number;
  readonly spansPerRequest: number;
}

/** When a lap begins, and its number. */
export interface Lap {
  readonly number: number;
  readonly startMs: number;
}

/** Traces that begin on each node in a lap. */
export function tracesPerLap({ spansPerRequest }: LoadShape): number {
  return Math.max(1, Math.floor(spansPerRequest / SPANS_PER_TRACE));
}

/** Laps until every instance has called every one that it calls. */
export function lapsUntilAllCalled(shape: LoadShape): number {
  const tracesPerInstance = tracesPerLap(shape) / SERVICES.length;
  return Math.ceil(shape.nodeCount / Math.min(shape.nodeCount, Math.max(1, Math.floor(tracesPerInstance))));
}

/** A span of the template: its place in its trace, and which of a lap's traces that is. */
interface Place {
  readonly shape: SpanShape;
  readonly place: number;
  /** Place of its trace among those that begin on one node in a lap. */
  readonly trace: number;
}

export class RequestTemplate {
  /** A gRPC frame; the message is what comes after its first `PREFIX_BYTES`. */
  readonly frame: Buffer;
  readonly spanCount: number;
  readonly #node: number;
  readonly #shape: LoadShape;
  readonly #writer: SpotWriter;
  readonly #places: readonly Place[];

  /** @param salt a whole number that no other run has, so that no id is seen twice */
  constructor(node: number, shape: LoadShape, salt: number) {
    this.#node = node;
    this.#shape = shape;
    this.#places = Array.from({ length: tracesPerLap(shape) }).flatMap((_, trace) =>
      SHAPES.map((each, place) => ({ shape: each, place, trace })),
    );
    this.spanCount = this.#places.length;
    const content = joined(SERVICES.map((_, service) => this.#resourceSpans(service)));
    this.frame = Buffer.concat([Buffer.alloc(PREFIX_BYTES), content.bytes]);
    this.frame.writeUInt32BE(content.bytes.length, 1);
    const spots = content.spots.map((spot) => ({ ...spot, at: spot.at + PREFIX_BYTES }));
    this.#writer = new SpotWriter(this.frame, spots, this.spanCount, salt);
  }

  /** The message alone, as it goes over HTTP. */
  get body(): Buffer {
    return this.frame.subarray(PREFIX_BYTES);
  }

  /** Writes the spots for a lap. Nothing may be on its way of what was written before. */
  write({ number, startMs }: Lap): void {
    const { nodeCount } = this.#shape;
    const traces = tracesPerLap(this.#shape);
    this.#writer.beginLap(startMs);
    for (let owner = 0; owner < this.#places.length; owner++) {
      const { shape, place, trace } = this.#places[owner] as Place;
      const root = trace % SERVICES.length;
      const perLap = Math.ceil((traces - root) / SERVICES.length);
      const first = (number * perLap + Math.floor(trace / SERVICES.length)) % nodeCount;
      const second = (first + SECOND_CALL_STEP) % nodeCount;
      const fromRoot = { root: 0, first, second };
      const rootNode = (this.#node - fromRoot[shape.role] + nodeCount) % nodeCount;
      const peerNode = shape.peer === 'none' ? 0 : (rootNode + fromRoot[shape.peer]) % nodeCount;
      this.#writer.write(owner, (number * traces + trace) * nodeCount + rootNode, place, shape, peerNode);
    }
  }

  /** The spans of one service's instance on this node, by instrumentation. */
  #resourceSpans(service: number): Piece {
    const scopes = new Map<string, Scope & { readonly spans: Piece[] }>();
    for (const [owner, { shape, place, trace }] of this.#places.entries()) {
      const root = trace % SERVICES.length;
      if (serviceOf(shape, root) !== service) continue;
      const scope = scopeOf(shape, root);
      const entry = scopes.get(scope.name) ?? { ...scope, spans: [] };
      entry.spans.push(ownedBy(owner, spanAt(place, root, this.#node)));
      scopes.set(scope.name, entry);
    }
    return scopes.size === 0 ? joined([]) : resourceSpans(resourceOf(service, this.#node), [...scopes.values()]);
  }
}
