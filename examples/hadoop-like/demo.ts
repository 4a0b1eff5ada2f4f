// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run demo [-- FAULT]`: an engine, a cluster, one gray failure from beginning to end, and who notices. This file owns
 * what must hold whatever happens: one signal that ends everything, a deadline, an exit code that tells the truth.
 */
import { FAULTS, faultOf } from './faults/index.js';
import { type Arguments, parseArguments, usage } from './harness/arguments.js';
import { playOn } from './harness/encore.js';
import { onStage } from './harness/run.js';
import { StolenTime } from './harness/stolen-time.js';
import { Teller } from './harness/teller.js';
import { Timeline } from './harness/timeline.js';
import { runTrial, TRIAL_TIMES } from './harness/trial.js';
import { unlessStopped } from './harness/waiting.js';

/** The story must be over by then, counted from the start of the process. */
const DEADLINE_MS = 120_000;

const EXIT_FAILED = 1;
const EXIT_USAGE = 64;
/** It went wrong on a machine that was short of processors. */
const EXIT_TRY_AGAIN = 75;

/** Somebody wants the demo to end. */
class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: string, exitCode: number) {
    super(`interrupted by ${signal}`);
    this.exitCode = exitCode;
  }
}

/** Runs the demo. Resolves with the exit code when all is cleaned up. */
async function run({ fault: id, keep, json }: Arguments): Promise<number> {
  const fault = faultOf(id);
  const timeline = new Timeline(json ? process.stderr : process.stdout);
  const teller = new Teller(fault, timeline);
  const stop = new AbortController();
  process.on('SIGINT', () => stop.abort(new Interrupted('SIGINT', 130)));
  process.on('SIGTERM', () => stop.abort(new Interrupted('SIGTERM', 143)));
  process.on('uncaughtException', (error) => stop.abort(error));
  const machine = new StolenTime();
  machine.watch(stop.signal);
  const deadline = setTimeout(
    () => stop.abort(new Error(`the story was not over within ${DEADLINE_MS / 1000} s`)),
    DEADLINE_MS - performance.now(),
  );
  try {
    teller.title();
    const { system } = fault;
    return await onStage({ system, stop, onEngine: (engine) => teller.engine(engine) }, async (stage) => {
      teller.cluster();
      const record = await runTrial({ ...stage, stop }, fault, TRIAL_TIMES, teller);
      clearTimeout(deadline);
      const findings = teller.findings(record);
      if (!findings.ok) timeline.text(stage.lastWords());
      if (json) printJson({ ...findings, durationMs: Math.round(performance.now()) });
      if (keep) {
        const end = (): void => stop.abort(new Interrupted('Ctrl-C', 130));
        playOn({ ...stage, stop }, fault, { teller, times: record, end });
        await unlessStopped(new Promise<never>(() => {}), stop.signal);
      }
      if (findings.ok) return 0;
      if (!machine.wasShort(performance.timeOrigin, Date.now())) return EXIT_FAILED;
      teller.shortOfProcessors();
      return EXIT_TRY_AGAIN;
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    timeline.line('STOPPED', message, 'bad');
    if (!(error instanceof Interrupted) && error instanceof Error && error.cause) timeline.text(String(error.cause));
    if (json) printJson({ ok: false, problems: [message] });
    return error instanceof Interrupted ? error.exitCode : EXIT_FAILED;
  } finally {
    clearTimeout(deadline);
    // What is under way need not go on; nobody waits for it.
    stop.abort(new Error('the demo is over'));
  }
}

function printJson(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function argumentsOrExit(): Arguments {
  try {
    const read = parseArguments(process.argv.slice(2));
    if (!read.help) faultOf(read.fault);
    return read;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage(FAULTS)}`);
    return process.exit(EXIT_USAGE);
  }
}

const options = argumentsOrExit();
if (options.help) {
  process.stdout.write(usage(FAULTS));
} else {
  process.exit(await run(options));
}
