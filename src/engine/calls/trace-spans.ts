// SPDX-License-Identifier: Apache-2.0
/**
 * The spans of one trace as a tree. They come in any order, most often children before parents, since a child ends first. A
 * parent that is spoken of before it comes is a hole; some holes are filled later and some never are.
 */
import { SpanKind, type SpanRecord } from '../../model/span.js';
import { isFailing } from '../../model/status.js';
import { selfOutcomeOf } from '../../observe/outcome.js';
import type { SeenCall } from './settled-call.js';

/** In place of a kind: a span that is only known as a parent of others. */
const HOLE = -1;

export class SpanNode {
  readonly trace: TraceSpans;
  spanId: string;
  kind: SpanKind | typeof HOLE = HOLE;
  /** Whose span it is. */
  component = '';
  environment = '';
  /** Epoch ms of its process, comparable with no other process's. */
  startMs = 0;
  durationMs = 0;
  parent: SpanNode | undefined;
  firstChild: SpanNode | undefined;
  nextSibling: SpanNode | undefined;
  /** What the rules say of a call. */
  call: SeenCall | undefined;
  /** Of a server span: whether it failed by its own word. */
  isFailing = false;
  /** Whether a server span beneath it, through spans of its own process at the most, is here. */
  isServed = false;
  isSettled = false;
  /** Whether nothing beneath it is the callee's work: a message, or a query. */
  isLeaf = false;
  /** When it is settled whatever has come by then. */
  dueMs = 0;

  constructor(trace: TraceSpans, spanId: string) {
    this.trace = trace;
    this.spanId = spanId;
  }

  get isHole(): boolean {
    return this.kind === HOLE;
  }

  get endMs(): number {
    return this.startMs + this.durationMs;
  }

  adopt(child: SpanNode): void {
    child.parent = this;
    child.nextSibling = this.firstChild;
    this.firstChild = child;
  }
}

/** Up to so many spans are looked through one by one: most traces have fewer, and a map takes longer to make than they to compare. */
const LISTED_COUNT_MAX = 16;

export class TraceSpans {
  readonly traceId: string;
  /** Its neighbours in the order of their latest spans. */
  older: TraceSpans | undefined;
  newer: TraceSpans | undefined;
  /** When its latest span came. */
  lastMs = 0;
  readonly #nodes: SpanNode[] = [];
  #byId: Map<string, SpanNode> | undefined;
  #holeCount = 0;

  constructor(traceId: string) {
    this.traceId = traceId;
  }

  /** Spans and holes, in the order in which they were heard of. */
  get nodes(): readonly SpanNode[] {
    return this.#nodes;
  }

  /** Whether a parent is missing: it may still come. */
  get hasHoles(): boolean {
    return this.#holeCount > 0;
  }

  /** Takes a span in; nothing where it is here already. O(1). */
  add(span: SpanRecord, environment: string, component: string, call: SeenCall | undefined): SpanNode | undefined {
    const node = this.#place(span);
    if (!node) return undefined;
    node.kind = span.kind;
    node.component = component;
    node.environment = environment;
    node.startMs = Number(span.startUnixNano) / 1e6;
    node.durationMs = span.durationMs;
    node.call = call;
    if (span.kind === SpanKind.SERVER) node.isFailing = isFailing(selfOutcomeOf(span).status);
    const { parentSpanId } = span;
    if (node.parent === undefined && parentSpanId !== '' && parentSpanId !== span.spanId) {
      this.#parentOf(parentSpanId).adopt(node);
    }
    return node;
  }

  /** Where a span belongs. Some tracers give both ends of a call one id; the server's end then hangs beneath the client's. */
  #place(span: SpanRecord): SpanNode | undefined {
    const known = this.#find(span.spanId);
    if (known === undefined) return this.#made(span.spanId);
    if (known.kind === HOLE) {
      this.#holeCount--;
      return known;
    }
    if (!isOtherEnd(span.kind, known.kind)) return undefined;
    const servedId = `${span.spanId}/served`;
    if (this.#find(servedId)) return undefined;
    const node = this.#made(servedId);
    if (span.kind === SpanKind.SERVER) known.adopt(node);
    else this.#exchangeIds(node, known);
    return node;
  }

  /** The client's end has come last: what is said to be beneath the one id is beneath it from now on, and so is the server's end. */
  #exchangeIds(client: SpanNode, served: SpanNode): void {
    [client.spanId, served.spanId] = [served.spanId, client.spanId];
    this.#byId?.set(client.spanId, client).set(served.spanId, served);
    const { parent } = served;
    if (parent) {
      replaceChild(parent, served, client);
      client.parent = parent;
    }
    client.adopt(served);
  }

  #parentOf(spanId: string): SpanNode {
    const known = this.#find(spanId);
    if (known) return known;
    this.#holeCount++;
    return this.#made(spanId);
  }

  #find(spanId: string): SpanNode | undefined {
    if (this.#byId) return this.#byId.get(spanId);
    for (const node of this.#nodes) if (node.spanId === spanId) return node;
    return undefined;
  }

  #made(spanId: string): SpanNode {
    const node = new SpanNode(this, spanId);
    const count = this.#nodes.push(node);
    if (this.#byId) this.#byId.set(spanId, node);
    else if (count > LISTED_COUNT_MAX) this.#byId = new Map(this.#nodes.map((each) => [each.spanId, each]));
    return node;
  }
}

function isOtherEnd(kind: SpanKind, of: SpanNode['kind']): boolean {
  return kind === SpanKind.SERVER ? of === SpanKind.CLIENT : kind === SpanKind.CLIENT && of === SpanKind.SERVER;
}

function replaceChild(parent: SpanNode, before: SpanNode, after: SpanNode): void {
  after.nextSibling = before.nextSibling;
  if (parent.firstChild === before) {
    parent.firstChild = after;
    return;
  }
  for (let each = parent.firstChild; each; each = each.nextSibling) {
    if (each.nextSibling === before) {
      each.nextSibling = after;
      return;
    }
  }
}
