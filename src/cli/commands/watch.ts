// SPDX-License-Identifier: Apache-2.0
/** `panorama watch`: verdicts as they change, in the whole terminal or, where there is none, one line a change. */
import type { Command } from 'commander';
import { clientOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import { eventsOf } from '../event-source.js';
import { isSelected, type SelectionFlags, withSelectionOptions } from '../selection.js';
import { jsonText, paintFor, plain } from '../text.js';
import { eventLine } from '../verdict-text.js';
import { FullScreenWatch } from '../watch/full-screen.js';

interface Flags extends EngineFlags, SelectionFlags {
  readonly json?: boolean;
}

export function watchCommand(program: Command): void {
  withSelectionOptions(withEngineOptions(program.command('watch')))
    .description('show verdicts as they change: live in a terminal, one line a change in a pipe')
    .option('--json', 'one JSON line a change, in a terminal too')
    .addHelpText(
      'after',
      `
In a terminal: arrows, PgUp, PgDn, Home and End scroll, / filters by a text, Esc shows all again, q or Ctrl-C ends it. In a pipe, or
where TERM is dumb, changes are told from now on, each once; an engine that is started anew does not end it.

Examples:
  $ panorama watch
  $ panorama watch --status unhealthy,maybe_unhealthy
  $ panorama watch --json | jq .verdict.subject`,
    )
    .action((flags: Flags) => run(flags));
}

async function run(flags: Flags): Promise<void> {
  const client = clientOf(flags);
  const isWanted = isSelected(flags);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  const hasScreen = process.stdout.isTTY && !flags.json && process.env['TERM'] !== 'dumb';
  if (hasScreen) return new FullScreenWatch(client, isWanted).run(stop.signal);
  const paint = paintFor(process.stdout);
  // An engine that is not there from the start is a mistake; one that goes away comes back.
  await client.readiness();
  for await (const news of eventsOf(client.baseUrl, client.credentials, undefined, stop.signal)) {
    if (news.kind === 'change') {
      if (isWanted(news.event.verdict)) {
        process.stdout.write(`${flags.json ? jsonText(news.event) : eventLine(news.event, paint)}\n`);
      }
    } else complain(WORDS[news.kind]);
  }
}

const WORDS = {
  gap: 'the engine has forgotten changes that were not told yet; `panorama dump verdicts` tells how things stand',
  lost: 'the engine does not answer; still asking, Ctrl-C stops',
  found: 'the engine answers again',
} as const;

function complain(text: string): void {
  process.stderr.write(`panorama: ${plain(text)}\n`);
}
