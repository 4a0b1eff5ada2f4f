// SPDX-License-Identifier: Apache-2.0
/** A child that tests speak to: however often, it keeps nothing of what was asked. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startChild } from './child.js';

const folder = mkdtempSync(path.join(tmpdir(), 'child-'));
const echo = path.join(folder, 'echo.mjs');
writeFileSync(echo, `process.on('message', (said) => (said === 'end' ? process.exit(3) : process.send(said)));\n`);
afterAll(() => rmSync(folder, { recursive: true }));

it('has no more listeners after many answers than after one, and after its end none', async () => {
  const child = startChild(echo, []);
  const listenerCount = () => child.process.listenerCount('message') + child.process.listenerCount('exit');
  const own = listenerCount();
  for (const said of ['a', 'b', 'c']) expect(await child.ask(said)).toBe(said);
  expect(listenerCount()).toBe(own);
  const gone = once(child.process, 'exit');
  await expect(child.ask('end')).rejects.toThrow('ended early with 3');
  await gone;
  expect(listenerCount()).toBe(own);
});
