// SPDX-License-Identifier: Apache-2.0
/**
 * The life of a request: it comes to an operation, which takes its time, calls others one after the other, and answers or
 * fails. A request is worked out from its beginning to its end at once, since what goes wrong with whom and when is known
 * beforehand; who sees what of it is told at the times at which it is seen.
 */
import type { Dice } from './dice.js';
import { acts, type Cause, type Spike } from './faults.js';
import type { Edge, Instance, Operation } from './topology.js';

/** How a call ends, as its caller sees it. */
export type Ending = 'ok' | 'server_error' | 'refused' | 'timeout' | 'reset' | 'name_resolution';

/** A call as it went. Times are the world's. */
export interface EndedCall {
  readonly caller: Instance;
  readonly callee: Instance;
  readonly edge: Edge;
  readonly trace: Trace;
  readonly spanId: number;
  readonly parentSpanId: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly ending: Ending;
  /** Why it failed, or took so long; nothing where it was chance. */
  readonly cause: Cause | undefined;
}

/** The callee's side of a call that it took. */
export interface Served {
  readonly instance: Instance;
  readonly operation: Operation;
  readonly trace: Trace;
  readonly spanId: number;
  /** The caller's span; 0 for a request of the outside. */
  readonly parentSpanId: number;
  readonly startMs: number;
  readonly finishMs: number;
  readonly failed: boolean;
  readonly cause: Cause | undefined;
}

export interface Trace {
  readonly id: number;
  /** Whether the ordinary spans of it are exported by processes that sample. */
  readonly sampled: boolean;
}

/** Who is told. */
export interface Witness {
  called(call: EndedCall): void;
  served(served: Served): void;
}

/** An outside that knows no retries of its own asks three times where the callee is overloaded. */
const STORM_RETRY_COUNT = 2;

/** Turns of a late event loop that a call waits for at the most, before the one that ends it. */
const LATE_TURNS = 2.5;

/** Of calls that fail by chance, those that break off; the others are answered with an error. */
const CHANCE_RESET_SHARE = 0.15;

export class Calls {
  readonly #dice: Dice;
  readonly #spikes: readonly Spike[];
  readonly #witness: Witness;
  #spanCount = 0;
  #callCount = 0;

  constructor(dice: Dice, spikes: readonly Spike[], witness: Witness) {
    this.#dice = dice;
    this.#spikes = spikes;
    this.#witness = witness;
  }

  get callCount(): number {
    return this.#callCount;
  }

  /** A request of the outside. */
  begin(instance: Instance, operation: Operation, atMs: number, trace: Trace): void {
    this.#serve(instance, operation, atMs, trace, 0);
  }

