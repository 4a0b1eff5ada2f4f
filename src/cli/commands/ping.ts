// SPDX-License-Identifier: Apache-2.0
/** `panorama ping`: whether an engine answers and takes spans, and how long that takes to say. */
import type { Command } from 'commander';
import { systemClock } from '../../model/clock.js';
import { ERROR_KINDS } from '../../model/errors.js';
import { clientOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import { ageText, jsonText, plain } from '../text.js';

interface Flags extends EngineFlags {
  readonly json?: boolean;
}

export function pingCommand(program: Command): void {
  withEngineOptions(program.command('ping'))
    .description('tell whether an engine answers and takes spans')
    .option('--json', 'JSON instead of text')
    .addHelpText(
      'after',
      `
It needs no token; where it may read, it tells the engine's version and age as well. Exit code: 0 the engine takes spans, 69 it does not, or none answers.

Examples:
  $ panorama ping
  $ until panorama ping --api http://panorama:16688; do sleep 1; done`,
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const client = clientOf(flags);
  const { isReady, roundTripMs } = await client.readiness();
  const about = await client.about();
  const engine = client.baseUrl;
  const told = about && `, version ${about.version}, up for ${ageText(systemClock.nowMs() - about.startedMs)}`;
  const state = isReady ? 'takes spans' : 'answers, but takes no spans yet';
  const text = flags.json
    ? jsonText({ engine, isReady, roundTripMs, version: about?.version, startedMs: about?.startedMs }, 2)
    : plain(`the engine at ${engine} ${state} (${roundTripMs.toFixed(1)} ms${told ?? ''})`);
  process.stdout.write(`${text}\n`);
  if (!isReady) process.exitCode = ERROR_KINDS.PANO_ENGINE_UNREACHABLE.exit;
}
