// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- replay [FILE…]`: how fast `panorama replay` reads a recording, as a user runs it, on one core where the machine lets
 * us. Without files it is given a million spans as the Collector's `file` exporter writes protobuf, those of the load that
 * docs/benchmarks.md describes; each lap of the load is a second.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandAt, sharing } from './child.js';
import { PREFIX_BYTES, RequestTemplate } from './ingest/request-template.js';
import { median } from './rounds.js';

const SPANS = 1_000_000;
const SPANS_PER_REQUEST = 512;

/** Instances of each service: 25 requests a second of the data, 10,000 views. */
const NODES = 25;
const LAP_MS = 1000;

/** Before a message the exporter puts its length alone; a gRPC frame has a flag before that. */
const FLAG_BYTES = PREFIX_BYTES - 4;

const ROUNDS = 5;
const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export async function benchReplay(files: readonly string[], rounds: number = ROUNDS): Promise<object> {
  const folder = files.length > 0 ? undefined : await mkdtemp(path.join(tmpdir(), 'panorama-replay-'));
  try {
    const recorded = folder === undefined ? files : [await writeRecording(path.join(folder, 'spans.proto'))];
    const sizes = await Promise.all(recorded.map(async (file) => (await stat(file)).size));
    const mb = sizes.reduce((sum, size) => sum + size, 0) / 1e6;
    process.stdout.write(`${recorded.length} files, ${mb.toFixed(0)} MB; ${sharing()}\n`);
    const seconds: number[] = [];
    let spans = 0;
    for (let round = 0; round < rounds; round++) {
      const startMs = performance.now();
      spans = await replayed(recorded);
      seconds.push((performance.now() - startMs) / 1000);
      process.stdout.write(`${spans} spans in ${seconds.at(-1)?.toFixed(2)} s\n`);
    }
    const middle = median(seconds);
    return {
      ...{ spans, megabytes: Math.round(mb), seconds: Number(middle.toFixed(2)) },
      spans_per_s: Math.round(spans / middle),
    };
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true });
  }
}

async function writeRecording(file: string): Promise<string> {
  const shape = { nodeCount: NODES, spansPerRequest: SPANS_PER_REQUEST };
  const templates = Array.from({ length: NODES }, (_, node) => new RequestTemplate(node, shape, 1));
  const out = createWriteStream(file);
  const startMs = 1_700_000_000_000;
  for (let written = 0, number = 0; written < SPANS; number++) {
    for (const template of templates) {
      template.write({ number, startMs: startMs + number * LAP_MS });
      // A copy, for the template is written over before the stream has it on disk.
      if (!out.write(Buffer.from(template.frame.subarray(FLAG_BYTES)))) await once(out, 'drain');
      written += template.spanCount;
    }
  }
  out.end();
  await once(out, 'close');
  return file;
}

/** Runs the command and returns how many spans it says it read. */
async function replayed(files: readonly string[]): Promise<number> {
  const command = [process.execPath, CLI, 'replay', ...files, '--json', '--no-progress'];
  const [program = '', ...args] = commandAt('measured', command);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const spans = /([\d,]+) spans in /.exec(said)?.[1]?.replaceAll(',', '');
  if (code !== 0 || spans === undefined) throw new Error(`panorama replay ended with ${code}: ${said}`);
  return Number(spans);
}