  #call(caller: Instance, edge: Edge, startMs: number, trace: Trace, parentSpanId: number): EndedCall {
    const callee = this.#upAt(edge.target, startMs);
    const spanId = ++this.#spanCount;
    this.#callCount++;
    const { endMs, ending, cause } = this.#goes(caller, callee, edge, startMs, trace, spanId);
    const call = { caller, callee, edge, trace, spanId, parentSpanId, startMs, endMs, ending, cause };
    this.#witness.called(call);
    return call;
  }

  /** An instance that takes calls at a time; callers do not know who has crashed. */
  #upAt({ service: { instances } }: Operation, atMs: number): Instance {
    if (instances.length === 1) return instances[0] as Instance;
    const up = instances.filter(({ upFromMs, upUntilMs }) => atMs >= upFromMs && atMs < upUntilMs);
    return this.#dice.pick(up.length === 0 ? instances : up);
  }

  #goes(
    caller: Instance,
    callee: Instance,
    edge: Edge,
    startMs: number,
    trace: Trace,
    spanId: number,
  ): Pick<EndedCall, 'endMs' | 'ending' | 'cause'> {
    const wayMs = this.#dice.between(0.2, 1.5);
    for (const { fault, mode, share, lagSeconds } of caller.troubles) {
      if (!fault.lastsAt(startMs) || mode === 'mute' || !this.#dice.happens(share)) continue;
      const cause = fault.asObserver;
      if (mode === 'broken') return { endMs: startMs + wayMs, ending: 'name_resolution', cause };
      // A call takes a few turns of the loop, each of which may be so late; what is more patient than that is not hit.
      if (edge.timeoutMs > LATE_TURNS * 1000 * lagSeconds) continue;
      // Once the loop is on time again, what lies in the sockets is read.
      if (startMs + edge.timeoutMs + 1000 * lagSeconds > fault.untilMs) continue;
      return { endMs: startMs + edge.timeoutMs + this.#dice.between(0, 1000 * lagSeconds), ending: 'timeout', cause };
    }
    for (const effect of callee.ills) {
      if (!acts(effect, edge.target, startMs + wayMs)) continue;
      const cause = effect.fault.asCulprit;
      if (effect.mode === 'refuse') return { endMs: startMs + wayMs + effect.amount, ending: 'refused', cause };
      if (effect.mode === 'unreachable' && effect.callers?.has(caller)) {
        return { endMs: startMs + edge.timeoutMs, ending: 'timeout', cause };
      }
    }
    const served = this.#serve(callee, edge.target, startMs + wayMs, trace, spanId);
    const endMs = served.finishMs + wayMs;
    if (endMs - startMs > edge.timeoutMs) {
      return { endMs: startMs + edge.timeoutMs, ending: 'timeout', cause: served.cause };
    }
    if (served.failed) return { endMs, ending: 'server_error', cause: served.cause };
    if (edge.errorShare > 0 && this.#dice.happens(edge.errorShare)) {
      const ending = this.#dice.happens(CHANCE_RESET_SHARE) ? 'reset' : 'server_error';
      return { endMs, ending, cause: undefined };
    }
    return { endMs, ending: 'ok', cause: served.cause };
  }

  #serve(instance: Instance, operation: Operation, startMs: number, trace: Trace, parentSpanId: number): Served {
    const spanId = ++this.#spanCount;
    let atMs = startMs;
    let cause: Cause | undefined;
    let failed = false;
    for (const pause of instance.pauses) if (atMs >= pause.fromMs && atMs < pause.untilMs) atMs = pause.untilMs;
    let ownMs = this.#dice.logNormal(operation.medianMs, operation.sigma);
    if (this.#dice.happens(operation.tailChance)) ownMs *= operation.tailFactor;
    for (const spike of this.#spikes) {
      if (startMs >= spike.fromMs && startMs < spike.untilMs) ownMs *= spike.latencyFactor;
    }
    const load = loadAt(instance, startMs);
    for (const effect of instance.ills) {
      if (!acts(effect, operation, startMs)) continue;
      const { mode, amount, fault } = effect;
      if (mode === 'hang') atMs = Math.max(atMs, fault.untilMs);
      else if (mode === 'slow') ownMs *= amount;
      else if (mode === 'fail' && this.#dice.happens(amount)) failed = true;
      else if (mode === 'overload' && load > amount) failed = this.#dice.happens(1 - amount / load);
      else continue;
      if (mode === 'overload' ? failed : true) cause = fault.asCulprit;
    }
    atMs += ownMs / 2;
    for (const edge of failed ? [] : operation.calls) {
      if (edge.chance < 1 && !this.#dice.happens(edge.chance)) continue;
      const last = this.#callAndAgain(instance, edge, atMs, trace, spanId);
      atMs = last.endMs;
      cause ??= last.cause && upwards(last.cause);
      failed = last.ending !== 'ok' && edge.required;
      if (failed) break;
    }
    const served: Served = {
      instance,
      operation,
      trace,
      spanId,
      parentSpanId,
      startMs,
      finishMs: atMs + ownMs / 2,
      failed,
      cause,
    };
    this.#witness.served(served);
    return served;
  }

  #callAndAgain(caller: Instance, edge: Edge, startMs: number, trace: Trace, parentSpanId: number): EndedCall {
    let call = this.#call(caller, edge, startMs, trace, parentSpanId);
    const storm = call.callee.ills.some(({ mode, fault }) => mode === 'overload' && fault.lastsAt(startMs));
    const retries = Math.max(edge.retryCount, storm ? STORM_RETRY_COUNT : 0);
    for (let retry = 0; retry < retries && call.ending !== 'ok'; retry++) {
      const before = call.cause;
      const next = this.#call(caller, edge, call.endMs, trace, parentSpanId);
      // What a retry mends has still taken its time.
      call = { ...next, cause: next.cause ?? before };
    }
    return call;
  }
}

/** What a failure is to whoever calls the one that met it. Who cannot call anybody is himself the fault to his callers. */
function upwards({ fault, role }: Cause): Cause {
  return role === 'observer' ? fault.asCulprit : fault.asVictim;
}

/** Calls that an instance has got in the second in which this one comes. */
function loadAt({ load }: Instance, atMs: number): number {
  const second = Math.floor(atMs / 1000);
  if (load.second !== second) {
    load.second = second;
    load.count = 0;
  }
  return ++load.count;
}
