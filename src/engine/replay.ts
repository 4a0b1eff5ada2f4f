// SPDX-License-Identifier: Apache-2.0
/**
 * What the engine would have said: recorded OTLP/JSON requests go through wire, observe and judge in the data's own time. A
 * request arrives when the last of its spans ends; between two requests the engine ticks as it would have.
 */
import type { Clock, Timer } from '../model/clock.js';
import type { HealthStatus } from '../model/status.js';
import type { FailureKind, Verdict } from '../model/verdict.js';
import { Engine } from './engine.js';
import type { EngineCounts } from './engine-reader.js';
import type { Judge } from './verdict/judge.js';
import { decodeTracesJson } from './wire/otlp-json.js';
import type { TraceBatch } from './wire/trace-batch.js';

/** How often the engine ticks between requests, in ms of the data: a recording may pause for hours. */
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
}

export interface ReplayParts {
  readonly judge: Judge;
  /** Told of each change of a subject's status, failure or blame, in order of time. */
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
  const told = new Map<string, string>();
  const tell = (now: Engine) => {
    for (const state of statesIn(now.verdicts(), clock.nowMs())) {
      const key = `${state.environment} ${state.subject}`;
      const said = `${state.status} ${state.failure} ${state.blame}`;
      if (told.get(key) === said) continue;
      told.set(key, said);
      onState(state);
    }
  };
  let requestCount = 0;
  let firstMs = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const batch = decodeTracesJson(Buffer.from(line));
    const endMs = lastEndMs(batch);
    if (endMs === undefined) continue;
    if (!engine) {
      clock.setMs(endMs);
      firstMs = endMs;
      engine = new Engine({ judge, clock });
    }
    const before = clock.nowMs();
    for (let atMs = before + TICK_MS; atMs < endMs; atMs += atMs - before > QUIET_MS ? QUIET_TICK_MS : TICK_MS) {
      clock.setMs(atMs);
      engine.tick();
      tell(engine);
    }
    clock.setMs(Math.max(before, endMs));
    engine.accept(batch);
    tell(engine);
    requestCount++;
  }
  const counts = (engine ?? new Engine({ judge, clock })).counts();
  return { counts, requestCount, firstMs, lastMs: clock.nowMs() };
}

function statesIn(verdicts: readonly Verdict[], atMs: number): readonly ReplayedState[] {
  return verdicts.map(({ environment, subject, status, failure, blame }) => ({
    atMs,
    environment,
    subject,
    status,
    failure,
    blame: blame?.root,
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
