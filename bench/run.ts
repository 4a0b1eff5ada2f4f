// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- NAME`: every figure in the docs comes from here. A benchmark compares by alternating in one process
 * and reports medians, because machines are noisy; its last line is `BENCH {json}`.
 */
import { benchBaggage } from './baggage.js';
import { benchProcessor } from './processor.js';

const BENCHES: Readonly<Record<string, () => Promise<object>>> = { baggage: benchBaggage, processor: benchProcessor };

const name = process.argv[2] ?? '';
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench) {
  const figures = await bench();
  process.stdout.write(`BENCH ${JSON.stringify({ bench: name, ...figures })}\n`);
} else {
  process.stderr.write(`usage: npm run bench -- NAME, with NAME one of: ${Object.keys(BENCHES).join(', ')}\n`);
  process.exitCode = 64;
}
