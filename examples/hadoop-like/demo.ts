// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run demo`: an engine, a small HDFS-like cluster, and a gray failure, from beginning to end in about 20 seconds.
 * This file owns what must hold whatever happens: one signal that ends everything, a deadline, an exit code that tells
 * the truth, and no process or file left behind.
 */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFifo } from './hdfs/stuck-disk.js';
import { type Arguments, parseArguments, USAGE } from './story/arguments.js';
import { Cluster } from './story/cluster.js';
import { startEngine } from './story/engine-process.js';
import type { Findings } from './story/findings.js';
import { DIRECTORY_VARIABLE, Household } from './story/household.js';
import { playStory } from './story/story.js';
import { Timeline } from './story/timeline.js';
import { unlessStopped } from './story/waiting.js';

/** The story must be over by then, counted from the start of the process. */
const DEADLINE_MS = 44_000;

const EXIT_FAILED = 1;
const EXIT_USAGE = 64;

/** Somebody wants the demo to end. */
class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: string, exitCode: number) {
    super(`interrupted by ${signal}`);
    this.exitCode = exitCode;
  }
}

/** Runs the demo. Resolves with the exit code when all is cleaned up. */
async function run(options: Arguments): Promise<number> {
  const timeline = new Timeline(options.json ? process.stderr : process.stdout);
  const stop = new AbortController();
  const household = new Household(stop);
  process.on('SIGINT', () => stop.abort(new Interrupted('SIGINT', 130)));
  process.on('SIGTERM', () => stop.abort(new Interrupted('SIGTERM', 143)));
  process.on('uncaughtException', (error) => stop.abort(error));
  const deadline = setTimeout(
    () => stop.abort(new Error(`the story was not over within ${DEADLINE_MS / 1000} s`)),
    DEADLINE_MS - performance.now(),
  );
  let directory: string | undefined;
  process.on('exit', () => {
    household.killAll();
    remove(directory);
  });
  try {
    directory = await makeDirectory();
    const findings = await tellAll(options, directory, household, timeline, stop, () => clearTimeout(deadline));
    return findings.ok ? 0 : EXIT_FAILED;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    timeline.line('STOPPED', message, 'bad');
    if (!(error instanceof Interrupted)) timeline.text(household.lastWords());
    if (options.json) printJson({ ok: false, problems: [message] });
    return error instanceof Interrupted ? error.exitCode : EXIT_FAILED;
  } finally {
    // What is under way need not go on; nobody waits for it.
    stop.abort(new Error('the demo is over'));
    await household.close();
    remove(directory);
  }
}

/** Starts everything, plays the story and tells what came of it. */
async function tellAll(
  options: Arguments,
  directory: string,
  household: Household,
  timeline: Timeline,
  stop: AbortController,
  onStoryOver: () => void,
): Promise<Findings> {
  timeline.text('A gray failure in a small HDFS-like cluster, and who notices\n');
  const engine = await startEngine(household, { [DIRECTORY_VARIABLE]: directory }, stop.signal);
  timeline.line('engine', `listening for spans on ${engine.otlpUrl}, answering on ${engine.api.url}`);
  const cluster = new Cluster(household, { otlpUrl: engine.otlpUrl, directory });
  await unlessStopped(cluster.start(stop.signal), stop.signal);
  timeline.line('cluster', 'a namenode, three datanodes and two clients are up, each in its own process');
  const findings = await unlessStopped(playStory({ engine, cluster, timeline, stop }), stop.signal);
  onStoryOver();
  tellFindings(findings, timeline);
  if (!findings.ok) timeline.text(household.lastWords());
  if (options.json) printJson({ ...findings, durationMs: Math.round(performance.now()) });
  if (options.keep) {
    tellHowToGoOn(engine.api.url, cluster.adminUrl('dn2'), timeline);
    await unlessStopped(new Promise<never>(() => {}), stop.signal);
  }
  return findings;
}

function tellFindings(findings: Findings, timeline: Timeline): void {
  const { ok, problems, subject, convictedAfterMs, recoveredAfterMs, duringFault } = findings;
  const { writesFailed, readsOkFromSick, heartbeats, healthChecksOk } = duringFault;
  timeline.text('');
  timeline.line('fault', `callers: ${writesFailed} writes failed while it lasted`);
  timeline.detail(
    '',
    `its health: ${heartbeats} heartbeats, ${healthChecksOk} health checks and ${readsOkFromSick} reads were fine`,
  );
  if (ok) {
    const after = `${secondsText(convictedAfterMs)} after the fault, healthy again ${secondsText(recoveredAfterMs)} after the repair`;
    timeline.line('SUCCESS', `${subject}, and nobody else, was named ${after}`, 'good');
  } else {
    for (const problem of problems) timeline.line('PROBLEM', problem, 'bad');
  }
}

function tellHowToGoOn(apiUrl: string, adminUrl: string, timeline: Timeline): void {
  timeline.text(
    [
      '',
      'Everything is left running; Ctrl-C ends it.',
      `  verdicts  curl -s ${apiUrl}/api/v1/verdicts`,
      `  fault     curl -s -X POST ${adminUrl}/fault`,
      `  repair    curl -s -X POST ${adminUrl}/repair`,
      '',
    ].join('\n'),
  );
}

/** The place for the volumes, and the proof that a FIFO can be made there, before anything is started. */
async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hadoop-like-')).catch((error: unknown) => {
    throw new Error(
      `cannot make a temporary directory in ${tmpdir()} (${error}); set TMPDIR to one that can be written`,
    );
  });
  try {
    await makeFifo(join(directory, 'proof'));
  } catch (error) {
    remove(directory);
    throw error;
  }
  return directory;
}

function remove(directory: string | undefined): void {
  if (directory) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

function printJson(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function secondsText(durationMs: number | undefined): string {
  return `${((durationMs ?? 0) / 1000).toFixed(2)} s`;
}

function argumentsOrExit(): Arguments {
  try {
    return parseArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return process.exit(EXIT_USAGE);
  }
}

const options = argumentsOrExit();
if (options.help) {
  process.stdout.write(USAGE);
} else {
  process.exit(await run(options));
}
