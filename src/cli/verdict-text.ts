// SPDX-License-Identifier: Apache-2.0
/** Verdicts as they read in a terminal: many in a table, one with all that is known of it, a change on one line. */
import type { EventJson, OperationJson, ReportJson, VerdictJson, ViewJson } from '../engine/api/shapes.js';
import { type HealthStatusName, statusFromName } from '../model/status.js';
import { compareTexts } from '../model/text-order.js';
import { ageText, type Paint, plain, table } from './text.js';

/** What is said where there is no verdict at all. */
export const NO_VERDICT =
  'No verdict yet: no recent call is known that says whom it called.\n`panorama doctor` tells what the engine receives, and what is missing.';

/** Worst first, then by name. */
export function worstFirst<T extends { readonly status: HealthStatusName; readonly subject: string }>(
  verdicts: Iterable<T>,
): T[] {
  return [...verdicts].sort((a, b) => rankOf(b.status) - rankOf(a.status) || compareTexts(a.subject, b.subject));
}

/** Higher is worse. */
function rankOf(status: HealthStatusName): number {
  return statusFromName(status) ?? 0;
}

/** A subject's name, and its environment where it has one. */
export function nameIn({ subject, environment }: { readonly subject: string; readonly environment: string }): string {
  return environment ? `${subject} (${environment})` : subject;
}

/** A head, and a line for each verdict in the order given. */
export function verdictTable(verdicts: readonly VerdictJson[], nowMs: number, paint: Paint, widthMax?: number): string {
  const rows = verdicts.map((verdict) => [
    nameIn(verdict),
    verdict.status,
    failureIn(verdict),
    ageText(nowMs - verdict.sinceMs),
    sickOperations(verdict),
    verdict.failure === 'none' ? '' : verdict.reason,
    culpritOf(verdict),
    verdict.observersAgainst.join(', '),
  ]);
  return table(
    ['SUBJECT', 'STATUS', 'FAILURE', 'SINCE', 'OPERATION', 'REASON', 'CULPRIT', 'AGAINST'],
    rows,
    (text, row, column) => (column === 1 ? paint.status((verdicts[row] as VerdictJson).status, text) : text),
    widthMax,
  );
}

/** How it fails; of a gray failure for whom it looks well. */
function failureIn({ failure, split }: VerdictJson): string {
  return failure === 'gray' ? `gray: ${split.join(', ') || 'doubt'}` : failure;
}

/** One verdict on one line. */
export function verdictLine(verdict: VerdictJson, nowMs: number, paint: Paint): string {
  const { status, failure, sinceMs } = verdict;
  const how = failure === 'none' ? '' : ` ${failure}`;
  const told = `${how} for ${ageText(nowMs - sinceMs)}${circumstance(verdict, culpritOf(verdict))}`;
  return `${plain(nameIn(verdict))}  ${paint.status(status)}${plain(told)}`;
}

/** A verdict with its circumstances and each operation. */
export function verdictText(verdict: VerdictJson, nowMs: number, paint: Paint): string {
  const failure =
    verdict.failure === 'none'
      ? ''
      : `, ${verdict.failure}${verdict.split.length > 0 ? ` (seen by ${verdict.split.join(', ')})` : ''}`;
  const { environment, confidence } = verdict;
  const known = `known as ${verdict.resolution}${environment ? `, environment ${environment}` : ''}`;
  const lines = [
    `${paint.bold(verdict.subject)}  ${paint.status(verdict.status)}${plain(failure)} for ${ageText(nowMs - verdict.sinceMs)}`,
    paint.dim(`${known}; confidence ${confidence.toFixed(2)}; its own view: ${verdict.systemView}`),
    ...circumstances(verdict),
    '',
    ...verdict.operations.map((operation) => operationLine(operation, paint)),
  ];
  return lines.join('\n');
}

