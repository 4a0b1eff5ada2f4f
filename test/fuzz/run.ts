// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run test:fuzz`: random mutations of valid requests, `--count` of them for each decoder (1,250,000), from a `--seed`
 * that is printed. It ends with 1 where a decoder threw what is no refusal, made what cannot be, hung or kept memory; each
 * finding is printed with the command that repeats it. `--seconds` ends it early, `--only` chooses decoders by the beginning
 * of their names, `--from` begins at another mutation.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { ThreadMessage, ThreadOptions } from './fuzzing-thread.js';

const COUNT = '1250000';

/** A decoder that takes so long over one mutation hangs. A machine that is busy elsewhere is not still for as long. */
const HANG_MS = 30_000;

const PROGRESS_MS = 5000;

/** MiB of the thread's heap: the corpus and one request at a time take ten. */
const HEAP_MIB_MAX = 256;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: COUNT },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string', default: '' },
    targets: { type: 'string' },
    'hang-ms': { type: 'string', default: String(HANG_MS) },
  },
});

const seed = values.seed === undefined ? Date.now() % 2 ** 32 : wholeNumber('seed', values.seed);
const hangMs = wholeNumber('hang-ms', values['hang-ms']);
const options: ThreadOptions = {
  seed,
  from: wholeNumber('from', values.from),
  count: wholeNumber('count', values.count),
  only: values.only,
  targetsUrl: values.targets,
  durationMs: values.seconds === undefined ? Number.POSITIVE_INFINITY : 1000 * wholeNumber('seconds', values.seconds),
  place: new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT),
};
const place = new Float64Array(options.place);

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`--${name}: ${JSON.stringify(text)} is not a whole number`);
}

let names: readonly string[] = [];
let findings = 0;
let mutations = 0;

function found(what: string, target: string, index: number, count = 1, base64 = ''): void {
  findings++;
  console.log(`FOUND in ${target}: ${what}`);
  console.log(`  npm run test:fuzz -- --seed ${seed} --only '${target}' --from ${index} --count ${count}`);
  if (base64) console.log(`  ${base64}`);
}

function heard(message: ThreadMessage): void {
  switch (message.kind) {
    case 'targets':
      names = message.names;
      break;
    case 'finding': {
      const { what, target, index, count, base64 } = message.finding;
      found(what, target, index, count, base64);
      break;
    }
    case 'done': {
      const { taken, refused, slowestMs, bytes } = message.tally;
      mutations += message.count;
      const size = Math.round(bytes / Math.max(1, message.count));
      console.log(
        `${message.name}: ${message.count} mutations of ${size} bytes, ${taken} taken, ${refused} refused, slowest ${slowestMs.toFixed(1)} ms, heap grew by ${message.heapGrowth} bytes`,
      );
    }
  }
}

console.log(`seed ${seed}: ${options.count} mutations for each decoder, from ${options.from}`);
const worker = new Worker(new URL('./fuzzing-thread.js', import.meta.url), {
  workerData: options,
  resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
});

let lastPlace = '';
let lastMovedMs = performance.now();
let lastToldMs = performance.now();
const watch = setInterval(
  () => {
    const [target = 0, index = 0] = place;
    const nowMs = performance.now();
    if (`${target} ${index}` !== lastPlace || names.length === 0) {
      lastPlace = `${target} ${index}`;
      lastMovedMs = nowMs;
    } else if (nowMs - lastMovedMs > hangMs) {
      found(`it hangs: nothing for ${hangMs} ms`, names[target] ?? '?', index);
      void worker.terminate();
    }
    if (nowMs - lastToldMs < PROGRESS_MS) return;
    lastToldMs = nowMs;
    console.log(`${names[target] ?? 'the corpus'}: at ${index}, ${findings} found`);
  },
  Math.min(500, hangMs),
);

worker.on('message', heard);
worker.on('error', (error) => found(`the thread ended: ${error.message}`, names[place[0] ?? 0] ?? '?', place[1] ?? 0));
worker.on('exit', () => {
  clearInterval(watch);
  console.log(`FUZZ ${JSON.stringify({ seed, mutations, findings })}`);
  process.exitCode = findings === 0 && mutations > 0 ? 0 : 1;
});
