// SPDX-License-Identifier: Apache-2.0
/**
 * Who is put into the simulated worlds: an engine with a judge, what that judge claims to find, and how many calls it says it
 * needs. The bounds that the oracle holds it to come from these claims and from the world, not from what it was seen to do.
 */
import { Engine, type EngineParts } from '../../src/engine/engine.js';
import { MemoryStore } from '../../src/engine/store/memory-store.js';
import type { Judge } from '../../src/engine/verdict/judge.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import type { Clock } from '../../src/model/clock.js';
import type { Capability } from './faults.js';

/** What may be asked of a view, given the usual time between two of its calls. */
export interface Needs {
  /** Failed calls in a row after which it must convict. */
  readonly toConvict: (gapMs: number) => number;
  /** Failed calls in a row after which one observer's word is a doubt, whatever all others say. */
  readonly toDoubt: (gapMs: number) => number;
  /** The same where calls fail in between good ones, four in ten or more: so many of them, told in so many requests. */
  readonly toDoubtPartly: (gapMs: number) => { readonly failed: number; readonly requests: number };
  /** Good calls in a row, and time without a failure, after which it must acquit. */
  readonly toAcquit: (gapMs: number) => number;
  readonly acquitAfterMs: number;
  /** How long a call may be out before that alone convicts. */
  readonly pendingMs: number;
}

export interface Contestant {
  readonly name: string;
  readonly can: ReadonlySet<Capability>;
  readonly needs: Needs;
  readonly makeEngine: (clock: Clock, parts: Pick<EngineParts, 'onTransition'>) => Engine;
}

/**
 * The paper's judge: one failure tips a view, and the fourth success after failures tips it back. Where calls fail in between
 * good ones, it has forgotten them after one look in eight (four good calls in a row, at six in ten); after six looks that is
 * one time in 300,000.
 */
export const MAJORITY: Contestant = contestant('majority', [], () => new MajorityJudge(), {
  toConvict: () => 1,
  toDoubt: () => 2,
  toDoubtPartly: () => ({ failed: 6, requests: 6 }),
  toAcquit: () => 4,
  acquitAfterMs: 0,
  pendingMs: 2000,
});

export function contestant(name: string, can: readonly Capability[], judge: () => Judge, needs: Needs): Contestant {
  return {
    name,
    can: new Set(can),
    needs,
    makeEngine: (clock, parts) => new Engine({ ...parts, store: new MemoryStore(), judge: judge(), clock }),
  };
}
