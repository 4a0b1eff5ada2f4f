// SPDX-License-Identifier: Apache-2.0
/**
 * The package as somebody gets it who has never seen it: packed, installed into an empty folder beside express, with the
 * lines of the README in the file that the README names. Needs the npm registry.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FREE_PORTS } from '../support/engine-process.js';
import { ROOT } from '../support/imports.js';
import { until } from '../support/until.js';

const run = promisify(execFile);

/** An application that is there already: express, and a call to somebody who answers 503. */
const APP = `
const express = require('express');
const sick = express().get('/', (_, response) => response.status(503).end()).listen(0, '127.0.0.1', () => {
  const app = express();
  app.get('/', async (_, response) => response.json((await fetch('http://127.0.0.1:' + sick.address().port)).status));
  const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, sick: sick.address().port })));
});
`;

let folder: string;
const ends: (() => void)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'panorama-packed-'));
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  const install = /npm install panorama-otel (.+)/.exec(readme)?.[1]?.split(' ') ?? [];
  const instrument = /in a file `instrument\.mjs`:\s+```js\n([\s\S]+?)```/.exec(readme)?.[1] ?? '';
  expect(install).toContain('@opentelemetry/instrumentation-http');
  expect(instrument).toContain('startPanorama(');
  const { stdout } = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
  });
  await writeFile(path.join(folder, 'package.json'), '{ "name": "app", "version": "1.0.0", "private": true }');
  await writeFile(path.join(folder, 'instrument.mjs'), instrument.replace(/^ {3}/gm, ''));
  await writeFile(path.join(folder, 'app.js'), APP);
  const quiet = ['--no-audit', '--no-fund', '--silent'];
  await run('npm', ['install', ...quiet, `./${stdout.trim()}`, 'express', ...install], {
    cwd: folder,
    timeout: 240_000,
  });
}, 300_000);

afterAll(async () => {
  for (const end of ends) end();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a program in the folder; its first line of JSON that has what is looked for. */
async function start<T>(command: readonly string[], has: string, env: NodeJS.ProcessEnv = {}): Promise<T> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ends.push(() => child.kill('SIGKILL'));
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line) as Record<string, unknown>;
    if (!(has in said)) continue;
    child.stdout.resume();
    return said as T;
  }
  throw new Error(`${command.join(' ')} ended before it said ${has}`);
}

it('the lines of the README make an express application an observer, in an empty folder', async () => {
  const engine = await start<Record<'otlpGrpc' | 'otlpHttp' | 'api', string>>(
    [process.execPath, 'node_modules/.bin/panorama', 'engine', ...FREE_PORTS],
    'otlpGrpc',
  );
  const app = await start<{ port: number; sick: number }>(
    [process.execPath, '--import', './instrument.mjs', 'app.js'],
    'port',
    {
      OTEL_METRICS_EXPORTER: 'none',
      PANORAMA_ENDPOINT: engine.otlpGrpc,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${engine.otlpHttp}`,
    },
  );
  for (let request = 0; request < 5; request++) {
    expect(await (await fetch(`http://127.0.0.1:${app.port}`)).json()).toBe(503);
  }
  const verdict = await until('a verdict on whoever answers 503', async () => {
    const answer = await fetch(`http://${engine.api}/api/v1/verdicts?status=unhealthy`);
    const { verdicts } = (await answer.json()) as { verdicts: { observersAgainst: string[]; operations: unknown[] }[] };
    return verdicts.find(({ observersAgainst }) => observersAgainst.some((observer) => observer.startsWith('shop/')));
  });
  expect(verdict.operations).toMatchObject([{ operation: 'GET', status: 'unhealthy' }]);
});
