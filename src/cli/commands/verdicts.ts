// SPDX-License-Identifier: Apache-2.0
/** `panorama verdicts`: who is failing, now or as it changes. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { type HealthStatusName, statusFromName, statusName } from '../../model/status.js';
import { credentialsOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import { EngineClient } from '../engine-client.js';
import { eventLine, jsonText, paintFor, verdictTable } from '../text.js';

/** How often `--watch` asks, in ms. */
const WATCH_MS = 1000;

interface Flags extends EngineFlags {
  readonly watch?: boolean;
  readonly json?: boolean;
  readonly environment?: string;
  readonly status?: string;
}

interface WatchFlags extends Flags {
  /** Statuses to show; all where `undefined`. */
  readonly wanted: readonly HealthStatusName[] | undefined;
}

export function verdictsCommand(program: Command): void {
  withEngineOptions(program.command('verdicts'))
    .description('list the verdict on every subject')
    .option('-w, --watch', 'keep going: a live table in a terminal, one line per change in a pipe')
    .option('--json', 'JSON instead of text; with --watch one JSON line per change')
    .option('--environment <name>', 'only this deployment environment')
    .option('--status <names>', 'only these statuses, joined by commas, such as unhealthy,maybe_unhealthy')
    .addHelpText(
      'after',
      `
Examples:
  $ panorama verdicts --status unhealthy
  $ panorama verdicts --watch
  $ panorama verdicts --watch --json | jq .verdict.subject

Environment: PANORAMA_API names the engine's API where --api does not, and PANORAMA_TOKEN is the token where there is no
--token-file.`,
    )
    .action((flags: Flags) => run(flags));
}

async function run(flags: Flags): Promise<void> {
  const client = new EngineClient(flags.api, credentialsOf(flags));
  const wanted = statusesIn(flags.status);
  if (!flags.watch) return printOnce(client, flags);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const watch = process.stdout.isTTY && !flags.json && process.env['TERM'] !== 'dumb' ? watchTable : watchLines;
  await watch(client, { ...flags, wanted }, stop.signal);
}

async function printOnce(client: EngineClient, flags: Flags): Promise<void> {
  const verdicts = await client.verdicts(filterOf(flags));
  const text = flags.json
    ? jsonText({ verdicts }, 2)
    : verdictTable(verdicts, systemClock.nowMs(), paintFor(process.stdout));
  process.stdout.write(`${text}\n`);
}

/** Redraws in place. */
async function watchTable(client: EngineClient, flags: WatchFlags, stop: AbortSignal): Promise<void> {
  const paint = paintFor(process.stdout);
  await client.verdicts(filterOf(flags));
  const ask = persistently(stop);
  while (!stop.aborted) {
    const verdicts = await ask(() => client.verdicts(filterOf(flags)));
    if (!verdicts) continue;
    const table = verdictTable(verdicts, systemClock.nowMs(), paint);
    process.stdout.write(
      `\u001b[H\u001b[2J${table}\n\n${paint.dim(`${new Date().toLocaleTimeString()}  Ctrl-C stops`)}\n`,
    );
    await rest(stop);
  }
}

/** Prints what changed since the start, in order, each change once. */
async function watchLines(client: EngineClient, flags: WatchFlags, stop: AbortSignal): Promise<void> {
  const paint = paintFor(process.stdout);
  let { next } = await lastEvent(client);
  const ask = persistently(stop);
  while (!stop.aborted) {
    const page = await ask(() => client.events(next));
    if (!page) continue;
    next = page.next;
    for (const event of page.events) {
      if (flags.environment !== undefined && event.verdict.environment !== flags.environment) continue;
      if (flags.wanted && !flags.wanted.includes(event.verdict.status)) continue;
      process.stdout.write(`${flags.json ? jsonText(event) : eventLine(event, paint)}\n`);
    }
    if (page.events.length === 0) await rest(stop);
  }
}

/**
 * A way to ask that outlives an engine's restart: no answer is said once, and asking goes on. What is wrong with the
 * question itself still ends the command.
 */
function persistently(stop: AbortSignal): <T>(ask: () => Promise<T>) => Promise<T | undefined> {
  let lost = false;
  return async (ask) => {
    try {
      const answer = await ask();
      if (lost) process.stderr.write('panorama: the engine answers again\n');
      lost = false;
      return answer;
    } catch (error) {
      if (!(error instanceof PanoramaError) || error.code !== 'PANO_ENGINE_UNREACHABLE') throw error;
      if (!lost) process.stderr.write('panorama: the engine does not answer; still asking, Ctrl-C stops\n');
      lost = true;
      await rest(stop);
      return undefined;
    }
  };
}

/** Where the changes of the past end. */
async function lastEvent(client: EngineClient): Promise<{ next: number }> {
  let page = await client.events(0);
  while (page.events.length > 0) page = await client.events(page.next);
  return page;
}

async function rest(stop: AbortSignal): Promise<void> {
  await pause(WATCH_MS, undefined, { signal: stop }).catch(() => undefined);
}

/** The statuses in `--status`, checked here too, because a watch asks the engine for changes and not for statuses. */
function statusesIn(text: string | undefined): readonly HealthStatusName[] | undefined {
  return text?.split(',').map((word) => {
    const status = statusFromName(word.trim());
    if (status !== undefined) return statusName(status);
    throw new PanoramaError(
      'PANO_USAGE',
      `--status ${JSON.stringify(word)} is no status; give names such as unhealthy,maybe_unhealthy`,
    );
  });
}

function filterOf({ environment, status }: Flags): Record<string, string | undefined> {
  return { environment, status };
}
