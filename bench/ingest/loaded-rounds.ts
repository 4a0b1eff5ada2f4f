// SPDX-License-Identifier: Apache-2.0
/** Loads one or two processes in turn, round by round, and tells what each round took of them. */
import { type Child, startChild } from '../child.js';
import type { LoadMessage, LoadOrder, LoadResult, Transport } from './load-message.js';
import { cpuSecondsOf, mainCpuSecondsOf } from './process-figures.js';
import { lapsUntilAllCalled } from './request-template.js';
import type { UnderLoad } from './under-load.js';

/** Of load before anything is measured: by then code is compiled. */
const WARM_UP_SECONDS = 3;

/** How busy a process is kept that is not to be at its limit. */
const HALF = 0.5;

export interface LoadPlan extends Pick<LoadMessage, 'shape' | 'inFlight' | 'gzip'> {
  readonly rounds: number;
  /** Of one round. */
  readonly seconds: number;
  /** How many cores are kept for what is loaded. */
  readonly cores?: number | undefined;
}

/** One round of one process. */
export interface Round extends LoadResult {
  /** CPU seconds of the loaded process. */
  readonly cpuSeconds: number;
  /** Of these, those of its first thread. */
  readonly mainCpuSeconds: number;
  /** How late its event loop was, p99 in ms; `NaN` of a process without one. */
  readonly loopP99Ms: number;
}

export interface Rounds {
  /** As many spans as are taken. */
  readonly full: readonly Round[];
  /** Half as many a second. */
  readonly half: Round;
}

/** The rounds of each process, in the order of the processes. */
export async function loadedRounds(
  targets: readonly UnderLoad[],
  transport: Transport,
  plan: LoadPlan,
): Promise<readonly Rounds[]> {
  const { rounds, seconds, shape } = plan;
  const loads: Child[] = [];
  try {
    for (const { receivers, api } of targets) {
      const { inFlight, gzip } = plan;
      const message: LoadMessage = { transport, receiver: receivers[transport], api, shape, inFlight, gzip };
      loads.push(await startChild('ingest/load.js', 'rest', [JSON.stringify(message)], { measuredCores: plan.cores }));
    }
    const full: Round[][] = targets.map(() => []);
    const each = async (work: (target: UnderLoad, load: Child, index: number) => Promise<unknown>) => {
      for (const [index, target] of targets.entries()) await work(target, loads[index] as Child, index);
    };
    const warmUp = { seconds: Math.min(WARM_UP_SECONDS, 2 * seconds), lapsMin: lapsUntilAllCalled(shape) };
    await each((target, load) => roundOf(target, load, warmUp));
    for (let round = 0; round < rounds; round++) {
      await each(async (target, load, index) =>
        full[index]?.push(await roundOf(target, load, { seconds, lapsMin: 0 })),
      );
    }
    const result: Rounds[] = [];
    await each(async (target, load, index) => {
      const own = full[index] as Round[];
      const spansPerSecond = HALF * (own.reduce((sum, { spans }) => sum + spans, 0) / sumOfSeconds(own));
      result.push({
        full: own,
        half: await roundOf(target, load, { seconds: 2 * seconds, lapsMin: 0, spansPerSecond }),
      });
    });
    return result;
  } finally {
    for (const load of loads) await load.end();
  }
}

async function roundOf({ pid, loopDelay }: UnderLoad, load: Child, order: LoadOrder): Promise<Round> {
  await loopDelay?.();
  const before = cpuSecondsOf(pid);
  const mainBefore = mainCpuSecondsOf(pid);
  const result = (await load.ask(order)) as LoadResult;
  const cpuSeconds = cpuSecondsOf(pid) - before;
  const mainCpuSeconds = mainCpuSecondsOf(pid) - mainBefore;
  return { ...result, cpuSeconds, mainCpuSeconds, loopP99Ms: (await loopDelay?.())?.p99Ms ?? Number.NaN };
}

function sumOfSeconds(rounds: readonly Round[]): number {
  return rounds.reduce((sum, { seconds }) => sum + seconds, 0);
}
