// SPDX-License-Identifier: Apache-2.0
/** The ingest benchmark beside a real Collector: both take the same load, and the line says how they compare. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/imports.js';
import { whyWithoutCollector } from './programs.js';

const without = whyWithoutCollector();
const FLAGS = ['--rounds', '2', '--seconds', '0.5', '--views', '160', '--gzip'];

describe('npm run bench -- ingest --vs-collector', () => {
  it.skipIf(without)(
    'loads the engine and the Collector in turn, and ends with the worse of both transports',
    async () => {
      const run = path.join(ROOT, 'bench/dist/run.js');
      const { stdout } = await promisify(execFile)(process.execPath, [run, 'ingest', '--vs-collector', ...FLAGS]);
      const lines = stdout.trimEnd().split('\n');
      for (const transport of ['grpc', 'http']) {
        for (const name of ['engine', 'Collector']) {
          const line = lines.find((each) => each.startsWith(`${transport} ${name} `)) ?? '';
          expect(Number(/(\d+) spans\/s/.exec(line)?.[1])).toBeGreaterThan(0);
        }
      }
      const figures = JSON.parse((lines.at(-1) ?? '').replace('BENCH ', ''));
      const { grpc, http } = figures;
      for (const ratio of ['ratio_cpu', 'ratio_rss']) {
        expect(figures[ratio]).toBe(Math.min(grpc[ratio], http[ratio]));
        expect(figures[ratio]).toBeGreaterThan(0);
      }
    },
  );
});
