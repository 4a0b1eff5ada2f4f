// SPDX-License-Identifier: Apache-2.0
/** What a scenario runs in: the real engine, a clock, chance from a seed, and a memory of who said what. */
import { Engine } from '../../../src/engine/engine.js';
import type { Judge } from '../../../src/engine/verdict/judge.js';
import type { ResourceSpans, SpanRecord } from '../../../src/model/span.js';
import type { Transition, Verdict } from '../../../src/model/verdict.js';
import { type Dice, diceOf } from '../../e2e/call-trees/plan.js';
import { FakeClock } from '../fake-clock.js';
import { batchOf, freshTraceId, resourceOf } from '../spans.js';

export type Action = (world: World) => void;

/** More than any scenario makes. */
const TRANSITION_COUNT_MAX = 100_000;

export class World {
  readonly engine: Engine;
  readonly startMs: number;
  readonly seed: number;
  readonly dice: Dice;
  /** What the engine told as it happened. */
  readonly told: Transition[] = [];
  /** Who made the span of an observation's id. */
  readonly speakers = new Map<string, string>();
  readonly #clock = new FakeClock();
  readonly #traces = new Map<string, string>();

  constructor(judge: Judge, seed: number) {
    this.startMs = this.#clock.nowMs();
    this.seed = seed;
    this.dice = diceOf(seed);
    const onTransition = (transition: Transition) => void this.told.push(transition);
    this.engine = new Engine({ judge, clock: this.#clock, onTransition });
  }

  get nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Lets time pass until so long after the start. */
  goTo(atMs: number): void {
    this.#clock.advance(this.startMs + atMs - this.nowMs);
  }

  /** The trace of a request that the scenario names. */
  traceNamed(name: string): string {
    const traceId = this.#traces.get(name) ?? freshTraceId();
    this.#traces.set(name, traceId);
    return traceId;
  }

  /** One request with spans of a component. */
  deliver(component: string, spans: readonly SpanRecord[]): void {
    this.deliverAll([{ component, spans }]);
  }

  /** One request with spans of several, as a collector sends it. */
  deliverAll(parts: readonly { readonly component: string; readonly spans: readonly SpanRecord[] }[]): void {
    const resources = parts.map(({ component, spans }): ResourceSpans => {
      for (const { traceId, spanId } of spans) this.speakers.set(traceId + spanId, component);
      const [service, instance] = component.split('/');
      return { resource: resourceOf(service as string, instance), spans };
    });
    const { rejected, message } = this.engine.accept(batchOf(...resources));
    if (rejected > 0) throw new Error(`a span of the scenario was refused: ${message}`);
  }

  /** What is said of a subject now. */
  verdictOn(subject: string): Verdict | undefined {
    return this.engine.report({ environment: '', subject })?.verdict;
  }

  transitions(): readonly Transition[] {
    return this.engine.transitions(0, TRANSITION_COUNT_MAX).transitions;
  }
}
