// SPDX-License-Identifier: Apache-2.0
/** `panorama subject`: everything known of one subject. */
import type { Command } from 'commander';
import { systemClock } from '../../model/clock.js';
import { DEFAULT_API_URL, EngineClient } from '../engine-client.js';
import { paintFor, subjectText } from '../text.js';

interface Flags {
  readonly api: string;
  readonly json?: boolean;
  readonly environment?: string;
}

export function subjectCommand(program: Command): void {
  program
    .command('subject')
    .argument('<identity>', 'such as checkout, datanode/dn2 or 10.0.0.7:9000')
    .description('show one subject: its verdict, every view of it, and the evidence')
    .option('--api <url>', "the engine's API", process.env['PANORAMA_API'] ?? DEFAULT_API_URL)
    .option('--json', 'JSON instead of text')
    .option('--environment <name>', 'the deployment environment, where several know the subject')
    .addHelpText('after', '\nExample:\n  $ panorama subject datanode/dn2')
    .action((identity: string, flags: Flags) => run(identity, flags));
}

async function run(identity: string, { api, json, environment }: Flags): Promise<void> {
  const report = await new EngineClient(api).subject(identity, environment);
  const text = json
    ? JSON.stringify(report, undefined, 2)
    : subjectText(report, systemClock.nowMs(), paintFor(process.stdout));
  process.stdout.write(`${text}\n`);
}