/** Everything known of one subject. */
export function panoramaText({ verdict, views }: ReportJson, nowMs: number, paint: Paint): string {
  const lines = [verdictText(verdict, nowMs, paint), '', viewTable(views, nowMs, paint)];
  if (verdict.evidence.length > 0) lines.push('', 'Evidence');
  for (const { traceId, spanId, errorType, message } of verdict.evidence) {
    lines.push(plain(`  trace ${traceId} span ${spanId}  ${[errorType, message].filter(Boolean).join(': ')}`));
  }
  return lines.join('\n');
}

/** What observers see of one subject, by operation. */
export function viewTable(views: readonly ViewJson[], nowMs: number, paint: Paint): string {
  return table(
    ['OBSERVER', 'OPERATION', 'SPEAKS AS', 'STATUS', 'REASON', 'WELL', 'FAILED', 'LAST'],
    views.map((view) => [
      view.observer,
      view.operation,
      view.source,
      view.status,
      view.reason,
      String(view.healthyCount),
      String(view.failingCount),
      `${ageText(nowMs - view.lastMs)} ago`,
    ]),
    (text, row, column) => (column === 3 ? paint.status((views[row] as ViewJson).status, text) : text),
  );
}

/** One transition on one line. */
export function eventLine({ atMs, from, verdict }: EventJson, paint: Paint): string {
  const culprit = culpritOf(verdict);
  const former = from.culprit !== undefined && from.culprit !== verdict.blame?.root ? from.culprit : undefined;
  const whose = `${culprit || (former ? 'itself' : '')}${former ? ` (was ${former})` : ''}`;
  const how = verdict.failure === 'none' ? '' : ` ${verdict.failure}`;
  return `${plain(`${new Date(atMs).toISOString()}  ${verdict.subject}  ${from.status} → `)}${paint.status(
    verdict.status,
  )}${plain(how + circumstance(verdict, whose))}`;
}

/** In what it fails, why, whose fault that is and who says so. */
function circumstance(verdict: VerdictJson, culprit: string): string {
  const { failure, reason, observersAgainst } = verdict;
  const where = sickOperations(verdict);
  const because = failure === 'none' ? '' : `  because ${reason}${culprit ? `, culprit: ${culprit}` : ''}`;
  const against = observersAgainst.length > 0 ? `  against: ${observersAgainst.join(', ')}` : '';
  return `${where ? `  in ${where}` : ''}${because}${against}`;
}

/** Whose fault it is, where it is somebody else's. */
function culpritOf({ subject, blame }: VerdictJson): string {
  return blame && blame.root !== subject ? blame.root : '';
}

/** What else there is to know of a verdict, a line each. */
function circumstances(verdict: VerdictJson): string[] {
  const { blame, suspicion, instances, observersDoubted } = verdict;
  const lines: string[] = [];
  if (culpritOf(verdict) && blame) {
    lines.push(
      `a victim of ${blame.root}: ${blame.path.join(' → ')}, ${Math.round(100 * blame.share)} % of what is known`,
    );
  }
  if (suspicion?.reason === 'alone') {
    lines.push(
      `suspected itself: it finds ${suspicion.complaintCount} of ${suspicion.subjectCount} subjects failing, and nobody else does`,
    );
  }
  if (suspicion?.reason === 'overloaded')
    lines.push('suspected itself: its own event loop is late, and its calls time out by that');
  if (instances) {
    lines.push(`instances: ${instances.failing} failing, ${instances.doubtful} in doubt, of ${instances.total}`);
  }
  if (observersDoubted.length > 0)
    lines.push(`not believed, because suspected themselves: ${observersDoubted.join(', ')}`);
  return lines.map(plain);
}

function sickOperations({ operations }: VerdictJson): string {
  return operations
    .filter(({ status }) => status !== 'healthy' && status !== 'pending')
    .map(({ operation }) => operation)
    .join(', ');
}

function operationLine({ operation, status, observersFor, observersAgainst }: OperationJson, paint: Paint): string {
  return `  ${paint.status(status)}  ${plain(operation)}  ${observersFor.length} for, ${observersAgainst.length} against${
    observersAgainst.length > 0 ? `: ${plain(observersAgainst.join(', '))}` : ''
  }`;
}
