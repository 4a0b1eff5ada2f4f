// SPDX-License-Identifier: Apache-2.0
/**
 * `panorama doctor`: what is wrong with a set-up. It asks the engine, which has seen the spans; and says it in the exit code
 * too, so that a deployment can wait until its telemetry is good enough to judge by.
 */
import { type Command, Option } from 'commander';
import type { Diagnosis } from '../../engine/doctor/diagnosis.js';
import type { Severity } from '../../engine/doctor/finding.js';
import { clientOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import { diagnosisText } from '../diagnosis-text.js';
import { jsonText, paintFor } from '../text.js';

/** From the one that is always reason enough to the one that seldom is. */
const THRESHOLDS: readonly Severity[] = ['error', 'warning', 'notice'];

/** The exit code where something is found, beside those of the error table. */
const EXIT_FOUND = 1;

interface Flags extends EngineFlags {
  readonly json?: boolean;
  readonly failOn: Severity;
}

export function doctorCommand(program: Command): void {
  withEngineOptions(program.command('doctor'))
    .description('tell what is wrong with a set-up, why it matters, and what to do')
    .option('--json', 'JSON instead of text')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 from this severity on').choices(THRESHOLDS).default('error'),
    )
    .addHelpText(
      'after',
      `
It looks at what the engine received in the last one to two minutes.
Exit code: 0 nothing of that severity, 1 something, 69 no engine answers.

Examples:
  $ panorama doctor
  $ panorama doctor --fail-on warning
  $ panorama doctor --json | jq '.findings[].code'`,
    )
    .action((flags: Flags) => run(flags));
}

async function run(flags: Flags): Promise<void> {
  const { json, failOn } = flags;
  const diagnosis: Diagnosis = await clientOf(flags).diagnosis();
  const text = json ? jsonText(diagnosis, 2) : diagnosisText(diagnosis, paintFor(process.stdout));
  process.stdout.write(`${text}\n`);
  const reasons = THRESHOLDS.slice(0, THRESHOLDS.indexOf(failOn) + 1);
  if (diagnosis.findings.some(({ severity }) => reasons.includes(severity))) process.exitCode = EXIT_FOUND;
}
