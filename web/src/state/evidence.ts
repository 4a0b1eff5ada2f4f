// SPDX-License-Identifier: Apache-2.0
/** What did not go well between a subject and its callers: as a lane of marks for each observer, and as lines to read. Pure. */
import type { EvidenceJson, ReportJson } from '../../../src/engine/api/shapes.js';
import type { HealthStatusName } from '../../../src/model/status.js';
import { badness } from './fleet.js';
import type { Lane, LaneItem } from './lanes.js';
import { countText, momentText } from './words.js';

/** Marks side by side: what falls between two is one. */
const MARKS_PER_LANE = 180;

/** Who has the most to say stands first; of more observers it is only said how many there are. */
const OBSERVER_COUNT_MAX = 20;

export interface ObserverLanes {
  readonly lanes: readonly Lane[];
  readonly leftOut: number;
}

/** @param evidence newest first, as the engine tells it */
export function observerLanes(
  evidence: readonly EvidenceJson[],
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number },
): ObserverLanes {
  const stepMs = (untilMs - sinceMs) / MARKS_PER_LANE;
  const observers = new Map<string, { count: number; worst: HealthStatusName; rows: EvidenceJson[] }>();
  for (const row of evidence) {
    if (row.atMs < sinceMs || row.atMs > untilMs) continue;
    const known = observers.get(row.observer) ?? { count: 0, worst: row.status, rows: [] };
    known.count += row.count;
    known.rows.push(row);
    if (badness(row.status) < badness(known.worst)) known.worst = row.status;
    observers.set(row.observer, known);
  }
  const ordered = [...observers].sort(
    ([, a], [, b]) => badness(a.worst) - badness(b.worst) || b.count - a.count || b.rows.length - a.rows.length,
  );
  return {
    leftOut: Math.max(0, ordered.length - OBSERVER_COUNT_MAX),
    lanes: ordered.slice(0, OBSERVER_COUNT_MAX).map(([observer, { rows, count }]) => ({
      ...{ key: observer, label: observer, note: countText(count, 'call') },
      items: marksOf(rows, sinceMs, untilMs, stepMs),
    })),
  };
}

function marksOf(rows: readonly EvidenceJson[], sinceMs: number, untilMs: number, stepMs: number): readonly LaneItem[] {
  const bins = new Map<number, EvidenceJson[]>();
  for (const row of rows) {
    const bin = Math.floor((row.atMs - sinceMs) / stepMs);
    const known = bins.get(bin);
    if (known) known.push(row);
    else bins.set(bin, [row]);
  }
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([, inBin]) => {
      const count = inBin.reduce((sum, row) => sum + row.count, 0);
      const worst = inBin.reduce((a, b) => (badness(b.status) < badness(a.status) ? b : a));
      const [newest, oldest] = [inBin[0] as EvidenceJson, inBin.at(-1) as EvidenceJson];
      return {
        ...{ fromMs: oldest.atMs, toMs: newest.atMs, status: worst.status, count },
        words: [momentText(newest.atMs, untilMs), countText(count, 'call'), worst.operation, errorWords(worst)].join(
          ' · ',
        ),
      };
    });
}

export interface EvidenceRow {
  /** Of the last of them; `undefined` where only the verdict tells of it. */
  readonly atMs: number | undefined;
  readonly count: number | undefined;
  readonly observer: string;
  readonly operation: string;
  readonly error: string;
  readonly message: string;
  readonly traceId: string;
  readonly spanId: string;
}

/** Calls of the same observer that met the same are one line, with the trace of the last; the newest first. */
export function evidenceRows(report: ReportJson | undefined, history: readonly EvidenceJson[]): readonly EvidenceRow[] {
  const rows = new Map<string, EvidenceRow>();
  const traces = new Set<string>();
  for (const {
    observer,
    operation,
    reason,
    errorType = '',
    message = '',
    traceId = '',
    spanId = '',
    atMs,
    count,
  } of history) {
    traces.add(traceId);
    const error = errorType || reason;
    const key = [observer, operation, error, message].join('\n');
    const known = rows.get(key);
    rows.set(key, {
      ...(known ?? { atMs, observer, operation, error, message }),
      count: (known?.count ?? 0) + count,
      traceId: known?.traceId || traceId,
      spanId: known?.traceId ? known.spanId : spanId,
    });
  }
  const told = [...(report?.views.flatMap((view) => view.evidence.map((each) => ({ ...view, ...each }))) ?? [])];
  for (const { observer, operation, traceId, spanId, errorType = '', message = '', reason } of told) {
    if (traces.has(traceId)) continue;
    traces.add(traceId);
    const error = errorType || reason;
    const key = [observer, operation, error, message].join('\n');
    if (!rows.has(key))
      rows.set(key, { atMs: undefined, count: undefined, observer, operation, error, message, traceId, spanId });
  }
  for (const { traceId, spanId, errorType = '', message = '' } of report?.verdict.evidence ?? [])
    if (!traces.has(traceId))
      rows.set(traceId, {
        ...{ atMs: undefined, count: undefined, observer: '', operation: '', error: errorType, message },
        traceId,
        spanId,
      });
  return [...rows.values()].sort((a, b) => (b.atMs ?? 0) - (a.atMs ?? 0));
}

/** A trace's address, by the template that the engine was given. */
export function traceHref(template: string, traceId: string, spanId: string): string {
  return template
    .replaceAll('{traceId}', encodeURIComponent(traceId))
    .replaceAll('{spanId}', encodeURIComponent(spanId));
}

function errorWords({ errorType, reason, message }: EvidenceJson): string {
  return [errorType ?? reason, message].filter(Boolean).join(': ');
}
