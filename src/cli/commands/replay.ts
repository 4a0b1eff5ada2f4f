// SPDX-License-Identifier: Apache-2.0
/** `panorama replay`: what the engine would have said of recorded telemetry. */
import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { ReplayedState } from '../../engine/replay.js';
import { systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { Progress } from '../replay/progress.js';
import { reportHtml } from '../replay/report-html.js';
import { Services } from '../replay/services.js';
import { isIll, stateJson, stateLine } from '../replay/state-line.js';
import { Spells } from '../replay/summary.js';
import { spellsText, totalsText } from '../replay/summary-text.js';
import { jsonText, paintFor, plain } from '../text.js';

/** Requests left out that are told of one by one; of more than these, how many they are. */
const REFUSALS_TOLD_MAX = 5;

interface Flags {
  readonly json?: boolean;
  readonly html?: string;
  readonly all?: boolean;
  readonly by: 'subject' | 'service';
  readonly judge: string;
  readonly evidenceLifetimeMs?: string;
  readonly pendingMs?: string;
  readonly environment?: string;
  readonly progress: boolean;
}

export function replayCommand(program: Command): void {
  program
    .command('replay')
    .description('tell what the engine would have said of recorded telemetry')
    .argument('<file...>', "what the Collector's file exporter writes; - for standard input")
    .option('--json', 'one JSON line for each change of a state')
    .option('--html <file>', 'write a report that needs nothing beside it')
    .option('--all', 'tell also of changes in which nothing is wrong')
    .addOption(new Option('--by <kind>', 'whose states').choices(['subject', 'service']).default('subject'))
    .option('--environment <name>', 'only this deployment environment')
    .option('--judge <name>', 'as of panorama engine', 'sequential')
    .option('--evidence-lifetime-ms <ms>', 'how long evidence counts at least (default: 60000)')
    .option('--pending-ms <ms>', 'how long a hung call may be out before it counts as failed (default: 1000)')
    .option('--no-progress', 'draw no progress bar')
    .addHelpText(
      'after',
      `
Files are OTLP/JSON, one request a line, or length-prefixed OTLP protobuf, packed with gzip or zstd or not at all; what they are
shows in their first bytes. Several files are one recording: whichever has the earliest request is next. Time is taken from the
data: a request arrives when the last of its spans ends.

Examples:
  $ panorama replay last-week.jsonl.gz
  $ panorama replay traces-*.json --html incident.html
  $ panorama replay traces.jsonl --json | jq -c 'select(.status == "unhealthy")'
  $ zcat traces.jsonl.gz | head -1000 | panorama replay -

To record, give the Collector's traces pipeline one more exporter:
  exporters: { file: { path: /var/lib/otelcol/traces.jsonl } }`,
    )
    .action((files: string[], flags: Flags) => run(files, flags));
}

async function run(paths: readonly string[], flags: Flags): Promise<void> {
  const engine = await import('../../engine/replay-parts.js');
  const files = await Promise.all(paths.map((path) => engine.RecordedFile.open(path)));
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const isMeasured = files.every((file) => file.size > 0);
  const startMs = systemClock.monotonicMs();
  const progress = new Progress(process.stderr, () => systemClock.monotonicMs(), flags.progress);
  const complain = (text: string): void => {
    progress.clear();
    process.stderr.write(`panorama: ${plain(text)}\n`);
  };
  const states: ReplayedState[] = [];
  const services = flags.by === 'service' ? new Services() : undefined;
  const spells = new Spells();
  const tell = teller(flags, progress);
  let refusedCount = 0;
  let lastMs = 0;
  const replayed = await engine.replay(
    files.map((file) => file.requests()),
    {
      judge: engine.judgeOf({
        judge: judgeIn(flags.judge, engine.JUDGE_NAMES),
        evidenceLifetimeMs: wholeMs('--evidence-lifetime-ms', flags.evidenceLifetimeMs),
        pendingMs: wholeMs('--pending-ms', flags.pendingMs),
      }),
      onState: (told) => {
        if (flags.environment !== undefined && told.environment !== flags.environment) return;
        const state = services ? services.changed(told) : told;
        if (!state) return;
        spells.note(state);
        if (flags.html !== undefined) states.push(state);
        tell(state);
      },
      onRefused: (error) => {
        if (++refusedCount <= REFUSALS_TOLD_MAX) complain(`left out ${error.message}`);
      },
      onRequest: (nowMs) => {
        lastMs = nowMs;
        const read = files.reduce((sum, file) => sum + file.readCount, 0);
        progress.draw(isMeasured ? read / size : undefined, () => new Date(lastMs).toISOString());
      },
    },
  );
  progress.clear();
  for (const { path, cutOff } of files) {
    if (cutOff !== undefined) complain(`${path} ends in the middle of ${cutOff}, which is left out`);
  }
  if (refusedCount > REFUSALS_TOLD_MAX) complain(`left out ${refusedCount} requests in all`);
  if (replayed.requestCount === 0) {
    throw new PanoramaError(
      'PANO_WIRE_MALFORMED',
      `there is no request with spans in ${paths.join(', ')}; give what the Collector's file exporter writes of traces`,
    );
  }
  const seconds = (systemClock.monotonicMs() - startMs) / 1000;
  const ended = spells.end(replayed.lastMs);
  const totals = totalsText({ ...replayed, refusedCount, seconds });
  if (flags.html !== undefined) {
    await writeReport(flags.html, reportHtml({ paths, judge: flags.judge, replayed, states, spells: ended }));
  }
  if (flags.json) process.stderr.write(`${totals}\n`);
  else process.stdout.write(`${spellsText(ended, paintFor(process.stdout))}\n${totals}\n`);
}

/** Prints each change as it comes. */
function teller(flags: Flags, progress: Progress): (state: ReplayedState) => void {
  const before = new Map<string, ReplayedState>();
  const paint = paintFor(process.stdout);
  let day = '';
  return (state) => {
    const key = `${state.environment} ${state.subject}`;
    const last = before.get(key);
    before.set(key, state);
    if (flags.json) {
      process.stdout.write(`${jsonText(stateJson(state))}\n`);
      return;
    }
    if (!flags.all && !isIll(state) && !(last && isIll(last))) return;
    progress.clear();
    const today = new Date(state.atMs).toISOString().slice(0, 10);
    if (today !== day) process.stdout.write(`${paint.dim(`${today}, UTC`)}\n`);
    day = today;
    process.stdout.write(`${stateLine(state, last, paint)}\n`);
  };
}

async function writeReport(path: string, html: string): Promise<void> {
  try {
    await writeFile(path, html);
  } catch (error) {
    throw new PanoramaError('PANO_USAGE', `cannot write --html ${path}: ${(error as Error).message}`, error);
  }
}

function judgeIn<Name extends string>(text: string, names: readonly Name[]): Name {
  const name = names.find((each) => each === text);
  if (name !== undefined) return name;
  throw new PanoramaError('PANO_USAGE', `--judge: no judge ${text}; one of ${names.join(', ')}`);
}

function wholeMs(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new PanoramaError('PANO_USAGE', `${flag} ${JSON.stringify(text)} is no whole number of milliseconds above 0`);
}
