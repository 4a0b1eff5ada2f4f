// SPDX-License-Identifier: Apache-2.0
/** A log that nobody reads takes no more room than it may, and whoever reads it later is told what is missing. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { boundedLog, WAITING_BYTES_MAX } from '../../src/engine/bounded-log.js';
import { freshFolder } from './journal/records.js';

interface Line {
  readonly msg: string;
  readonly at?: number;
  readonly lines?: number;
}

/** A pipe without a reader. With both of its ends in one hand it can be opened before there is one. */
function freshPipe(): { readonly file: string; readonly fd: number } {
  const file = path.join(freshFolder(), 'pipe');
  execFileSync('mkfifo', [file]);
  return { file, fd: openSync(file, constants.O_RDWR) };
}

it('a log that is not read loses what there is no room for, and says how many lines', async () => {
  const { file, fd } = freshPipe();
  const log = boundedLog('info', fd);
  const padding = 'x'.repeat(1000);
  const written = Math.ceil((2 * WAITING_BYTES_MAX) / padding.length);
  for (let at = 0; at < written; at++) log.info({ at, padding }, 'line');
  const input = createReadStream(file);
  const lines: Line[] = [];
  for await (const text of createInterface({ input })) {
    lines.push(JSON.parse(text) as Line);
    if (lines.at(-1)?.lines !== undefined) break;
  }
  input.destroy();
  closeSync(fd);
  const told = lines.length - 1;
  expect(lines.slice(0, told).map(({ at }) => at)).toEqual(Array.from({ length: told }, (_, at) => at));
  expect(told * padding.length).toBeGreaterThan(WAITING_BYTES_MAX / 2);
  expect(told * padding.length).toBeLessThan(WAITING_BYTES_MAX + 64 * 1024);
  expect(lines.at(-1)).toMatchObject({ lines: written - told });
});
