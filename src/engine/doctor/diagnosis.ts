// SPDX-License-Identifier: Apache-2.0
/**
 * The doctor's round: every rule once, over facts of one moment. Pure, so that a rule is tested with the facts of an engine
 * that was fed real spans, and so that asking changes nothing.
 */
import { ARRIVAL_RULES } from './arrival-rules.js';
import { CAPACITY_RULES } from './capacity-rules.js';
import { type Facts, type Finding, grown, type Rule, SEVERITIES, windowMs } from './finding.js';
import { INSTRUMENTATION_RULES } from './instrumentation-rules.js';

export const RULES: readonly Rule[] = [...ARRIVAL_RULES, ...INSTRUMENTATION_RULES, ...CAPACITY_RULES];

/** Something that was looked at and is well. */
export interface Well {
  readonly code: string;
  readonly what: string;
}

export interface Diagnosis {
  readonly engine: {
    readonly startedMs: number;
    readonly uptimeMs: number;
    readonly isReady: boolean;
    readonly otlpGrpc: string;
    readonly otlpHttp: string;
  };
  /** What came in the time that was looked at. */
  readonly lately: {
    readonly windowMs: number;
    readonly spans: number;
    readonly services: number;
  };
  /** The worst first. */
  readonly findings: readonly Finding[];
  readonly well: readonly Well[];
  /** Codes of what could not be looked at, because what it needs is missing. */
  readonly unknown: readonly string[];
}

export function diagnose(facts: Facts): Diagnosis {
  const findings: Finding[] = [];
  const well: Well[] = [];
  const unknown: string[] = [];
  for (const rule of RULES) {
    if (rule.applies && !rule.applies(facts)) {
      unknown.push(rule.code);
      continue;
    }
    const trouble = rule.find(facts);
    if (trouble) findings.push({ code: rule.code, ...trouble });
    else well.push({ code: rule.code, what: rule.well });
  }
  findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const { startedMs, uptimeMs, isReady, otlpGrpc, otlpHttp } = facts.status;
  return {
    engine: { startedMs, uptimeMs, isReady, otlpGrpc, otlpHttp },
    lately: {
      windowMs: windowMs(facts),
      spans: grown(facts, ({ counts }) => counts.spans),
      services: facts.setUp.services.length,
    },
    findings,
    well,
    unknown,
  };
}
