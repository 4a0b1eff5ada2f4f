// SPDX-License-Identifier: Apache-2.0
/** What a replay comes to: who was ill, how often and for how long, and whose fault it was. Pure. */
import type { ReplayedState } from '../../engine/replay.js';
import { HealthStatus, type HealthStatusName, isFailing, statusName } from '../../model/status.js';
import { isIll } from './state-line.js';

/** A time in which something was wrong with a subject. */
export interface Spell {
  readonly environment: string;
  readonly subject: string;
  readonly fromMs: number;
  /** Epoch ms; the recording's end where it was ill still. */
  readonly toMs: number;
  /** How it ended: `false` where the recording was over first. */
  readonly isOver: boolean;
  /** The worst that was said. */
  readonly status: HealthStatusName;
  readonly failure: string;
  readonly reason: string;
  /** Who was blamed for the most of it. */
  readonly culprit: string;
  readonly operations: readonly string[];
}

/** Gathers the spells of a replay from its changes. */
export class Spells {
  readonly all: Spell[] = [];
  readonly #open = new Map<string, OpenSpell>();

  note(state: ReplayedState): void {
    const key = `${state.environment} ${state.subject}`;
    const open = this.#open.get(key);
    if (isIll(state)) {
      if (open) open.note(state);
      else this.#open.set(key, new OpenSpell(state));
      return;
    }
    if (!open) return;
    this.#open.delete(key);
    this.all.push(open.end(state.atMs, true));
  }

  /** All spells, in order of their beginning; those that are open end with the recording. */
  end(lastMs: number): readonly Spell[] {
    for (const open of this.#open.values()) this.all.push(open.end(lastMs, false));
    this.#open.clear();
    return this.all.sort((a, b) => a.fromMs - b.fromMs);
  }
}

class OpenSpell {
  readonly #first: ReplayedState;
  readonly #operations = new Set<string>();
  readonly #blamedMs = new Map<string, number>();
  #worst: ReplayedState;
  #last: ReplayedState;

  constructor(state: ReplayedState) {
    this.#first = this.#worst = this.#last = state;
    this.note(state);
  }

  note(state: ReplayedState): void {
    this.#blame(state.atMs);
    this.#last = state;
    if (state.status > this.#worst.status) this.#worst = state;
    for (const { operation, status } of state.operations) {
      if (isFailing(status) || status === HealthStatus.MAYBE_UNHEALTHY) this.#operations.add(operation);
    }
  }

  end(atMs: number, isOver: boolean): Spell {
    this.#blame(atMs);
    const { environment, subject, atMs: fromMs } = this.#first;
    const { status, failure, reason } = this.#worst;
    const [culprit = subject] = [...this.#blamedMs].sort((a, b) => b[1] - a[1])[0] ?? [];
    return {
      ...{ environment, subject, fromMs, toMs: atMs, isOver, failure, reason, culprit },
      status: statusName(status),
      operations: [...this.#operations].sort(),
    };
  }

  /** The time since the last change was whoever was blamed then. */
  #blame(untilMs: number): void {
    const { blame, subject, atMs } = this.#last;
    const culprit = blame ?? subject;
    this.#blamedMs.set(culprit, (this.#blamedMs.get(culprit) ?? 0) + (untilMs - atMs));
  }
}
