// SPDX-License-Identifier: Apache-2.0
/** Services that call each other in a chain, each with a guest that tells of its own calls, and an engine that hears them. */
import { beforeEach } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import type { ObservationSource } from '../../src/model/observation.js';
import { HealthStatus, isFailing } from '../../src/model/status.js';
import type { Transition, Verdict } from '../../src/model/verdict.js';
import type { ObservationContent } from '../../src/observe/observation-span.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, freshSpanId, freshTraceId, observationSpanOf, resourceOf } from '../support/spans.js';

/** A pair, as `a waits for b`. */
export type Wait = string;
export const CHAIN: readonly Wait[] = ['client waits for a', 'a waits for b', 'b waits for c'];
export const REQUESTS = Array.from({ length: 4 }, () => freshTraceId());

export let clock: FakeClock;
export let engine: Engine;
export let history: Transition[];

beforeEach(() => {
  clock = new FakeClock();
  history = [];
  engine = new Engine({
    judge: new SequentialJudge(),
    clock,
    onTransition: (transition) => void history.push(transition),
  });
  engine.start();
  return () => engine.stop();
});

export function namesIn(wait: Wait): { observer: string; subject: string } {
  const [observer = '', subject = ''] = wait.split(' waits for ').map((service) => `${service}/1`);
  return { observer, subject };
}

/** A guest's observation, whose event loop is not late. */
export function say(
  wait: Wait,
  content: Partial<ObservationContent>,
  traceIds: readonly string[] = [],
  environment?: string,
): void {
  const names = namesIn(wait);
  const links = traceIds.map((traceId) => ({ traceId, spanId: freshSpanId() }));
  const span = observationSpanOf({ operation: 'GET', observerLagSeconds: 0, ...names, ...content }, clock.nowMs());
  const [service = '', instance] = names.observer.split('/');
  engine.accept(batchOf({ resource: resourceOf(service, instance, environment), spans: [{ ...span, links }] }));
}

/** Half a minute in which all is well. */
export function acquaint(waits: readonly Wait[]): void {
  for (let second = 0; second < 30; second++) {
    clock.advance(1000);
    for (const wait of waits) say(wait, {});
  }
  history.length = 0;
}

/** Calls of all requests that have been out for so long. */
export function hang(wait: Wait, ageMs: number, isAgain: boolean, source: ObservationSource = 'caller'): void {
  const seconds = ageMs / 1000;
  const latency = { meanSeconds: seconds, maxSeconds: seconds };
  const hung = { status: HealthStatus.PENDING, reason: 'hung', suspicion: ageMs / 10, latency, isAgain } as const;
  say(wait, { ...hung, source, count: REQUESTS.length }, REQUESTS);
}

/** Tells of them after 100 ms and after 1000, in this order and so many ms apart. */
export function hangAll(waits: readonly Wait[], apartMs = 1): void {
  for (const [ageMs, isAgain] of [
    [100, false],
    [1000, true],
  ] as const) {
    for (const wait of waits) {
      hang(wait, ageMs, isAgain);
      clock.advance(apartMs);
    }
    clock.advance(150);
  }
}

export const verdictOn = (service: string): Verdict | undefined =>
  engine.verdicts().find(({ subject }) => subject === `${service}/1`);
export const isConvicted = (service: string) => isFailing(verdictOn(service)?.status ?? HealthStatus.NA);
/** Who was convicted, and whom the verdict blamed then. */
export const convictions = () =>
  history
    .filter(({ verdict }) => isFailing(verdict.status))
    .map(({ verdict: { subject, blame } }) => `${subject} by ${blame?.path.slice(1).join(', ') || 'itself'}`);
