// SPDX-License-Identifier: Apache-2.0
/**
 * `panorama get`: one subject, from the single pieces of evidence to the whole panorama. The words are the paper's: observers make
 * *reports*, an observer's reports are its *view*, all views are the *panorama*, and a *verdict* is drawn from them.
 *
 * Source: Panorama (OSDI 2018), section 3.
 */
import type { Command } from 'commander';
import type { EvidenceJson } from '../../engine/api/shapes.js';
import { systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { clientOf, type EngineFlags, withEngineOptions } from '../credentials.js';
import { durationMs } from '../duration.js';
import { evidenceTable } from '../list-text.js';
import { nearestOf } from '../nearest.js';
import { jsonText, paintFor, plain } from '../text.js';
import { panoramaText, verdictText, viewTable } from '../verdict-text.js';

/** Pieces of evidence that one looks through. */
const LIMIT = '20';

interface Flags extends EngineFlags {
  readonly json?: boolean;
  readonly environment?: string;
}

interface ReportFlags extends Flags {
  readonly limit: string;
  readonly since?: string;
}

export function getCommand(program: Command): void {
  const get = program.command('get').description('show one subject: its verdict, views, evidence, or everything');
  get.addHelpText(
    'after',
    `
Examples:
  $ panorama get panorama datanode/dn2
  $ panorama get view web/w1 datanode/dn2
  $ panorama get report datanode/dn2 --since 1h`,
  );
  subject(get, 'verdict', 'what the engine finds, and who is for and against')
    .argument('<subject>', 'such as checkout, datanode/dn2 or 10.0.0.7:9000')
    .addHelpText('after', '\nExample:\n  $ panorama get verdict datanode/dn2')
    .action(verdict);
  subject(get, 'view', 'what one observer sees of a subject, by operation')
    .argument('<observer>', 'who sees it, such as web/w1')
    .argument('<subject>', 'whom it sees')
    .addHelpText('after', '\nExample:\n  $ panorama get view web/w1 datanode/dn2')
    .action(view);
  subject(get, 'report', 'what did not go well, newest first, with traces')
    .usage('[options] [observer] <subject>')
    .argument('<subject...>', 'the subject; before it an observer, to see of his reports only')
    .option('--limit <count>', 'at most so many', LIMIT)
    .option('--since <duration>', 'no older than this, such as 30m, 1h or 2d (default: as far back as is kept)')
    .addHelpText(
      'after',
      `
Calls of one kind within a second are one report.

Examples:
  $ panorama get report datanode/dn2 --since 1h
  $ panorama get report web/w1 datanode/dn2 --limit 5
  $ panorama get report datanode/dn2 --json | jq -r '.evidence[].traceId'`,
    )
    .action(report);
  subject(get, 'panorama', 'everything: the verdict, every view, and the evidence')
    .argument('<subject>', 'such as checkout, datanode/dn2 or 10.0.0.7:9000')
    .addHelpText('after', '\nExample:\n  $ panorama get panorama datanode/dn2')
    .action(panorama);
}

function subject(get: Command, name: string, description: string): Command {
  return withEngineOptions(get.command(name))
    .description(description)
    .option('--json', 'JSON instead of text')
    .option('--environment <name>', 'the deployment environment, where several know the subject');
}

async function verdict(identity: string, flags: Flags): Promise<void> {
  const found = (await clientOf(flags).subject(identity, flags.environment)).verdict;
  print(flags, found, () => verdictText(found, systemClock.nowMs(), paintFor(process.stdout)));
}

async function panorama(identity: string, flags: Flags): Promise<void> {
  const found = await clientOf(flags).subject(identity, flags.environment);
  print(flags, found, () => panoramaText(found, systemClock.nowMs(), paintFor(process.stdout)));
}

async function view(observer: string, identity: string, flags: Flags): Promise<void> {
  const { views: all } = await clientOf(flags).subject(identity, flags.environment);
  const views = all.filter((each) => each.observer === observer);
  if (views.length === 0) {
    throw unknownObserver(
      observer,
      identity,
      all.map((each) => each.observer),
    );
  }
  print(flags, { views }, () => viewTable(views, systemClock.nowMs(), paintFor(process.stdout)));
}

async function report(names: readonly string[], flags: ReportFlags): Promise<void> {
  const [identity, observer, ...others] = [...names].reverse();
  if (identity === undefined || others.length > 0) {
    throw new PanoramaError('PANO_USAGE', 'get report takes a subject, and before it at most one observer');
  }
  const limit = countIn('--limit', flags.limit);
  const sinceMs = flags.since === undefined ? undefined : systemClock.nowMs() - durationMs('--since', flags.since);
  const client = clientOf(flags);
  const { environment } = flags;
  const evidence: EvidenceJson[] = [];
  const complaining = new Set<string>();
  for await (const each of client.evidence({ subject: identity, environment, sinceMs })) {
    complaining.add(each.observer);
    if (observer === undefined || each.observer === observer) evidence.push(each);
    if (evidence.length === limit) break;
  }
  // Whom nobody knows nothing is said of either; that must not pass for health.
  if (evidence.length === 0) await client.subject(identity, environment);
  print(flags, { evidence }, () =>
    evidence.length > 0
      ? evidenceTable(evidence, paintFor(process.stdout))
      : plain(nothingOf(identity, observer, [...complaining])),
  );
}

function nothingOf(identity: string, observer: string | undefined, others: readonly string[]): string {
  if (observer === undefined) return `Nothing that did not go well is known of ${identity}.`;
  const told = others.length > 0 ? `; of it complained ${others.join(', ')}` : '';
  return `${observer} has not complained of ${identity}${told}.`;
}

function unknownObserver(observer: string, identity: string, observers: readonly string[]): PanoramaError {
  const known = [...new Set(observers)];
  const near = nearestOf(observer, known);
  const advice = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `those who see it: ${known.join(', ')}`;
  return new PanoramaError('PANO_SUBJECT_UNKNOWN', `${observer} sees nothing of ${identity}; ${advice}`);
}

function countIn(flag: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new PanoramaError('PANO_USAGE', `${flag} ${JSON.stringify(text)} is no whole number above 0`);
}

function print({ json }: Flags, value: object, text: () => string): void {
  process.stdout.write(`${json ? jsonText(value, 2) : text()}\n`);
}
