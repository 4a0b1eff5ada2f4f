// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- NAME`: every figure in the docs comes from here. A benchmark compares by alternating in one process
 * and reports medians, because machines are noisy; its last line is `BENCH {json}`. With `--rounds N` it is quick, to see
 * that it runs; `--gb N` is the size of the history of `recovery` and `judge`, and `--views N`
 * leaves out the larger worlds of `judge`. The options of `ingest` stand in docs/benchmarks.md, those of `detection`, `judges` and
 * `soak` in docs/benchmarks/detection.md.
 */
import { benchBaggage } from './baggage.js';
import { benchDetection } from './detection.js';
import { benchIngest } from './ingest.js';
import { benchJudge } from './judge.js';
import { benchJudges } from './judges.js';
import { benchPage } from './page.js';
import { benchProcessor } from './processor.js';
import { benchRecovery } from './recovery.js';
import { benchReplay } from './replay.js';
import { benchSoak } from './soak.js';

const BENCHES: Readonly<Record<string, (rounds?: number) => Promise<object>>> = {
  baggage: benchBaggage,
  detection: () =>
    benchDetection({
      only: textAfter('--only'),
      runs: numberAfter('--runs'),
      judge: textAfter('--judge'),
      out: textAfter('--out'),
      record: textAfter('--record'),
      noCollector: process.argv.includes('--no-collector'),
    }),
  ingest: (rounds) => benchIngest({ rounds, ...ingestOptions() }),
  judge: (rounds) => benchJudge(rounds, numberAfter('--views'), numberAfter('--gb')),
  judges: () => benchJudges(process.argv[3]),
  page: (rounds) =>
    benchPage({
      subjects: numberAfter('--subjects'),
      changes: numberAfter('--changes'),
      seconds: numberAfter('--seconds'),
      rounds,
    }),
  processor: benchProcessor,
  replay: (rounds) => benchReplay(filesGiven(), rounds),
  soak: () => benchSoak({ minutes: numberAfter('--minutes'), system: textAfter('--system') }),
  recovery: (rounds) => benchRecovery(numberAfter('--gb'), rounds),
};

const name = process.argv[2] ?? '';
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench) {
  try {
    const figures = await bench(roundsWanted());
    process.stdout.write(`BENCH ${JSON.stringify({ bench: name, ...figures })}\n`);
  } catch (error) {
    process.stderr.write(`bench ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
} else {
  process.stderr.write(
    `usage: npm run bench -- NAME [--rounds N] [--gb N], with NAME one of: ${Object.keys(BENCHES).join(', ')}
  detection [--only F1,F2] [--runs N] [--judge NAME] [--out DIR] [--record DIR] [--no-collector]
  judges DIR    what each judge would have said of what detection --record DIR has recorded
  page [--subjects N] [--changes N] [--seconds N]
  replay [FILE...] how fast panorama replay reads a recording
  soak [--minutes N] [--system NAME]
`,
  );
  process.exitCode = 64;
}

function ingestOptions() {
  return {
    seconds: numberAfter('--seconds'),
    views: numberAfter('--views'),
    spansPerRequest: numberAfter('--spans-per-request'),
    inFlight: numberAfter('--in-flight'),
    cores: numberAfter('--cores'),
    workers: textAfter('--workers'),
    transport: textAfter('--transport'),
    profile: textAfter('--profile'),
    gzip: process.argv.includes('--gzip'),
    vsCollector: process.argv.includes('--vs-collector'),
  };
}

/** What stands between the name and the first flag. */
function filesGiven(): readonly string[] {
  const given = process.argv.slice(3);
  const flag = given.findIndex((word) => word.startsWith('--'));
  return flag < 0 ? given : given.slice(0, flag);
}

function roundsWanted(): number | undefined {
  const rounds = numberAfter('--rounds');
  return Number.isInteger(rounds) ? rounds : undefined;
}

/** The number after a flag; `undefined` where there is none above 0. */
function numberAfter(flag: string): number | undefined {
  const at = process.argv.indexOf(flag);
  const number = Number(process.argv[at + 1]);
  return at > 0 && number > 0 ? number : undefined;
}

/** What stands after a flag; `undefined` where it is not given. */
function textAfter(flag: string): string | undefined {
  const at = process.argv.indexOf(flag);
  return at > 0 ? process.argv[at + 1] : undefined;
}
