// SPDX-License-Identifier: Apache-2.0
/**
 * What the guest costs its host: the processor on a span that went well, and the whole guest, as `startPanorama` sets it
 * up, on an HTTP service under load.
 */
import { compareHttp, type HttpFigures } from './http-service/comparison.js';
import type { Spread } from './rounds.js';
import { type SpanFigures, spanCost } from './span-cost.js';

/** Of 10,000 spans each: ten million. */
const SPAN_ROUNDS = 1000;

/** Turns so short that a round sees the same machine in all of them. */
const LOAD = { rounds: 14, turns: 16, turnMs: 120, warmUpRounds: 4 };

/** For so few rounds that they show no more than that it runs. */
const QUICK_LOAD = { turns: 2, turnMs: 100, warmUpRounds: 1 };
const QUICK_ROUNDS_MAX = 5;

/** @param rounds of spans and of load; default: 1000 and 14, about four minutes */
export async function benchProcessor(rounds?: number): Promise<object> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const spans = await spanCost(rounds ?? SPAN_ROUNDS);
  saySpans(spans, say);
  const quick = rounds !== undefined && rounds <= QUICK_ROUNDS_MAX;
  const http = await compareHttp({ ...LOAD, ...(quick && QUICK_LOAD), rounds: rounds ?? LOAD.rounds }, say);
  sayHttp(http, say);
  const { throughput, p50, p99, cpu } = http.changes.guest;
  return {
    ns_per_span: Math.round(spans.addedNs.median),
    heap_growth_mb: rounded(spans.growthMb),
    heap_mb: rounded(http.heapMb.guest),
    throughput_change_pct: rounded(throughput.median),
    p50_change_pct: rounded(p50.median),
    p99_change_pct: rounded(p99.median),
    cpu_pct: rounded(cpu.median),
  };
}

function saySpans({ spanCount, baseNs, addedNs, baseBytes, addedBytes, growthMb }: SpanFigures, say: Say): void {
  say(`${spanCount} healthy client spans with the processor, as many without, medians (and quartiles):`);
  say(`  the SDK alone       ${baseNs.toFixed(0)} ns and ${baseBytes.toFixed(0)} bytes a span`);
  say(`  the processor adds  ${shown(addedNs, 0)} ns and ${shown(addedBytes, 0)} bytes a span`);
  say(`  heap growth         ${growthMb.toFixed(1)} MB`);
}

function sayHttp({ base, rate, changes, heapMb }: HttpFigures, say: Say): void {
  say(
    `  without us: ${base.throughput.toFixed(0)} requests a second of ${base.cpuUs.toFixed(0)} µs CPU time; at ` +
      `${rate.toFixed(0)} a second p50 ${base.p50.toFixed(2)} ms, p99 ${base.p99.toFixed(2)} ms`,
  );
  for (const [variant, change] of Object.entries(changes)) {
    say(
      `  with the ${variant === 'guest' ? 'whole guest' : 'processor alone'}, change in % (worse is positive), quartiles:`,
    );
    say(`    throughput ${shown(change.throughput)}, CPU a request ${shown(change.cpu)}`);
    say(`    p50 ${shown(change.p50)}, p99 ${shown(change.p99)}, CPU a request at that rate ${shown(change.openCpu)}`);
    say(`    heap ${heapMb[variant as keyof typeof heapMb].toFixed(1)} MB more`);
  }
}

type Say = (line: string) => void;

function shown({ median, low, high }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}
