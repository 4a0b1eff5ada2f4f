// SPDX-License-Identifier: Apache-2.0
/** The example of README.md's "Send to the engine", as a shell runs it, against an engine on other ports. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BIN, type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { read } from '../support/pages.js';

const STARTS_ENGINE = 'npx panorama engine &\n';

let engine: EngineProcess;
beforeAll(async () => {
  engine = await startEngineProcess();
});
afterAll(() => engine.process.kill('SIGKILL'));

it('the example of what to send to an engine ends in the verdict that it promises', async () => {
  const section = read('README.md').split('## Send to the engine')[1]?.split('\n## ')[0] ?? '';
  const example = /```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  expect(example.startsWith(STARTS_ENGINE)).toBe(true);
  const { otlpHttp, api } = engine.addresses;
  const script = example
    .slice(STARTS_ENGINE.length)
    .replaceAll('127.0.0.1:4318', otlpHttp)
    .replaceAll('127.0.0.1:16688', api)
    .replaceAll('npx panorama', `"${process.execPath}" "${BIN}"`);
  const env = { ...process.env, NO_COLOR: '1', PANORAMA_API: api };
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { env, timeout: 20_000 });
  expect(stdout).toMatch(/^shop +unhealthy /m);
  expect(stdout).toMatch(/^panorama_engine_spans_total\{[^}]*role="call"[^}]*\} 6$/m);
  expect(stdout).toContain('✔ spans arrive');
});
