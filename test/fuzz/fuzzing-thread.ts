// SPDX-License-Identifier: Apache-2.0
/**
 * The thread in which the mutations are tried. It counts in shared memory, so that whoever watches it knows at which
 * mutation it hangs; and its heap has a limit, so that a decoder that holds on to what it read does not get far.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { makeCorpus } from './corpus.js';
import { type Finding, Fuzzing, type Tally } from './fuzzing.js';
import { loadTargets, type Target } from './targets.js';

export interface ThreadOptions {
  readonly seed: number;
  readonly from: number;
  /** Mutations for each target. */
  readonly count: number;
  /** Names of the targets; those that begin with the text. */
  readonly only: string;
  /** A module that exports `loadTargets`, in place of the engine's own. */
  readonly targetsUrl: string | undefined;
  /** How long the run may take, in ms; each target gets its share. */
  readonly durationMs: number;
  /** The mutation now tried, and which target's. */
  readonly place: SharedArrayBuffer;
}

export type ThreadMessage =
  | { readonly kind: 'targets'; readonly names: readonly string[] }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | {
      readonly kind: 'done';
      readonly name: string;
      readonly count: number;
      readonly tally: Tally;
      readonly heapGrowth: number;
    };

/** How often the time is looked at, in mutations, and how often the heap. */
const TIME_EVERY = 1000;
const LOOK_EVERY = 50_000;

/** Growth of the heap since the first look, in bytes. Two bytes kept of each mutation show in ten million. */
const HEAP_GROWTH_MAX = 16 * 1024 * 1024;

/** Findings of one target, after which there is no point in going on. */
const FINDINGS_MAX = 10;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
// Most mutations end in an error, and nobody reads where in the decoder it was made.
Error.stackTraceLimit = 0;

const options = workerData as ThreadOptions;
const place = new Float64Array(options.place);
const say = (message: ThreadMessage): void => parentPort?.postMessage(message);

function heapBytes(): number {
  collectGarbage();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

function run(target: Target, fuzzing: Fuzzing, durationMs: number): void {
  const endMs = performance.now() + durationMs;
  const seen = new Set<string>();
  let count = 0;
  let firstBytes: number | undefined;
  let heapGrowth = 0;
  const end = options.from + options.count;
  for (let index = options.from; index < end && seen.size < FINDINGS_MAX; index++) {
    place[1] = index;
    const finding = fuzzing.try(index);
    count++;
    if (finding && !seen.has(finding.what)) {
      seen.add(finding.what);
      say({ kind: 'finding', finding });
    }
    if (count % TIME_EVERY === 0 && performance.now() >= endMs) break;
    if (count % LOOK_EVERY !== 0) continue;
    const bytes = heapBytes();
    // Until the second look code is still being compiled and tables are filled.
    if (count >= 2 * LOOK_EVERY) firstBytes ??= bytes;
    if (firstBytes === undefined) continue;
    heapGrowth = bytes - firstBytes;
    if (heapGrowth > HEAP_GROWTH_MAX) {
      const what = `the heap has grown by ${heapGrowth} bytes in ${count} mutations`;
      say({
        kind: 'finding',
        finding: { target: target.name, seed: options.seed, index: options.from, count, what, base64: '' },
      });
      break;
    }
  }
  say({ kind: 'done', name: target.name, count, tally: fuzzing.tally, heapGrowth });
}

const source = options.targetsUrl
  ? ((await import(options.targetsUrl)) as { readonly loadTargets: typeof loadTargets })
  : { loadTargets };
const targets = (await source.loadTargets()).filter(({ name }) => name.startsWith(options.only));
const corpus = await makeCorpus();
say({ kind: 'targets', names: targets.map(({ name }) => name) });
for (const [index, target] of targets.entries()) {
  const fuzzing = new Fuzzing(target, corpus, options.seed);
  place[0] = index;
  run(target, fuzzing, options.durationMs / targets.length);
}
