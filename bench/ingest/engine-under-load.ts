// SPDX-License-Identifier: Apache-2.0
/** The engine as a user starts it, `panorama engine`, with default options but for its ports and the views it may keep. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childOf, commandAt } from '../child.js';
import type { LoopDelay } from './loop-delay.js';
import type { UnderLoad } from './under-load.js';

const CLI = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const LOOP_DELAY = new URL('./loop-delay.js', import.meta.url).href;

/** Room for what is no call between services: calls of databases, and what instances say of themselves. */
const VIEW_ROOM = 1.25;
const VIEW_COUNT_MIN = 20_000;

export interface EngineOptions {
  /** Views of calls between services. */
  readonly views: number;
  /** Threads that decode; the engine's default if not given. */
  readonly workers?: string | undefined;
  /** How many cores it has to itself. */
  readonly cores?: number | undefined;
  /** A folder for a CPU profile, which is written when the engine ends. */
  readonly profile?: string | undefined;
}

interface Addresses {
  readonly otlpGrpc: string;
  readonly otlpHttp: string;
  readonly api: string;
}

/** Resolves once the engine listens. */
export async function startEngineUnderLoad({ views, workers, cores, profile }: EngineOptions): Promise<UnderLoad> {
  const anyPort = ['--otlp-grpc', '--otlp-http', '--api'].flatMap((flag) => [flag, '127.0.0.1:0']);
  const viewCountMax = Math.max(VIEW_COUNT_MIN, Math.ceil(views * VIEW_ROOM));
  const command = [
    ...[process.execPath, '--import', LOOP_DELAY],
    ...(profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', path.resolve(profile)]),
    ...[CLI, 'engine', ...anyPort, '--view-count-max', String(viewCountMax)],
    ...(workers === undefined ? [] : ['--workers', workers]),
  ];
  const [program = '', ...args] = commandAt('measured', command, cores);
  const engine = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const listening = listeningLine(engine.stdout as NodeJS.ReadableStream);
  const child = await childOf(engine, 'the engine');
  const gone = once(engine, 'exit');
  const early = gone.then(([code]) => Promise.reject(new Error(`the engine ended with ${code}`)));
  early.catch(() => undefined);
  const { otlpGrpc, otlpHttp, api } = await Promise.race([listening, early]);
  return {
    name: 'engine',
    pid: child.pid,
    receivers: { grpc: otlpGrpc, http: otlpHttp },
    api,
    loopDelay: async () => (await child.ask({})) as LoopDelay,
    end: async () => {
      engine.kill('SIGTERM');
      await gone;
    },
  };
}

/** The addresses, from the engine's log, the rest of which is read and forgotten. */
async function listeningLine(log: NodeJS.ReadableStream): Promise<Addresses> {
  for await (const line of createInterface(log)) {
    const entry = JSON.parse(line) as { msg: string } & Addresses;
    if (entry.msg !== 'engine listening') continue;
    log.resume();
    return entry;
  }
  throw new Error('the engine ended before it listened');
}
