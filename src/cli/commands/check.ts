// SPDX-License-Identifier: Apache-2.0
/**
 * `panorama check`: one line on each subject and an exit code, for probes, monitoring systems and deploy gates. The codes are those that
 * monitoring plugins have had for decades (0 OK, 1 warning, 2 critical, 3 unknown), so that Nagios, Icinga, Sensu or Consul run it as it is, and
 * for a shell anything but 0 is a no.
 *
 * Source: Monitoring Plugins Development Guidelines, "Plugin Return Codes".
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { VerdictJson } from '../../engine/api/shapes.js';
import { systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { type HealthStatusName, statusFromName } from '../../model/status.js';
import { clientOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import { durationMs } from '../duration.js';
import type { EngineClient } from '../engine-client.js';
import { jsonText, paintFor, plain } from '../text.js';
import { verdictLine } from '../verdict-text.js';

/** The words, by their exit codes. */
const OUTCOMES = ['ok', 'warning', 'critical', 'unknown'] as const;
type Outcome = (typeof OUTCOMES)[number];

/** What all of several subjects come to: the last of these that one of them is. */
const FROM_BEST: readonly Outcome[] = ['ok', 'warning', 'unknown', 'critical'];

/** From which status on something is wrong. */
const THRESHOLDS: readonly HealthStatusName[] = ['pending', 'maybe_unhealthy', 'unhealthy'];

/** How often is asked with `--wait`, in ms: verdicts come within a second. */
const ASK_MS = 500;

interface Flags extends EngineFlags {
  readonly environment?: string;
  readonly failOn: HealthStatusName;
  readonly wait?: string;
  readonly json?: boolean;
}

interface Finding {
  readonly subject: string;
  readonly outcome: Outcome;
  /** Left out where nobody knows the subject; `why` says so then. */
  readonly verdict?: VerdictJson;
  readonly why?: string;
}

export function checkCommand(program: Command): void {
  withEngineOptions(program.command('check'))
    .description('say in a line and an exit code whether subjects are well, for probes and deploy gates')
    .argument('<subject...>', 'such as checkout or datanode/dn2')
    .option('--environment <name>', 'the deployment environment, where several know the subject')
    .addOption(
      new Option('--fail-on <status>', 'what is better than this is well')
        .choices(THRESHOLDS)
        .default('maybe_unhealthy'),
    )
    .option('--wait <duration>', 'wait until all of them are well, for so long at the most, such as 30s')
    .option('--json', 'JSON instead of text')
    .addHelpText(
      'after',
      `
Exit code: 0 well, 1 doubtful (pending, maybe_unhealthy), 2 failing (unhealthy and worse), 3 nothing is known of it, 69 no engine answers.
Of several subjects the worst counts: 2 before 3 before 1. Silence is not health: where nobody calls, the code is 3.

Examples:
  $ panorama check checkout
  $ panorama check checkout datanode/dn2 --fail-on unhealthy
  $ panorama check checkout --wait 2m || ./roll-back.sh`,
    )
    .action(run);
}

async function run(subjects: readonly string[], flags: Flags): Promise<void> {
  const client = clientOf(flags);
  const waitMs = flags.wait === undefined ? 0 : durationMs('--wait', flags.wait);
  const findings = await findingsWithin(waitMs, () =>
    Promise.all(subjects.map((subject) => findingOf(client, subject, flags))),
  );
  const outcome = worstOf(findings);
  const nowMs = systemClock.nowMs();
  const paint = paintFor(process.stdout);
  const text = flags.json
    ? jsonText({ outcome, findings }, 2)
    : findings
        .map(({ outcome: each, verdict, why }) => {
          const said = verdict ? verdictLine(verdict, nowMs, paint) : plain(why ?? '');
          return `${each.toUpperCase()}: ${said}`;
        })
        .join('\n');
  process.stdout.write(`${text}\n`);
  process.exitCode = OUTCOMES.indexOf(outcome);
}

/** Asks until all is well or the time is out, also through an engine's restart; what was found last counts. */
async function findingsWithin(waitMs: number, ask: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const endMs = systemClock.monotonicMs() + waitMs;
  for (;;) {
    const leftMs = endMs - systemClock.monotonicMs();
    try {
      const findings = await ask();
      if (leftMs <= 0 || worstOf(findings) === 'ok') return findings;
    } catch (error) {
      const isGone = error instanceof PanoramaError && error.code === 'PANO_ENGINE_UNREACHABLE';
      if (leftMs <= 0 || !isGone) throw error;
    }
    await pause(Math.max(0, Math.min(ASK_MS, leftMs)));
  }
}

async function findingOf(client: EngineClient, subject: string, flags: Flags): Promise<Finding> {
  try {
    const { verdict } = await client.subject(subject, flags.environment);
    return { subject, outcome: outcomeOf(verdict.status, flags.failOn), verdict };
  } catch (error) {
    if (!(error instanceof PanoramaError) || error.code !== 'PANO_SUBJECT_UNKNOWN') throw error;
    return { subject, outcome: 'unknown', why: error.message };
  }
}

function outcomeOf(status: HealthStatusName, failOn: HealthStatusName): Outcome {
  if (status === 'na' || status === 'invalid') return 'unknown';
  if (rankOf(status) < rankOf(failOn)) return 'ok';
  return rankOf(status) < rankOf('unhealthy') ? 'warning' : 'critical';
}

function rankOf(status: HealthStatusName): number {
  return statusFromName(status) ?? 0;
}

function worstOf(findings: readonly Finding[]): Outcome {
  return FROM_BEST.findLast((outcome) => findings.some((finding) => finding.outcome === outcome)) ?? 'unknown';
}
