// SPDX-License-Identifier: Apache-2.0
/**
 * What a fault is and what it does. A fault is made in a component, between two, or in an observer, never in what is told of
 * it: an effect says how calls go there while the fault lasts, and the telemetry is whatever comes of those calls.
 */
import type { Place } from './places.js';
import type { Instance, Operation } from './topology.js';

export const FAULT_KINDS = [
  'crash',
  'hang_operation',
  'hang_all',
  'errors_operation',
  'errors_half',
  'slow_instance',
  'slow_dependency',
  'partition',
  'flapping',
  'retry_storm',
  'observer_overloaded',
  'observer_biased',
  'observer_silent',
  'clock_step',
  'load_spike',
  'rolling_restart',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/**
 * What an engine must be able to do before a world may ask it: bear calls that fail by chance; find what is slow; doubt an
 * observer; name the culprit of a victim; and know an address that several instances share before it has seen them take turns.
 */
export type Capability = 'noise' | 'slow' | 'trust' | 'blame' | 'shared';

/**
 * What is to be found: `unhealthy` for a fault that is hard for whoever meets it, `doubt` (MAYBE_UNHEALTHY or worse) for one
 * that leaves some calls well, `nobody` where no component is at fault.
 */
export type Finding = 'unhealthy' | 'doubt' | 'nobody';

/**
 * Why a call did not go as it should: the callee itself (`culprit`), somebody whom the callee called (`victim`), or the
 * caller (`observer`).
 */
export interface Cause {
  readonly fault: Fault;
  readonly role: 'culprit' | 'victim' | 'observer';
}

export class Fault {
  readonly kind: FaultKind;
  readonly finding: Finding;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Who and how, for whoever reads the log. */
  readonly text: string;
  /** Who is at fault: what a victim's verdict may blame. */
  readonly culprits: readonly Place[];
  readonly asCulprit: Cause = { fault: this, role: 'culprit' };
  readonly asVictim: Cause = { fault: this, role: 'victim' };
  readonly asObserver: Cause = { fault: this, role: 'observer' };

  constructor(
    kind: FaultKind,
    finding: Finding,
    span: { readonly fromMs: number; readonly untilMs: number },
    text: string,
    culprits: readonly Place[] = [],
  ) {
    this.kind = kind;
    this.finding = finding;
    this.fromMs = span.fromMs;
    this.untilMs = span.untilMs;
    this.text = text;
    this.culprits = culprits;
  }

  lastsAt(atMs: number): boolean {
    return atMs >= this.fromMs && atMs < this.untilMs;
  }
}

/** What a component does to those that call it. */
export interface ServerEffect {
  readonly fault: Fault;
  readonly mode: 'refuse' | 'hang' | 'fail' | 'slow' | 'unreachable' | 'overload';
  /** Only in this operation; otherwise in all. */
  readonly operation?: Operation | undefined;
  /** Share of calls that `fail`; how many times as long calls take that are `slow`; calls a second that an `overload` bears. */
  readonly amount: number;
  /** For whom it is `unreachable`. */
  readonly callers?: ReadonlySet<Instance> | undefined;
  /** It comes and goes: as long ill as well, in ms. */
  readonly beatMs?: number | undefined;
}

/** What a component does to its own calls, or to what it tells of them. */
export interface CallerEffect {
  readonly fault: Fault;
  /** `late`: its event loop is, so that calls time out; `broken`: its calls go nowhere; `mute`: it tells nothing. */
  readonly mode: 'late' | 'broken' | 'mute';
  readonly share: number;
  readonly lagSeconds: number;
}

/** Whether an effect is there now, in this operation. */
export function acts(effect: ServerEffect, operation: Operation, atMs: number): boolean {
  const { fault, beatMs } = effect;
  if (effect.operation !== undefined && effect.operation !== operation) return false;
  if (!fault.lastsAt(atMs)) return false;
  return beatMs === undefined || Math.floor((atMs - fault.fromMs) / beatMs) % 2 === 0;
}

/** Times at which everybody is busier, and slower for it. */
export interface Spike {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly rateFactor: number;
  readonly latencyFactor: number;
}
