// SPDX-License-Identifier: Apache-2.0
/** `panorama subject`: everything known of one subject. */
import type { Command } from 'commander';
import { systemClock } from '../../model/clock.js';
import { credentialsOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import { EngineClient } from '../engine-client.js';
import { jsonText, paintFor, subjectText } from '../text.js';

interface Flags extends EngineFlags {
  readonly json?: boolean;
  readonly environment?: string;
}

export function subjectCommand(program: Command): void {
  withEngineOptions(program.command('subject'))
    .argument('<identity>', 'such as checkout, datanode/dn2 or 10.0.0.7:9000')
    .description('show one subject: its verdict, every view of it, and the evidence')
    .option('--json', 'JSON instead of text')
    .option('--environment <name>', 'the deployment environment, where several know the subject')
    .addHelpText('after', '\nExample:\n  $ panorama subject datanode/dn2')
    .action((identity: string, flags: Flags) => run(identity, flags));
}

async function run(identity: string, flags: Flags): Promise<void> {
  const { api, json, environment } = flags;
  const report = await new EngineClient(api, credentialsOf(flags)).subject(identity, environment);
  const text = json ? jsonText(report, 2) : subjectText(report, systemClock.nowMs(), paintFor(process.stdout));
  process.stdout.write(`${text}\n`);
}
