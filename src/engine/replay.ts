// SPDX-License-Identifier: Apache-2.0
/**
 * What the engine would have said: recorded OTLP/JSON requests go through wire, observe and judge in the data's own time. A
 * request arrives when the last of its spans ends; between two requests the engine ticks as it would have.
 */
import type { Clock, Timer } from '../model/clock.js';
import { type HealthStatus, isFailing } from '../model/status.js';
import type { FailureKind, OperationVerdict, Verdict } from '../model/verdict.js';
import { Engine } from './engine.js';
import type { EngineCounts } from './engine-reader.js';
import { ExportIntake } from './export-intake.js';
import type { Judge } from './verdict/judge.js';
import { decodeTracesJson } from './wire/otlp-json.js';
import type { TraceBatch } from './wire/trace-batch.js';

/** How often the engine ticks, in ms of the data: a recording may pause for hours. */
const TICK_MS = 250;

/** After so long without a request only expiry is left to happen, and once a minute will do. In ms of the data. */
const QUIET_MS = 120_000;
const QUIET_TICK_MS = 60_000;

/** A subject's state from this moment on. */
export interface ReplayedState {
  readonly atMs: number;
  readonly environment: string;
  readonly subject: string;
  readonly status: HealthStatus;
  readonly failure: FailureKind;
  /** Whose fault it is; `undefined` while nothing is wrong. */
  readonly blame: string | undefined;
  /** As in the verdict: for a failure the time of its first evidence, and why most calls fail. */
  readonly sinceMs: number;
  readonly reason: string;
  readonly operations: readonly OperationVerdict[];
}

/** Logs and metrics have no time that a recording could go by: they come when the request before them did. */
const OTHER_SIGNAL = /^\s*\{\s*"resource(Logs|Metrics)"/;

export interface ReplayParts {
  readonly judge: Judge;
  /** Told of each change of a subject's status, failure, blame or failing operations, in order of time. */
  readonly onState: (state: ReplayedState) => void;
}

export interface Replayed {
  readonly counts: EngineCounts;
  readonly requestCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * @param lines one OTLP/JSON export request each, ordered by the time at which they were sent
 * @throws PanoramaError PANO_WIRE_… for a line that is no such request
 */
export async function replay(lines: AsyncIterable<string>, { judge, onState }: ReplayParts): Promise<Replayed> {
  const clock = new DataClock();
  let engine: Engine | undefined;
  let others: ExportIntake | undefined;
  const told = new Map<string, string>();
  const tell = (now: Engine) => {
    for (const state of statesIn(now.verdicts(), clock.nowMs())) {
      const key = `${state.environment} ${state.subject}`;
      const failing = state.operations.filter(({ status }) => isFailing(status)).map(({ operation }) => operation);
      const said = `${state.status} ${state.failure} ${state.blame} ${failing.join()}`;
      if (told.get(key) === said) continue;
      told.set(key, said);
      onState(state);
    }
  };
  let requestCount = 0;
  let firstMs = 0;
  let tickedMs = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const other = OTHER_SIGNAL.exec(line)?.[1];
    if (other !== undefined) {
      await others?.take({ signal: other === 'Logs' ? 'logs' : 'metrics', encoding: 'json', body: Buffer.from(line) });
      continue;
    }
    const batch = decodeTracesJson(Buffer.from(line));
    const endMs = lastEndMs(batch);
    if (endMs === undefined) continue;
    if (!engine) {
      clock.setMs(endMs);
      firstMs = tickedMs = endMs;
      engine = new Engine({ judge, clock });
      others = new ExportIntake(engine);
    }
    const before = clock.nowMs();
    for (;;) {
      const nextMs = tickedMs + (tickedMs - before > QUIET_MS ? QUIET_TICK_MS : TICK_MS);
      if (nextMs >= endMs) break;
      tickedMs = nextMs;
      clock.setMs(tickedMs);
      engine.tick();
      tell(engine);
    }
    clock.setMs(Math.max(clock.nowMs(), endMs));
    engine.accept(batch);
    tell(engine);
    requestCount++;
  }
  const counts = (engine ?? new Engine({ judge, clock })).counts();
  return { counts, requestCount, firstMs, lastMs: clock.nowMs() };
}

function statesIn(verdicts: readonly Verdict[], atMs: number): readonly ReplayedState[] {
  return verdicts.map(({ environment, subject, status, failure, blame, sinceMs, reason, operations }) => ({
    atMs,
    environment,
    subject,
    status,
    failure,
    blame: blame?.root,
    sinceMs,
    reason,
    operations,
  }));
}

function lastEndMs({ resources }: TraceBatch): number | undefined {
  let lastNano = 0n;
  for (const { spans } of resources) {
    for (const { endUnixNano } of spans) if (endUnixNano > lastNano) lastNano = endUnixNano;
  }
  return lastNano === 0n ? undefined : Math.floor(Number(lastNano) / 1e6);
}

/** The data's time. Nobody waits by it. */
class DataClock implements Clock {
  #nowMs = 0;

  setMs(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(): Timer {
    return { cancel: () => undefined };
  }
}
