// SPDX-License-Identifier: Apache-2.0
/**
 * An engine as a user runs it, and a small world that goes on beside whatever is done to the engine: two servers and two
 * callers, with the stock SDK. What must hold of every attack is here: the engine lives and is ready, what it acknowledged is
 * counted, a server that is taken away in the middle is convicted in time and the other one never, and memory stays bounded.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { EngineCounts } from '../../src/engine/engine-reader.js';
import { type Child, startChild } from '../support/child.js';
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';

/**
 * Heap of an engine under attack, in MiB. A hundred thousand environments, each with a subject and an observer of its own, need
 * more than half of it; every other attack needs less than 256.
 */
const HEAP_MIB_MAX = 512;

/**
 * Memory of an engine under attack, in bytes: its heap, 64 MiB of requests in flight, which may be there twice for a moment (the
 * parts and the whole), and 60 MiB for the program and its stacks.
 */
export const RSS_BYTES_MAX: number = (HEAP_MIB_MAX + 2 * 64 + 60) * 1024 * 1024;

/** An engine that is this late with an answer is asked once more, and then it is found wanting. */
const ANSWERED_WITHIN_MS = 10_000;

/** Two failed exports of two observers convict; they come every 100 ms. The rest is for two busy processors. */
export const CONVICTED_WITHIN_MS = 10_000;

const WORLD = path.join(import.meta.dirname, 'fixtures/world.mjs');
const CLOCK = new URL('./fixtures/shifted-clock.mjs', import.meta.url).href;

interface WorldCounts {
  readonly acknowledged: number;
  readonly failed: number;
  readonly errors: readonly string[];
  /** When its last span ended, by the world's clock. */
  readonly lastEndMs: number;
}

/** What the API says of a subject. */
interface Told {
  readonly subject: string;
  readonly status: string;
}

export interface SiegeOptions {
  readonly flags?: readonly string[];
  /** How far the engine's clock is off, and the world's. */
  readonly engineShiftMs?: number;
  readonly worldShiftMs?: number;
}

/** What an attack has shown. */
export interface Outcome<T> {
  readonly attack: T;
  readonly convictedMs: number;
  readonly acknowledged: number;
  readonly failed: number;
  readonly peakBytes: number;
  /** When the world's last span ended, by its own clock, and when the engine told of the last change, by its. */
  readonly lastEndMs: number;
  readonly lastEventMs: number;
}

export interface WithstandOptions<T> {
  /** Default `CONVICTED_WITHIN_MS`. */
  readonly convictedWithinMs?: number;
  /** Client spans that the engine acknowledged to the attacker; without it, none are. */
  readonly callsOf?: (attack: T) => number;
}

export class Siege {
  readonly engine: EngineProcess;
  readonly #world: Child;
  /** What was said of the server that is well, whenever it was asked. */
  readonly #steadyStatuses = new Set<string>();

  private constructor(engine: EngineProcess, world: Child) {
    this.engine = engine;
    this.#world = world;
  }

  static async start(options: SiegeOptions = {}): Promise<Siege> {
    const { flags = [], engineShiftMs = 0, worldShiftMs = 0 } = options;
    const engine = await startEngine(engineShiftMs, flags);
    const world = startChild(WORLD, [JSON.stringify(engine.addresses)], shiftedClock(worldShiftMs));
    await world.next();
    return new Siege(engine, world);
  }

  /** Sets the clock of the world's machine, while it goes on. */
  setWorldClock(clockShiftMs: number): void {
    this.#world.process.send({ clockShiftMs });
  }

