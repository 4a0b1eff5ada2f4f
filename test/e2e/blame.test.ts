// SPDX-License-Identifier: Apache-2.0
/**
 * A calls B, B calls C, each a process of its own, and C falls ill. No ordinary span leaves them: who is to blame is known from
 * what the answers carry alone.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { type RunningEngine, startEngine } from '../../src/engine/main.js';
import { type Child, startChild } from '../support/child.js';
import { until } from '../support/until.js';

const CALL_COUNT = 20;

const children: Child[] = [];
let engine: RunningEngine | undefined;
let folder: string | undefined;
afterEach(async () => {
  for (const { process } of children) process.kill('SIGKILL');
  await engine?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** Starts a service. @returns where it answers */
async function start(service: string, engineUrl: string, behind: string): Promise<{ child: Child; url: string }> {
  const child = startChild(path.join(import.meta.dirname, 'fixtures', 'relay.mjs'), [engineUrl, behind], {
    OTEL_SERVICE_NAME: service,
    OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${service}-1`,
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    // A call that is suspected first, on a machine that is busy, would be told of by its address.
    PANORAMA_HUNG_FLOOR_MS: '60000',
  });
  children.push(child);
  return { child, ...((await child.next()) as { url: string }) };
}

it('A → B → C with C ill: the answers alone make C the culprit, and B its victim', async () => {
  const running = await startEngine(
    { otlpGrpc: '127.0.0.1:0', otlpHttp: '127.0.0.1:0', api: '127.0.0.1:0' },
    { log: pino({ level: 'silent' }) },
  );
  engine = running;
  folder = await mkdtemp(path.join(tmpdir(), 'relay-'));
  const file = path.join(folder, 'answer');
  await writeFile(file, 'well');
  const engineUrl = `http://${running.otlpGrpc}`;
  const c = await start('c', engineUrl, file);
  const b = await start('b', engineUrl, c.url);
  const a = await start('a', engineUrl, b.url);
  expect(await a.child.ask(String(CALL_COUNT))).toEqual({ failedCount: 0 });
  await rm(file);
  expect(await a.child.ask(String(CALL_COUNT))).toEqual({ failedCount: CALL_COUNT });

  const blameOf = (subject: string) => running.reader.report({ environment: '', subject })?.verdict.blame;
  await until('B to be known as a victim', () => (blameOf('b/b-1')?.root === 'c/c-1' ? true : undefined));
  expect(blameOf('b/b-1')).toEqual({ root: 'c/c-1', path: ['b/b-1', 'c/c-1'], share: 1 });
  expect(blameOf('c/c-1')).toEqual({ root: 'c/c-1', path: ['c/c-1'], share: 1 });
  const { spans, observations } = running.reader.counts();
  expect(spans).toBe(observations);
});
