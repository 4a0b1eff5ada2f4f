// SPDX-License-Identifier: Apache-2.0
/** The `panorama` command as a script has it: the built program, and what it says and ends with. */
import { execFile } from 'node:child_process';
import { BIN } from './engine-process.js';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param env beside the test's own variables, in which no engine is named */
export function panorama(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  return new Promise((resolve) => {
    const all = { ...process.env, NO_COLOR: '1', PANORAMA_API: '', PANORAMA_OTLP: '', ...env };
    const child = execFile(process.execPath, [BIN, ...args], { env: all, timeout: 30_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