  /** Runs the attack, takes a server away in its midst, and checks what must hold. */
  async withstand<T>(attack: () => Promise<T>, options: WithstandOptions<T> = {}): Promise<Outcome<T>> {
    for (const subject of ['steady', 'victim']) await this.#told(subject, 'healthy');
    const attacked = attack();
    const watching = this.#watchSteady();
    // Whoever waits for a verdict must hear of an attack that could not be made.
    const failing = attacked.then(() => new Promise<never>(() => {}));
    await this.#world.ask('break');
    const brokenMs = performance.now();
    await Promise.race([this.#told('victim', 'unhealthy'), failing]);
    const convictedMs = performance.now() - brokenMs;
    expect(convictedMs).toBeLessThan(options.convictedWithinMs ?? CONVICTED_WITHIN_MS);
    const result = await attacked;
    await this.#world.ask('mend');
    await this.#told('victim', 'healthy');
    await watching.stop();
    const checked = await this.#check(options.callsOf?.(result) ?? 0);
    const { acknowledged, failed, peakBytes } = checked;
    console.log(
      `convicted in ${convictedMs.toFixed(0)} ms, at most ${Math.round(peakBytes / 2 ** 20)} MiB, ${acknowledged} spans acknowledged beside it, ${failed} failed`,
    );
    return { attack: result, convictedMs, ...checked };
  }

  /** Ends both processes. */
  async end(): Promise<void> {
    for (const child of [this.engine.process, this.#world.process]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  }

  counts(): Promise<EngineCounts> {
    return this.#ask<EngineCounts>('/api/v1/counts');
  }

  /** The most memory that the engine has had, in bytes. */
  peakBytes(): number {
    return statusBytes(this.engine.process.pid, 'VmHWM');
  }

  /** The memory that it has now. */
  residentBytes(): number {
    return statusBytes(this.engine.process.pid, 'VmRSS');
  }

  /** The engine's log of changes forgets where there are many, so the server that is well is asked for all the time. */
  #watchSteady(): { stop(): Promise<void> } {
    const done = new AbortController();
    const asking = until(
      'the end of the watch',
      async () => {
        const { verdict } = await this.#ask<{ verdict: Told }>('/api/v1/subjects/steady');
        this.#steadyStatuses.add(verdict.status);
        return done.signal.aborted || undefined;
      },
      Number.POSITIVE_INFINITY,
    );
    asking.catch(() => undefined);
    return {
      stop: async () => {
        done.abort();
        await asking;
      },
    };
  }

  async #check(attackCalls: number): Promise<Omit<Outcome<unknown>, 'attack' | 'convictedMs'>> {
    const { acknowledged, failed, errors, lastEndMs } = (await this.#world.ask('end')) as WorldCounts;
    const counts = await this.counts();
    const taken = counts.calls - counts.duplicates - attackCalls;
    expect(acknowledged).toBeGreaterThan(20);
    expect(taken, `of ${acknowledged} acknowledged spans`).toBeGreaterThanOrEqual(acknowledged);
    // What was sent and not acknowledged may have been taken or not, and nothing else may be counted.
    expect(taken, errors.join('; ')).toBeLessThanOrEqual(acknowledged + failed);
    expect(this.#steadyStatuses).toEqual(new Set(['healthy']));
    const { events } = await this.#ask<{ events: { atMs: number }[] }>('/api/v1/events?limit=1000');
    expect(await this.#ask('/readyz')).toEqual({ status: 'ready' });
    expect(this.engine.process.exitCode).toBeNull();
    const peakBytes = this.peakBytes();
    expect(peakBytes).toBeLessThan(RSS_BYTES_MAX);
    return { acknowledged, failed, peakBytes, lastEndMs, lastEventMs: events.at(-1)?.atMs ?? 0 };
  }

  /** Asks once more where the engine, being busy, has closed a connection that was idle too long. */
  async #ask<T>(route: string): Promise<T> {
    const url = `http://${this.engine.addresses.api}${route}`;
    const ask = () => fetch(url, { signal: AbortSignal.timeout(ANSWERED_WITHIN_MS) });
    const response = await ask().catch(ask);
    return (await response.json()) as T;
  }

  #told(subject: string, status: string): Promise<Told> {
    return until(
      `${subject} to be ${status}`,
      async () => {
        const { verdict } = await this.#ask<{ verdict?: Told }>(`/api/v1/subjects/${subject}`);
        return verdict?.status === status ? verdict : undefined;
      },
      60_000,
    );
  }
}

function shiftedClock(shiftMs: number): NodeJS.ProcessEnv {
  return { CLOCK_SHIFT_MS: String(shiftMs), NODE_OPTIONS: `--import ${CLOCK}` };
}

/** Starts an engine whose clock is off and whose heap has a limit: one that needs more dies of it. */
async function startEngine(shiftMs: number, flags: readonly string[]): Promise<EngineProcess> {
  const { CLOCK_SHIFT_MS, NODE_OPTIONS } = shiftedClock(shiftMs);
  const limit = `--max-old-space-size=${HEAP_MIB_MAX}`;
  const before = { ...process.env };
  // A child inherits what stands here while it is started.
  Object.assign(process.env, { CLOCK_SHIFT_MS, NODE_OPTIONS: shiftMs === 0 ? limit : `${NODE_OPTIONS} ${limit}` });
  try {
    return await startEngineProcess(...flags);
  } finally {
    process.env = before;
  }
}

function statusBytes(pid: number | undefined, name: string): number {
  const [, kibibytes] =
    new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kibibytes === undefined) throw new Error(`/proc says no ${name} of ${pid}`);
  return Number(kibibytes) * 1024;
}
