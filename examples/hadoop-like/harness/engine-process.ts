// SPDX-License-Identifier: Apache-2.0
/** Starts the engine as its users do, by its command line, and learns from its log where it listens. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EngineApi } from './engine-api.js';
import type { Child, Household } from './household.js';
import { eventually, unlessStopped } from './waiting.js';

const ENGINE_PATH = fileURLToPath(new URL('../../../../dist/cli/main.js', import.meta.url));
const ADDRESS = '127.0.0.1:0';
const START_BOUND_MS = 12_000;

export interface Engine {
  readonly api: EngineApi;
  /** `http://host:port` for OTLP over gRPC. */
  readonly otlpUrl: string;
  /** And over HTTP. */
  readonly otlpHttpUrl: string;
}

/** The line that the engine logs when all its servers listen. */
interface ListeningLine {
  readonly msg: 'engine listening';
  readonly otlpGrpc: string;
  readonly otlpHttp: string;
  readonly api: string;
}

/**
 * Starts an engine on ports of the system's choice and waits until it is ready.
 *
 * @param environment settings beside the demo's own
 * @param moreWords what else stands on its command line
 */
export async function startEngine(
  household: Household,
  environment: Readonly<Record<string, string>>,
  stop: AbortSignal,
  moreWords: readonly string[] = [],
): Promise<Engine> {
  if (!existsSync(ENGINE_PATH)) throw new Error('the engine is not built; run "npm run build" first');
  const words = [ENGINE_PATH, 'engine', '--otlp-grpc', ADDRESS, '--otlp-http', ADDRESS, '--api', ADDRESS, ...moreWords];
  const child = household.add({ name: 'engine', words, environment });
  const startedMs = performance.now();
  const line = await eventually(listeningLine(child), START_BOUND_MS, stop);
  if (!line) throw new Error(`the engine did not say where it listens within ${START_BOUND_MS / 1000} s`);
  const api = new EngineApi(`http://${line.api}`);
  const leftMs = startedMs + START_BOUND_MS - performance.now();
  const isReady = await eventually(async () => (await unlessStopped(api.isReady(), stop)) || undefined, leftMs, stop);
  if (!isReady) throw new Error(`the engine at ${api.url} was not ready within ${START_BOUND_MS / 1000} s`);
  return { api, otlpUrl: `http://${line.otlpGrpc}`, otlpHttpUrl: `http://${line.otlpHttp}` };
}

function listeningLine(child: Child): () => ListeningLine | undefined {
  let found: ListeningLine | undefined;
  child.on('line', (line) => {
    if (found || !line.includes('engine listening')) return;
    try {
      found = JSON.parse(line) as ListeningLine;
    } catch {
      // Not a line of the log; the bound above speaks when the right one never comes.
    }
  });
  return () => found;
}
