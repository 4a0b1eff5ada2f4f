// SPDX-License-Identifier: Apache-2.0
/** `panorama engine` as a user starts it: the built program, on ports that are free. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './imports.js';

export const BIN = path.join(ROOT, 'dist/cli/main.js');

/** Any port will do. */
export const FREE_PORTS = ['--otlp-grpc', '127.0.0.1:0', '--otlp-http', '127.0.0.1:0', '--api', '127.0.0.1:0'];

/** A line of the engine's log. */
export interface LogEntry {
  readonly msg: string;
  readonly [name: string]: unknown;
}

export interface EngineProcess {
  readonly process: ChildProcess;
  readonly addresses: { readonly otlpGrpc: string; readonly otlpHttp: string; readonly api: string };
  /** What it has said until now; all of it once its process has closed. */
  readonly log: readonly LogEntry[];
}

/** Resolves once the engine listens. */
export async function startEngineProcess(...flags: readonly string[]): Promise<EngineProcess> {
  const child = spawn(process.execPath, [BIN, 'engine', ...FREE_PORTS, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const log: LogEntry[] = [];
  const lines = createInterface(child.stdout);
  const listening = await new Promise<LogEntry>((resolve, reject) => {
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as LogEntry;
      log.push(entry);
      if (entry.msg === 'engine listening') resolve(entry);
    });
    lines.on('close', () => reject(new Error('the engine ended before it listened')));
  });
  return { process: child, addresses: listening as unknown as EngineProcess['addresses'], log };
}
