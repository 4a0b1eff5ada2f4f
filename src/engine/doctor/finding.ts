// SPDX-License-Identifier: Apache-2.0
/**
 * What `panorama doctor` finds. A finding is written for somebody who is on call and has never seen the engine's inside: what
 * is wrong with a number in it, why that matters for verdicts, and what to do. Where nothing is wrong a rule says so too, for
 * "looked at and well" is another answer than silence.
 */
import type { Verdict } from '../../model/verdict.js';
import type { EngineStatus } from '../telemetry/engine-status.js';
import type { ServiceNote, SetUpSummary } from './set-up-sample.js';

/**
 * `error`: verdicts are missing or data is lost. `warning`: verdicts are coarser or later than they could be. `notice`: worth
 * knowing, and perhaps intended.
 */
export const SEVERITIES = ['error', 'warning', 'notice'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What is wrong, in sentences. Names in it may come from spans: show them, never interpret them. */
export interface Trouble {
  readonly severity: Severity;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  /** A few cases, a line each. */
  readonly examples: readonly string[];
}

export interface Finding extends Trouble {
  /** Stable; `docs/doctor.md` has a line on each. */
  readonly code: string;
}

/** All that the rules look at. */
export interface Facts {
  readonly status: EngineStatus;
  /** One to two minutes ago; `undefined` while the engine is younger, and then all is lately. */
  readonly before: EngineStatus | undefined;
  readonly setUp: SetUpSummary;
  readonly verdicts: readonly Verdict[];
}

export interface Rule {
  readonly code: string;
  /** What can be said where it finds nothing. */
  readonly well: string;
  /** Whether there is anything to look at; default: yes. */
  readonly applies?: (facts: Facts) => boolean;
  readonly find: (facts: Facts) => Trouble | undefined;
}

/** Cases shown of one finding; there is always one to begin with. */
const EXAMPLE_COUNT_MAX = 5;

/** The first few of what there is, and how many more. */
export function someOf(lines: readonly string[]): string[] {
  if (lines.length <= EXAMPLE_COUNT_MAX) return [...lines];
  return [...lines.slice(0, EXAMPLE_COUNT_MAX), `and ${lines.length - EXAMPLE_COUNT_MAX} more`];
}

/** `3 spans`, `1 span`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Of a service, or of all those past the bound together. */
export function nameOf({ environment, service }: ServiceNote): string {
  return inEnvironment(service || 'other services', environment);
}

export function inEnvironment(name: string, environment: string): string {
  return environment === '' ? name : `${name} (${environment})`;
}

/** `90 %` of a share from 0 to 1; what is not all is never shown as all, nor something as nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return 'less than 1 %';
  return `${share < 1 ? Math.min(99, Math.round(100 * share)) : 100} %`;
}

/** `12 s`, `4 min`, `3 h`. */
export function spanOfTime(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** How far back "lately" goes, in ms. */
export function windowMs({ status, before }: Facts): number {
  return status.uptimeMs - (before?.uptimeMs ?? 0);
}

/** How much one of the engine's counts has grown lately. */
export function grown({ status, before }: Facts, read: (status: EngineStatus) => number): number {
  return read(status) - (before ? read(before) : 0);
}
