// SPDX-License-Identifier: Apache-2.0
/** One trial on an engine and a cluster of its own, with the Collector in between where there is one. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Fault } from '#hadoop-like/faults/fault.js';
import type { ToldConviction } from '#hadoop-like/harness/conviction-log.js';
import { figuresOf, wrongConvictions } from '#hadoop-like/harness/figures.js';
import { onStage } from '#hadoop-like/harness/run.js';
import { runTrial, TRIAL_TIMES, type TrialRecord } from '#hadoop-like/harness/trial.js';
import { type Firing, ruleFiguresOf } from './firings.js';
import type { Run } from './outcome.js';
import { type Sighting, Sightings } from './sightings.js';
import { startTelemetry, type Telemetry } from './telemetry.js';

/**
 * How long a fault goes on where the Collector's rules shall have a chance, in ms. A call that hangs is no span until its caller
 * gives up: 6 s, the longest patience of the example's clients. Then metrics are made (1.5 s), scraped (1.5 s) and looked at
 * (1.5 s), the rule must hold (6 s), and is looked at again (1.5 s).
 */
const RULES_HOLD_MS = 18_000;

export interface TrialPlan {
  readonly judge: string;
  /** The Collector's program; without it nodes send to the engine. */
  readonly collector: string | undefined;
  /** Whether the Collector's metrics are judged by rules, which takes longer. */
  readonly hasRules: boolean;
  /** Where it is recorded, as a path without an ending; nothing is where it is not given. */
  readonly recording: string | undefined;
  /** Shown all that a picture needs; without it nobody looks for that. */
  readonly draw?: ((seen: Seen) => Promise<void>) | undefined;
}

/** All that was seen of a trial. */
export interface Seen {
  readonly record: TrialRecord;
  readonly sightings: readonly Sighting[];
  /** `undefined` where there were no rules. */
  readonly firings: readonly Firing[] | undefined;
}

/** What is written beside a recording, for who judges it again. */
export interface RecordedTrial {
  readonly fault: string;
  readonly judge: string;
  readonly faultMs: number;
  readonly repairMs: number;
  readonly endMs: number;
  readonly subjects: readonly string[];
}

/** A trial that breaks is told, with whom it had seen wronged, and the next one goes on. */
export async function runOf(fault: Fault, plan: TrialPlan): Promise<Run> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const convictions: ToldConviction[] = [];
  let faultMs: number | undefined;
  const conviction = (told: ToldConviction, times: { faultMs?: number }): void => {
    convictions.push(told);
    faultMs = times.faultMs;
  };
  let telemetry: Telemetry | undefined;
  let isWhole = false;
  try {
    const { system } = fault;
    const { collector, hasRules, recording, draw } = plan;
    const sightings = new Sightings();
    const times = hasRules ? { ...TRIAL_TIMES, holdMs: RULES_HOLD_MS } : TRIAL_TIMES;
    const sendTo = async (engine: Parameters<typeof startTelemetry>[0]) => {
      if (collector === undefined) return { url: engine.otlpUrl, protocol: 'grpc' };
      const file = recording === undefined ? undefined : `${recording}.jsonl.gz`;
      telemetry = await startTelemetry(engine, { collector, hasRules, recording: file }, stop);
      return { url: telemetry.url, protocol: 'grpc' };
    };
    const over = new AbortController();
    let subjects: readonly string[] = [];
    const record = await onStage({ system, stop, sendTo, engineWords: ['--judge', plan.judge] }, async (stage) => {
      subjects = stage.cluster.subjects;
      const done = AbortSignal.any([stop.signal, over.signal]);
      if (draw) void sightings.watch(stage.engine.api, fault.subject, done);
      return await runTrial({ ...stage, stop }, fault, times, { conviction }).finally(() => over.abort());
    });
    const firings = hasRules ? telemetry?.firings : undefined;
    await draw?.({ record, sightings: sightings.all, firings });
    if (recording !== undefined) await describe(recording, { fault: fault.id, judge: plan.judge, subjects, ...record });
    isWhole = true;
    return { figures: figuresOf(record, fault), ...(firings && { rule: ruleFiguresOf(firings, record) }) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message === 'interrupted') throw error;
    return { error: message, wrong: wrongConvictions(convictions, fault, faultMs) };
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    stop.abort(new Error('the trial is over'));
    await telemetry?.end(isWhole);
  }
}

async function describe(recording: string, recorded: RecordedTrial): Promise<void> {
  const { fault, judge, faultMs, repairMs, endMs, subjects } = recorded;
  const kept: RecordedTrial = { fault, judge, faultMs, repairMs, endMs, subjects };
  await mkdir(path.dirname(recording), { recursive: true });
  await writeFile(`${recording}.json`, `${JSON.stringify(kept, undefined, 2)}\n`);
}
