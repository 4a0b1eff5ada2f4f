// SPDX-License-Identifier: Apache-2.0
/**
 * The guest's options. A guest must not stop its host over a wrong number, so a value that cannot be used is replaced by
 * the default and said once through the OpenTelemetry diagnostics logger.
 */
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { say } from '../diagnostics.js';
import type { Clock, Random } from '../model/clock.js';
import { systemClock, systemRandom } from '../model/clock.js';
import { DEFAULT_RULES, type ObserveRules, rulesWith } from '../observe/rules.js';

export interface PanoramaSpanProcessorOptions {
  /** Where observation spans go: an OTLP exporter pointed at the engine. The processor shuts it down with itself. */
  readonly exporter: SpanExporter;
  /** How often healthy observations and repeats are sent, in ms. Default 1000, from 100 to 60 000. */
  readonly windowMs?: number | undefined;
  /** Observations waiting for the exporter; the newest are dropped and counted past it. Default 2048, at most 65 536. */
  readonly queueCountMax?: number | undefined;
  /** (subject, operation) pairs remembered; 2 to 5 kB each. Default 2000, at most 100 000. */
  readonly pairCountMax?: number | undefined;
  /**
   * No call is reported as hung before it has been out for so long, in ms: collection pauses and lost packets alone reach
   * tens of milliseconds. Default 100, from 25 to 600 000.
   */
  readonly hungFloorMs?: number | undefined;
  /**
   * How unlikely it must be that a call is only slow before it is reported as hung: φ = −log10 P(T > t). 4, the default, is
   * one call in ten thousand, or 1.3 times the operation's p99.9; each 3 more is another p99.9. From 1 to 100.
   */
  readonly hungSuspicion?: number | undefined;
  /** Calls watched while they are out, about 200 bytes each; those past it are observed when they end. Default 10 000, at most 1 000 000. */
  readonly inFlightCountMax?: number | undefined;
  /** After this an export that has not answered is given up, in ms. Default 10 000, from 100 to 600 000. */
  readonly exportTimeoutMs?: number | undefined;
  /** Rules of your own, asked before the built-in ones. */
  readonly rules?: Partial<ObserveRules> | undefined;
  /** Time and chance; tests pass their own. */
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** The options with every default filled in. */
export interface ProcessorSettings {
  readonly exporter: SpanExporter;
  readonly windowMs: number;
  readonly queueCountMax: number;
  readonly pairCountMax: number;
  readonly hungFloorMs: number;
  readonly hungSuspicion: number;
  readonly inFlightCountMax: number;
  readonly exportTimeoutMs: number;
  readonly rules: ObserveRules;
  readonly clock: Clock;
  readonly random: Random;
}

export type NumberOption =
  | 'windowMs'
  | 'queueCountMax'
  | 'pairCountMax'
  | 'hungFloorMs'
  | 'hungSuspicion'
  | 'inFlightCountMax'
  | 'exportTimeoutMs';

/** The options that are numbers: what holds where nothing is given, and what can be. */
export const NUMBER_OPTIONS: Readonly<Record<NumberOption, { byDefault: number; min: number; max: number }>> = {
  windowMs: { byDefault: 1000, min: 100, max: 60_000 },
  queueCountMax: { byDefault: 2048, min: 1, max: 65_536 },
  pairCountMax: { byDefault: 2000, min: 1, max: 100_000 },
  hungFloorMs: { byDefault: 100, min: 25, max: 600_000 },
  hungSuspicion: { byDefault: 4, min: 1, max: 100 },
  inFlightCountMax: { byDefault: 10_000, min: 1, max: 1_000_000 },
  exportTimeoutMs: { byDefault: 10_000, min: 100, max: 600_000 },
};

export function settingsOf(options: PanoramaSpanProcessorOptions): ProcessorSettings {
  const number = (name: NumberOption) => within(name, options[name]);
  return {
    exporter: options.exporter,
    windowMs: number('windowMs'),
    queueCountMax: number('queueCountMax'),
    pairCountMax: number('pairCountMax'),
    hungFloorMs: number('hungFloorMs'),
    hungSuspicion: number('hungSuspicion'),
    inFlightCountMax: number('inFlightCountMax'),
    exportTimeoutMs: number('exportTimeoutMs'),
    rules: rulesOf(options),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  };
}

function rulesOf({ rules }: PanoramaSpanProcessorOptions): ObserveRules {
  try {
    return rulesWith(rules);
  } catch (error) {
    say('warn', () => 'option rules must have lists of rules; using the built-in ones', error);
    return DEFAULT_RULES;
  }
}

function within(name: NumberOption, value: number | undefined): number {
  const { byDefault, min, max } = NUMBER_OPTIONS[name];
  if (value === undefined) return byDefault;
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  say('warn', () => `option ${name} must be from ${min} to ${max}, got ${String(value)}; using ${byDefault}`);
  return byDefault;
}
