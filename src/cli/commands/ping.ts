// SPDX-License-Identifier: Apache-2.0
/** `panorama ping`: whether an engine answers and takes spans, and how long that takes to say. */
import type { Command } from 'commander';
import { ERROR_KINDS } from '../../model/errors.js';
import { credentialsOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import { EngineClient } from '../engine-client.js';
import { jsonText } from '../text.js';

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
It needs no token. Exit code: 0 the engine takes spans, 69 it does not, or none answers.

Examples:
  $ panorama ping
  $ until panorama ping --api http://panorama:16688; do sleep 1; done`,
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const client = new EngineClient(flags.api, credentialsOf(flags));
  const { isReady, roundTripMs } = await client.readiness();
  const engine = client.baseUrl;
  const state = isReady ? 'takes spans' : 'answers, but takes no spans yet';
  const text = flags.json
    ? jsonText({ engine, isReady, roundTripMs }, 2)
    : `the engine at ${engine} ${state} (${roundTripMs.toFixed(1)} ms)`;
  process.stdout.write(`${text}\n`);
  if (!isReady) process.exitCode = ERROR_KINDS.PANO_ENGINE_UNREACHABLE.exit;
}
