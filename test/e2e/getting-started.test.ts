// SPDX-License-Identifier: Apache-2.0
/** The two services of `docs/getting-started.md`, as the page has them: one breaks, and the page's promise comes true. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { ROOT } from '../support/imports.js';
import { read } from '../support/pages.js';
import { until } from '../support/until.js';

/** How long any step may take on a busy machine, in ms. */
const PATIENCE_MS = 20_000;

const PAGE_PORT = '8081';

const children: ChildProcess[] = [];
let engine: EngineProcess | undefined;
let folder: string | undefined;
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  engine?.process.kill('SIGKILL');
  if (folder) await rm(folder, { recursive: true });
});

/** A folder with the page's files, and with what its `npm install` puts there. */
async function folderOfPage(port: string): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'getting-started-'));
  await writeFile(path.join(made, 'package.json'), '{ "type": "module" }');
  await mkdir(path.join(made, 'node_modules'));
  await symlink(ROOT, path.join(made, 'node_modules/panorama-otel'));
  await symlink(path.join(ROOT, 'node_modules/@opentelemetry'), path.join(made, 'node_modules/@opentelemetry'));
  const files = [...read('docs/getting-started.md').matchAll(/```js (\S+)\n([\s\S]*?)```/g)];
  expect(files.map(([, name]) => name)).toEqual(['stock.js', 'web.js']);
  for (const [, name, text] of files)
    await writeFile(path.join(made, name as string), (text as string).replaceAll(PAGE_PORT, port));
  return made;
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(typeof address === 'object' && address ? address.port : 0);
}

it(
  'a stock that never answers whoever reserves is found gray, and healthy once it is repaired',
  async () => {
    const port = await freePort();
    const home = await folderOfPage(port);
    folder = home;
    engine = await startEngineProcess();
    const { addresses } = engine;
    const start = (service: string, instance: string) => {
      const env = {
        ...process.env,
        PANORAMA_ENDPOINT: `http://${addresses.otlpGrpc}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://${addresses.otlpHttp}`,
        OTEL_SERVICE_NAME: service,
        OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${instance}`,
      };
      const words = ['--import', 'panorama-otel/register', `${service}.js`];
      children.push(spawn(process.execPath, words, { cwd: home, env, stdio: ['ignore', 'ignore', 'inherit'] }));
    };
    const ask = async (what: string) => (await fetch(`http://127.0.0.1:${port}/${what}`)).text();
    const isFound = (status: string, failure: string) =>
      until(
        `stock/stock-1 to be ${status}`,
        async () => {
          const answer = await (await fetch(`http://${addresses.api}/api/v1/subjects`)).json();
          const { subjects } = answer as { subjects: { subject: string; status: string; failure: string }[] };
          const own = subjects.find(({ subject }) => subject === 'stock/stock-1');
          return own?.status === status && own.failure === failure ? true : undefined;
        },
        PATIENCE_MS,
      );

    start('stock', 'stock-1');
    await until('the stock to listen', () => ask('items').catch(() => undefined), PATIENCE_MS);
    start('web', 'web-1');
    start('web', 'web-2');
    await isFound('healthy', 'none');
    await ask('break');
    await isFound('unhealthy', 'gray');
    expect(await ask('items')).toBe('ok\n');
    await ask('repair');
    await isFound('healthy', 'none');
  },
  5 * PATIENCE_MS,
);
