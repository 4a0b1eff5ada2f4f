// SPDX-License-Identifier: Apache-2.0
/** How things read in a terminal. Everything from outside is stripped of control characters before it is printed. */
import type { EventJson, OperationJson, ReportJson, VerdictJson } from '../engine/api/shapes.js';
import { withControlsEscaped, withoutControls } from '../model/control-characters.js';
import type { HealthStatusName } from '../model/status.js';

/** Whether, and how, to colour: `NO_COLOR` and pipes get no colours. What is painted needs not be made plain before. */
export interface Paint {
  readonly status: (status: HealthStatusName, text?: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const SGR: Readonly<Record<HealthStatusName, number>> = {
  invalid: 2,
  na: 2,
  healthy: 32,
  pending: 36,
  maybe_unhealthy: 33,
  unhealthy: 31,
  dying: 31,
  dead: 31,
};

export function paintFor(stream: { readonly isTTY?: boolean | undefined }): Paint {
  const coloured = stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  const wrap = (code: number, text: string) => (coloured ? `\u001b[${code}m${plain(text)}\u001b[0m` : plain(text));
  return {
    status: (status, text = status) => wrap(SGR[status] ?? 0, text),
    dim: (text) => wrap(2, text),
    bold: (text) => wrap(1, text),
  };
}

/** Text from outside, harmless to a terminal. */
export const plain: (text: string) => string = withoutControls;

/** JSON for a terminal, a file or a pipe; harmless to the first. */
export function jsonText(value: unknown, indent?: number): string {
  return withControlsEscaped(JSON.stringify(value, undefined, indent));
}

/** `12 s`, `4 min`, `3 h`, `2 d`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** The table of verdicts, worst first. */
export function verdictTable(verdicts: readonly VerdictJson[], nowMs: number, paint: Paint): string {
  if (verdicts.length === 0) {
    return 'No verdict yet: no recent call is known that says whom it called.\n`panorama doctor` tells what the engine receives, and what is missing.';
  }
  const order = Object.keys(SGR);
  const sorted = [...verdicts].sort(
    (a, b) => order.indexOf(b.status) - order.indexOf(a.status) || (a.subject < b.subject ? -1 : 1),
  );
  const rows = sorted.map((verdict) => [
    verdict.environment ? `${verdict.subject} (${verdict.environment})` : verdict.subject,
    verdict.status,
    verdict.failure === 'gray' ? `gray: ${verdict.split.join(', ') || 'doubt'}` : verdict.failure,
    ageText(nowMs - verdict.sinceMs),
    sickOperations(verdict),
    verdict.failure === 'none' ? '' : verdict.reason,
    culpritOf(verdict),
    verdict.observersAgainst.join(', '),
  ]);
  return table(
    ['SUBJECT', 'STATUS', 'FAILURE', 'SINCE', 'OPERATION', 'REASON', 'CULPRIT', 'AGAINST'],
    rows,
    (text, row, column) => (column === 1 ? paint.status((sorted[row] as VerdictJson).status, text) : text),
  );
}

/** Everything known of one subject. */
export function subjectText({ verdict, views }: ReportJson, nowMs: number, paint: Paint): string {
  const failure =
    verdict.failure === 'none'
      ? ''
      : `, ${verdict.failure}${verdict.split.length > 0 ? ` (seen by ${verdict.split.join(', ')})` : ''}`;
  const lines = [
    `${paint.bold(verdict.subject)}  ${paint.status(verdict.status)}${plain(failure)} for ${ageText(nowMs - verdict.sinceMs)}`,
    paint.dim(
      `known as ${verdict.resolution}${verdict.environment ? `, environment ${verdict.environment}` : ''}; confidence ${verdict.confidence.toFixed(2)}; its own view: ${verdict.systemView}`,
    ),
    ...circumstances(verdict),
    '',
    ...verdict.operations.map((operation) => operationLine(operation, paint)),
    '',
    table(
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
      (text, row, column) =>
        column === 3 ? paint.status((views[row] as ReportJson['views'][number]).status, text) : text,
    ),
  ];
  if (verdict.evidence.length > 0) lines.push('', 'Evidence');
  for (const { traceId, spanId, errorType, message } of verdict.evidence) {
    lines.push(plain(`  trace ${traceId} span ${spanId}  ${[errorType, message].filter(Boolean).join(': ')}`));
  }
  return lines.join('\n');
}

/** One transition on one line, for `--watch` in a pipe. */
export function eventLine({ atMs, from, verdict }: EventJson, paint: Paint): string {
  const against = verdict.observersAgainst.length > 0 ? `  against: ${verdict.observersAgainst.join(', ')}` : '';
  const where = sickOperations(verdict);
  const culprit = culpritOf(verdict);
  const former = from.culprit !== undefined && from.culprit !== verdict.blame?.root ? from.culprit : undefined;
  const whose = culprit || (former ? 'itself' : '');
  const because =
    verdict.failure === 'none'
      ? ''
      : `  because ${verdict.reason}${whose ? `, culprit: ${whose}` : ''}${former ? ` (was ${former})` : ''}`;
  return plain(`${new Date(atMs).toISOString()}  ${verdict.subject}  ${from.status} → `).concat(
    paint.status(verdict.status),
    plain(
      `${verdict.failure === 'none' ? '' : ` ${verdict.failure}`}${where ? `  in ${where}` : ''}${because}${against}`,
    ),
  );
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

/** Columns as wide as their widest cell. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  decorate: (text: string, row: number, column: number) => string,
): string {
  const shown = rows.map((row) => row.map(plain));
  const widths = head.map((title, column) =>
    shown.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), title.length),
  );
  const line = (cells: readonly string[], row: number) =>
    cells
      .map((cell, column) => {
        const padded = column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0);
        return row < 0 ? padded : decorate(padded, row, column);
      })
      .join('  ')
      .trimEnd();
  return [line(head, -1), ...shown.map((row, index) => line(row, index))].join('\n');
}
