// SPDX-License-Identifier: Apache-2.0
/** What the rules say of the calls among the spans of a `SpanTable`, by the same places. */
import type { Resolution } from '../../model/identity.js';
import { OUTCOME_REASONS, type OutcomeReason } from '../../model/observation.js';
import { grown } from './trace-table.js';

/** Whom calls are made to, and what for: the same of many calls. */
export interface Callee {
  /** Identity text and how much it says; an address may be named by the time a call is settled. */
  readonly subject: string;
  readonly resolution: Resolution;
  readonly operation: string;
}

/** What the end of one call says. */
export interface CallEnd {
  /** Whether its outcome is UNHEALTHY or worse. */
  readonly failing: boolean;
  readonly reason: OutcomeReason;
  /** As `Observation.blamed`: whose failure the callee met, as its answer told. */
  readonly blamed?: readonly string[] | undefined;
}

const FIRST_CAPACITY = 1024;

export class CallColumns<C extends Callee = Callee> {
  readonly #callee: (C | undefined)[] = [];
  #reason = new Uint8Array(FIRST_CAPACITY);
  #atMs = new Float64Array(FIRST_CAPACITY);
  /** Of the few whose answers told. */
  readonly #blamed = new Map<number, readonly string[]>();

  set(span: number, callee: C, { reason, blamed }: CallEnd, atMs: number): void {
    while (span >= this.#reason.length) {
      this.#reason = grown(this.#reason);
      this.#atMs = grown(this.#atMs);
    }
    this.#callee[span] = callee;
    this.#reason[span] = OUTCOME_REASONS.indexOf(reason);
    this.#atMs[span] = atMs;
    if (blamed) this.#blamed.set(span, blamed);
  }

  /** Forgets a call whose place is given back. */
  remove(span: number): void {
    this.#callee[span] = undefined;
    this.#blamed.delete(span);
  }

  callee(span: number): C | undefined {
    return this.#callee[span];
  }

  reason(span: number): OutcomeReason {
    return OUTCOME_REASONS[this.#reason[span] as number] as OutcomeReason;
  }

  /** When it ended, epoch ms by the engine's clock. */
  atMs(span: number): number {
    return this.#atMs[span] as number;
  }

  blamed(span: number): readonly string[] | undefined {
    return this.#blamed.get(span);
  }
}
