// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- NAME`: every figure in the docs comes from here. A benchmark compares by alternating in one process
 * and reports medians, because machines are noisy; its last line is `BENCH {json}`. With `--rounds N` it is quick, to see
 * that it runs.
 */
import { benchBaggage } from './baggage.js';
import { benchJudge } from './judge.js';
import { benchProcessor } from './processor.js';
import { benchRecording } from './recording.js';

const BENCHES: Readonly<Record<string, (rounds?: number) => Promise<object>>> = {
  baggage: benchBaggage,
  judge: benchJudge,
  processor: benchProcessor,
  recording: benchRecording,
};

const name = process.argv[2] ?? '';
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench) {
  const figures = await bench(roundsWanted());
  process.stdout.write(`BENCH ${JSON.stringify({ bench: name, ...figures })}\n`);
} else {
  process.stderr.write(
    `usage: npm run bench -- NAME [--rounds N], with NAME one of: ${Object.keys(BENCHES).join(', ')}\n`,
  );
  process.exitCode = 64;
}

function roundsWanted(): number | undefined {
  const at = process.argv.indexOf('--rounds');
  const rounds = Number(process.argv[at + 1]);
  return at > 0 && Number.isInteger(rounds) && rounds > 0 ? rounds : undefined;
}
