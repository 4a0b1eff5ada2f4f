// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- soak --minutes M`: a cluster in which nothing is broken, but everything happens that happens: rolling restarts,
 * spikes of load, stop-the-world pauses, one observer that is overloaded, then all of them. Every verdict that is not healthy
 * is listed, with what was going on; a conviction is wrong as soon as whom it blames is not just being restarted. While the machine's
 * host takes its processors away, nodes do hang: that time is not counted, and convictions in it are counted apart.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiVerdict, culpritOf, type EngineApi } from '#hadoop-like/harness/engine-api.js';
import { failingOperations } from '#hadoop-like/harness/figures.js';
import { onStage, type Stage } from '#hadoop-like/harness/run.js';
import { StolenTime } from '#hadoop-like/harness/stolen-time.js';
import { VerdictWatch } from '#hadoop-like/harness/verdict-watch.js';
import { Convictions, type Noted } from './soak/convictions.js';
import { HAPPENINGS, type Happening } from './soak/happenings.js';
import { Restarts } from './soak/restarts.js';
import { soakSystem } from './soak/systems.js';
import { NOT_HEALTHY, SoakTally } from './soak/tally.js';

const MINUTES = 60;

/** A soak ends after so many times its minutes, however few of them could be counted. */
const PATIENCE_FACTOR = 2;

/** Time between two happenings, so that each is seen for itself. */
const REST_MS = 8000;

export interface SoakOptions {
  readonly minutes: number | undefined;
  readonly system: string | undefined;
}

export async function benchSoak(options: SoakOptions): Promise<object> {
  const minutes = options.minutes ?? MINUTES;
  const system = soakSystem(options.system);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  say(`soak: ${system.name}, ${system.nodes.length} processes, ${minutes} minutes`);
  try {
    return await onStage({ system, stop }, (stage) => soak(stage, minutes, stop));
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    stop.abort(new Error('the soak is over'));
  }
}

async function soak(stage: Stage, minutes: number, stop: AbortController): Promise<object> {
  const { cluster, engine } = stage;
  const restarts = new Restarts();
  const machine = new StolenTime();
  const startMs = Date.now();
  const endMs = startMs + PATIENCE_FACTOR * minutes * 60_000;
  // The paper's own start-up noise was over after 22 s; what is said before everybody is known is counted like all else.
  const tally = new SoakTally(startMs);
  let now = 'start';
  const told: string[] = [];
  const wrong: string[] = [];
  const explain = (subject: string, atMs: number) => restarts.explain(subject, atMs) || machine.isShort(atMs);
  const convictions = new Convictions({ explain });
  const list = (atMs: number, verdict: ApiVerdict, { isNew, isWrong }: Noted): void => {
    const isShort = machine.isShort(atMs);
    if (isShort) tally.saidWhileStolen(verdict, isNew, restarts.explain(culpritOf(verdict), atMs));
    const stolen = isShort ? `, the host took ${percentText(machine.shareBefore(atMs))}` : '';
    const line = `${secondsText(atMs - startMs)} ${describe(verdict)} [${now}${stolen}]${isWrong ? ' WRONG' : ''}`;
    told.push(line);
    say(`  ${line}`);
    if (!isWrong) return;
    wrong.push(line);
    void sayWhy(engine.api, verdict.subject);
  };
  const watch = new VerdictWatch(
    engine.api,
    ({ atMs, verdict }) => {
      const noted = convictions.note(verdict, atMs);
      if (NOT_HEALTHY.has(verdict.status)) list(atMs, verdict, noted);
    },
    (verdicts, atMs) => {
      for (const verdict of verdicts) {
        const noted = convictions.note(verdict, atMs);
        if (noted.isNew || noted.isWrong) list(atMs, verdict, noted);
      }
      tally.looked(verdicts, atMs, machine.isShort(atMs));
    },
  );
  const over = new AbortController();
  const done = AbortSignal.any([stop.signal, over.signal]);
  machine.watch(done);
  void watch.run(stop, done);
  const isOver = () => tally.countedMs >= minutes * 60_000 || Date.now() >= endMs;
  for (let turn = 0; !isOver() && !stop.signal.aborted; turn++) {
    const happening = HAPPENINGS[turn % HAPPENINGS.length] as Happening;
    now = happening.name;
    say(`${secondsText(Date.now() - startMs)} ${happening.name}`);
    await happening.run({ cluster, restarts, turn, stop: stop.signal });
    now = `after ${happening.name}`;
    await delay(REST_MS);
  }
  stop.signal.throwIfAborted();
  await watch.poll();
  over.abort();
  process.stdout.write(`${told.length} verdicts that were not healthy\n${told.map((line) => `  ${line}\n`).join('')}`);
  return {
    minutes: Math.round(tally.countedMs / 60_000),
    stolen_minutes: Math.round((Date.now() - startMs - tally.countedMs) / 60_000),
    verdicts: tally.verdictCount,
    not_healthy_pct: Math.round((100_000 * tally.notHealthyCount) / Math.max(1, tally.verdictCount)) / 1000,
    wrong_convictions: wrong.length,
    convictions_while_stolen: tally.whileStolenCount,
    failed_operations: Object.values(cluster.tally().operations).reduce((sum, { failed }) => sum + failed, 0),
    missed_transitions: watch.missedCount,
    failed_polls: watch.failedPollCount,
  };
}

function describe(verdict: ApiVerdict): string {
  const { subject, status, failure, reason, observersAgainst } = verdict;
  const operations = failingOperations(verdict).join(', ');
  const culprit = culpritOf(verdict) === subject ? '' : `, because of ${culpritOf(verdict)}`;
  const by = observersAgainst.length > 0 ? ` by ${observersAgainst.join(' ')}` : '';
  return `${subject} ${status} (${failure}, ${reason ?? ''})${culprit}${operations === '' ? '' : ` in ${operations}`}${by}`;
}

/** What whoever looks for the reason of a wrong conviction asks first: who says so, of what, and since when. */
async function sayWhy(api: EngineApi, subject: string): Promise<void> {
  const views = await api.viewsOf(subject).catch(() => []);
  for (const { observer, operation, status, reason, healthyCount, failingCount, sinceMs, lastMs } of views) {
    if (status === 'healthy') continue;
    const counts = `${failingCount} failing, ${healthyCount} healthy calls`;
    say(
      `           ${observer} in ${operation}: ${status} (${reason}), ${counts}, for ${secondsText(lastMs - sinceMs).trim()}`,
    );
  }
}

function percentText(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function secondsText(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1).padStart(7)}s`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
