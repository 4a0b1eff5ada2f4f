// SPDX-License-Identifier: Apache-2.0
/** `panorama engine` as a user starts it: the built program, on ports that are free. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './imports.js';

export const BIN = path.join(ROOT, 'dist/cli/main.js');

/** Any port will do. */
export const FREE_PORTS = ['--otlp-grpc', '127.0.0.1:0', '--otlp-http', '127.0.0.1:0', '--api', '127.0.0.1:0'];

export interface EngineProcess {
  readonly process: ChildProcess;
  readonly addresses: { readonly otlpGrpc: string; readonly otlpHttp: string; readonly api: string };
}

/** Resolves once the engine listens. */
export async function startEngineProcess(...flags: readonly string[]): Promise<EngineProcess> {
  const child = spawn(process.execPath, [BIN, 'engine', ...FREE_PORTS, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const entry = JSON.parse(line) as { msg: string } & EngineProcess['addresses'];
    if (entry.msg !== 'engine listening') continue;
    child.stdout.resume();
    return { process: child, addresses: entry };
  }
  throw new Error('the engine ended before it listened');
}
