// SPDX-License-Identifier: Apache-2.0
/** `node --import panorama-otel/register`: nothing to write, nothing that stops the program, and faults that are heard. */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/imports.js';

const REGISTER = pathToFileURL(path.join(ROOT, 'dist/register.js')).href;

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program that says hello, without any exporter that would wait for a server. */
function run(env: Readonly<Record<string, string>>, cwd = ROOT, flags = ['--import', REGISTER]): Promise<Result> {
  const quiet = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none' };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, '-e', 'console.log("hello")'],
      { cwd, env: { ...process.env, ...quiet, ...env }, timeout: 20_000 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

describe('a program with panorama-otel/register', () => {
  it('runs and ends by itself, with nothing to say where all is well', async () => {
    expect(await run({})).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'an engine address that is none',
      { PANORAMA_ENDPOINT: 'ftp://engine' },
      /"ftp:\/\/engine" is no address of an engine/,
    ],
    [
      'a protocol that is none',
      { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'bogus' },
      /PROTOCOL=bogus is none of/,
    ],
    ['a number that is none', { PANORAMA_WINDOW_MS: 'often' }, /PANORAMA_WINDOW_MS=often is no number/],
    ['a sampler that is none', { OTEL_TRACES_SAMPLER: 'rarely' }, /OTEL_TRACES_SAMPLER=rarely is none of/],
    ['an exporter that is not known', { OTEL_TRACES_EXPORTER: 'zipkin' }, /OTEL_TRACES_EXPORTER=zipkin is not known/],
  ])('runs with %s, and says so', async (_what, env, said) => {
    const { code, stdout, stderr } = await run(env);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello\n' });
    expect(stderr).toMatch(/PanoramaWarning/);
    expect(stderr).toMatch(said);
  });

  it.each(['engine.internal:4317', 'http://127.0.0.1:4317', 'https://engine.internal'])(
    'takes the engine address %s',
    async (url) => {
      expect((await run({ PANORAMA_ENDPOINT: url })).stderr).toBe('');
    },
  );

  it('is the same with --require, which the module loader of Node heeds too', async () => {
    expect(await run({}, ROOT, ['--require', fileURLToPath(REGISTER)])).toEqual({
      code: 0,
      stdout: 'hello\n',
      stderr: '',
    });
  });

  it.each([
    ['PANORAMA_ENABLED', 'false'],
    ['OTEL_SDK_DISABLED', 'true'],
  ])('does nothing at all with %s=%s, not even look for instrumentations', async (name, value) => {
    expect(await run({ [name]: value }, tmpdir())).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
  });

  it('says so where no instrumentation is installed', async () => {
    expect((await run({}, tmpdir())).stderr).toContain('no instrumentation is installed');
  });
});
