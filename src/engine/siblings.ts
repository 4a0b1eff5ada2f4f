// SPDX-License-Identifier: Apache-2.0
/**
 * Instances of one service do the same work, so they are measured against each other: what is usual with the others is a
 * limit for one that was slow from its first call on, and where most of them are slow at once no single one is at fault, but
 * their load or something that they share.
 */
import { serviceOf } from '../model/identity.js';
import { HealthStatus } from '../model/status.js';
import type { Panoramas } from './store/panoramas.js';
import type { OperationRecord, SubjectRecord, View } from './store/records.js';
import { slowSinceMs, usualMs } from './verdict/slowness.js';

/** Two others at the least: of one other nobody knows which of both is odd. */
const OTHERS_MIN = 2;

/** Instances looked at; of more than these the first ones stand for all. */
const INSTANCES_MAX = 64;

/** How long what is usual among siblings is taken as known, in ms. It changes with a histogram of an hour. */
const KNOWN_MS = 10_000;

export class Siblings {
  readonly #panoramas: Panoramas;

  constructor(panoramas: Panoramas) {
    this.#panoramas = panoramas;
  }

  /** What the operation usually takes with the subject's siblings, in ms: the middle one of them. */
  usualMs(operation: OperationRecord, nowMs: number): number | undefined {
    if (operation.subject.identity.resolution !== 'instance') return undefined;
    const { ofSiblings } = operation;
    if (ofSiblings && nowMs < ofSiblings.untilMs) return ofSiblings.usualMs;
    const latencies = this.#others(operation)
      .map((each) => this.#usualOf(each, nowMs))
      .filter((each) => each !== undefined)
      .sort((a, b) => a - b);
    const middle = latencies.length < OTHERS_MIN ? undefined : latencies[Math.floor(latencies.length / 2)];
    operation.ofSiblings = { untilMs: nowMs + KNOWN_MS, usualMs: middle };
    return middle;
  }

  #usualOf(operation: OperationRecord, nowMs: number): number | undefined {
    const { ofCallers } = operation;
    if (ofCallers && nowMs < ofCallers.untilMs) return ofCallers.usualMs;
    const usualMs = usualOf(operation);
    operation.ofCallers = { untilMs: nowMs + KNOWN_MS, usualMs };
    return usualMs;
  }

  /** Whether most of the subject's siblings are slow in this operation too. */
  areSlow(operation: OperationRecord): boolean {
    const others = this.#others(operation).filter(isSpoken);
    return others.length > 0 && others.filter(isSlow).length * 2 > others.length;
  }

  /** The same operation of the other instances. */
  #others({ name, subject }: OperationRecord): readonly OperationRecord[] {
    const others: OperationRecord[] = [];
    for (const sibling of this.#siblingsOf(subject)) {
      const operation = sibling === subject ? undefined : sibling.operations.get(name);
      if (operation) others.push(operation);
      if (others.length >= INSTANCES_MAX) break;
    }
    return others;
  }

  #siblingsOf({ environment, identity }: SubjectRecord): Iterable<SubjectRecord> {
    return this.#panoramas.instancesOf(environment, serviceOf(identity.text));
  }
}

/** What an instance's callers are used to: the middle one of them. */
function usualOf({ views }: OperationRecord): number | undefined {
  const latencies: number[] = [];
  for (const view of views.values()) {
    const latencyMs = usualMs(view);
    if (latencyMs !== undefined) latencies.push(latencyMs);
    if (latencies.length >= INSTANCES_MAX) break;
  }
  return latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)];
}

function isSpoken({ views }: OperationRecord): boolean {
  return [...views.values()].some(speaks);
}

/** Whether half of those who call it find it slow. */
function isSlow({ views }: OperationRecord): boolean {
  const speaking = [...views.values()].filter(speaks);
  return speaking.filter((view) => slowSinceMs(view) > 0).length * 2 >= speaking.length;
}

function speaks({ status, observer }: View): boolean {
  return status !== HealthStatus.NA && (observer.source === 'caller' || observer.source === 'report');
}
