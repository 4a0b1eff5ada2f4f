// SPDX-License-Identifier: Apache-2.0
/** Three processes and the sockets between them: each server span names its caller, and all name the one who began. */
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Child, startChild } from '../../support/child.js';

let children: Child[] = [];
afterEach(() => {
  for (const { process } of children) process.kill('SIGKILL');
  children = [];
});

async function hop(
  service: string,
  instance: string,
  by: 'fetch' | 'http' | 'nobody',
  next = '',
): Promise<[Child, string]> {
  const child = startChild(path.join(import.meta.dirname, 'fixtures', 'hop.mjs'), [service, instance, by, next], {
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  });
  children.push(child);
  const { port } = (await child.next()) as { port: number };
  return [child, `http://127.0.0.1:${port}/`];
}

describe('a request through three processes', () => {
  it.each([
    ['http', 'fetch'],
    ['fetch', 'http'],
  ] as const)('by %s, then by %s', async (first, second) => {
    const [last, lastAt] = await hop('datanode', 'dn2', 'nobody');
    const [middle, middleAt] = await hop('names', 'n1', second, lastAt);
    const [edge] = await hop('client', 'c1', first, middleAt);
    const told = Promise.all([last.next(), middle.next()]);
    expect(await edge.ask('go')).toBe('handed on');
    expect(await told).toEqual([
      { observer: 'names/n1', origin: 'client/c1' },
      { observer: 'client/c1', origin: 'client/c1' },
    ]);
  });
});
