// SPDX-License-Identifier: Apache-2.0
/** What the rules say of how calls ended; it stands with their spans. */
import type { Resolution } from '../../model/identity.js';
import { OUTCOME_REASONS, type OutcomeReason } from '../../model/observation.js';
import type { SpanOrigin, SpanRows } from './span-rows.js';

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

export class CallEnds<C extends Callee = Callee> {
  readonly #rows: SpanRows<SpanOrigin, C>;
  /** Of the few whose answers told. */
  readonly #blamed = new Map<number, readonly string[]>();

  constructor(rows: SpanRows<SpanOrigin, C>) {
    this.#rows = rows;
  }

  set(span: number, callee: C, { reason, blamed }: CallEnd, atMs: number): void {
    this.#rows.setCall(span, callee, OUTCOME_REASONS.indexOf(reason), atMs);
    if (blamed) this.#blamed.set(span, blamed);
  }

  /** Forgets what is not kept with the span itself. */
  remove(span: number): void {
    if (this.#blamed.size > 0) this.#blamed.delete(span);
  }

  callee(span: number): C | undefined {
    return this.#rows.callee(span);
  }

  reason(span: number): OutcomeReason {
    return OUTCOME_REASONS[this.#rows.reason(span)] as OutcomeReason;
  }

  /** When it ended, epoch ms by the engine's clock. */
  atMs(span: number): number {
    return this.#rows.atMs(span);
  }

  blamed(span: number): readonly string[] | undefined {
    return this.#blamed.get(span);
  }
}
