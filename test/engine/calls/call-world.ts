// SPDX-License-Identifier: Apache-2.0
/**
 * A world of services that call each other, as a plan that a seed makes, and the spans of its requests with what is true of
 * them: how long each callee took itself. Each service has a clock of its own, which is off by seconds.
 */
import { SpanKind, type SpanRecord, SpanStatusCode } from '../../../src/model/span.js';
import type { Dice } from '../../e2e/call-trees/plan.js';
import { spanOf } from '../../support/spans.js';
import { FedTree, type SeenCall, type ToldCall } from './fed-tree.js';

/** A span as the intake hands it to the tree. */
export interface Sent {
  readonly component: string;
  readonly span: SpanRecord;
  readonly call?: SeenCall;
}

/** One step of serving a request: calls made at a time, each as many times as it takes until one goes well. */
export interface Step {
  readonly to: readonly string[];
  readonly attempts: number;
}

/** How a service serves. */
export interface Service {
  readonly steps: readonly Step[];
  /** Time of its own before each step and at the end, in ms. */
  readonly ownMs: number;
  /** Whether there are INTERNAL spans between its server span and its calls. */
  readonly isLayered: boolean;
  readonly skewMs: number;
}

export interface World {
  readonly services: Readonly<Record<string, Service>>;
  /** Who fails of itself, and how often. */
  readonly sick?: Readonly<Record<string, number>>;
  readonly dice: Dice;
}

/** What is true of a call, by its id. */
export interface Truth {
  readonly callee: string;
  readonly ownMs: number;
  /** Who failed of itself, if the call failed. */
  readonly culprit: string | undefined;
}

interface Outcome {
  readonly endMs: number;
  readonly culprit: string | undefined;
}

/** The instance of a service that answers. */
export const instanceOf = (service: string): string => `${service}/1`;

/** All that one request of `entry` by `client` leaves behind. */
export class Request {
  readonly sent: Sent[] = [];
  readonly truth = new Map<string, Truth>();
  readonly #world: World;
  readonly #traceId: string;
  #lastSpan = 0;

  constructor(world: World, number: number, entry: string) {
    this.#world = world;
    this.#traceId = number.toString(16).padStart(32, '0');
    this.#call('client', 0, '', entry, number * 1000);
  }

  /** @returns when it ended, and whether it failed */
  #call(caller: string, skewMs: number, parent: string, callee: string, startMs: number): Outcome {
    const id = this.#spanId();
    const service = this.#world.services[callee] as Service;
    const served = this.#serve(callee, service, id, startMs + 1);
    const endMs = served.endMs + 1;
    const { culprit, waitedMs } = served;
    this.truth.set(this.#traceId + id, { callee: instanceOf(callee), ownMs: endMs - startMs - waitedMs, culprit });
    this.#send(caller, id, parent, SpanKind.CLIENT, startMs + skewMs, endMs + skewMs, {
      subject: instanceOf(callee),
      resolution: 'instance',
      operation: 'GET',
      failing: culprit !== undefined,
      reason: culprit === undefined ? 'ok' : 'server_error',
      atMs: endMs,
    });
    return { endMs, culprit };
  }

  #serve(name: string, service: Service, parent: string, startMs: number): Outcome & { readonly waitedMs: number } {
    const { sick, dice } = this.#world;
    const id = this.#spanId();
    let atMs = startMs;
    let waitedMs = 0;
    let culprit: string | undefined;
    for (const step of service.steps) {
      atMs += Math.ceil(dice() * service.ownMs);
      const layer = service.isLayered ? this.#spanId() : id;
      const stepMs = atMs;
      for (let attempt = 0; attempt === 0 || (culprit && attempt < step.attempts); attempt++) {
        const calls = step.to.map((to) => this.#call(instanceOf(name), service.skewMs, layer, to, atMs));
        atMs = Math.max(...calls.map(({ endMs }) => endMs));
        culprit = calls.findLast((each) => each.culprit)?.culprit;
      }
      waitedMs += atMs - stepMs;
      if (service.isLayered) {
        this.#send(instanceOf(name), layer, id, SpanKind.INTERNAL, stepMs + service.skewMs, atMs + service.skewMs);
      }
      if (culprit) break;
    }
    if (!culprit && dice() < (sick?.[name] ?? 0)) culprit = instanceOf(name);
    const endMs = atMs + Math.ceil(dice() * service.ownMs);
    this.#send(
      instanceOf(name),
      id,
      parent,
      SpanKind.SERVER,
      startMs + service.skewMs,
      endMs + service.skewMs,
      undefined,
      culprit !== undefined,
    );
    return { endMs, culprit, waitedMs };
  }

  #spanId(): string {
    return (++this.#lastSpan).toString(16).padStart(16, '0');
  }

  #send(
    component: string,
    spanId: string,
    parentSpanId: string,
    kind: SpanKind,
    startMs: number,
    endMs: number,
    call?: SeenCall,
    failing = false,
  ): void {
    const [startUnixNano, endUnixNano] = [startMs, endMs].map((ms) => BigInt(1_700_000_000_000 + ms) * 1_000_000n);
    const span = spanOf({
      traceId: this.#traceId,
      spanId,
      parentSpanId,
      kind,
      durationMs: endMs - startMs,
      statusCode: failing ? SpanStatusCode.ERROR : SpanStatusCode.UNSET,
      startUnixNano: startUnixNano as bigint,
      endUnixNano: endUnixNano as bigint,
    });
    this.sent.push({ component, span, ...(call && { call }) });
  }
}

/** In an order of chance. */
export function shuffled<T>(all: readonly T[], dice: Dice): T[] {
  return all
    .map((each) => ({ each, key: dice() }))
    .sort((a, b) => a.key - b.key)
    .map(({ each }) => each);
}

const SETTLE_MS = 6000;

/** Services in a line of who may call whom: each calls some of those behind it, so that no call comes back. */
export function servicesOf(dice: Dice, count: number): Record<string, Service> {
  const services: Record<string, Service> = {};
  for (let index = 0; index < count; index++) {
    const behind = Array.from({ length: count - index - 1 }, (_, n) => `s${index + n + 1}`);
    const steps = Array.from({ length: behind.length === 0 ? 0 : Math.ceil(dice() * 2) }, () => ({
      to: shuffled(behind, dice).slice(0, Math.ceil(dice() * 2)),
      attempts: 1 + Math.floor(dice() * 2),
    }));
    // The first leads on, so that somebody deep is met.
    if (index + 1 < count) steps.unshift({ to: [`s${index + 1}`], attempts: 1 });
    services[`s${index}`] = {
      steps,
      ownMs: 1 + dice() * 20,
      isLayered: dice() < 0.5,
      skewMs: Math.round((dice() - 0.5) * 10_000),
    };
  }
  return services;
}

/** Everything that is settled of the spans, which come in batches. */
export function settledOf(sent: readonly Sent[], batch = 50): ToldCall[] {
  const tree = new FedTree();
  const settled: ToldCall[] = [];
  let nowMs = 1_700_000_000_000;
  for (let at = 0; at < sent.length; at += batch) {
    for (const { component, span, call } of sent.slice(at, at + batch)) tree.add(span, '', component, nowMs, call);
    nowMs += 1;
    settled.push(...tree.settle(nowMs));
  }
  settled.push(...tree.settle(nowMs + SETTLE_MS));
  return settled;
}
