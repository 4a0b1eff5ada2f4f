// SPDX-License-Identifier: Apache-2.0
/**
 * A process in Python that calls datanodes, with OpenTelemetry's own SDK and nothing of ours. By the conventions that it has by
 * default, HTTP's old ones, it says whom it called in a URL only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pythonWithSdk } from './programs.js';

/** Who it says that it is. */
export const PYTHON_CALLER = 'python-client/py-1';

export interface PythonCaller {
  /** Lets it export what it has, and end. */
  close(): Promise<void>;
}

/**
 * @param otlpGrpc `host:port` to which it exports
 * @param urls of the datanodes
 */
export async function startPythonCaller(otlpGrpc: string, urls: readonly string[]): Promise<PythonCaller> {
  const [service = '', instance = ''] = PYTHON_CALLER.split('/');
  const child = spawn(pythonWithSdk(), [path.join(import.meta.dirname, 'fixtures', 'python_caller.py'), ...urls], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      OTEL_SERVICE_NAME: service,
      OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${instance}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${otlpGrpc}`,
      // Soon, so that a test need not wait for its batches.
      OTEL_BSP_SCHEDULE_DELAY: '500',
    },
  });
  const gone = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    if (line !== 'writing') continue;
    const close = async () => {
      child.stdin.end();
      await gone;
    };
    return { close };
  }
  throw new Error('the caller in Python ended before it wrote anything');
}
