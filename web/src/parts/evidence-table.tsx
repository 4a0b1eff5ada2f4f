// SPDX-License-Identifier: Apache-2.0
/** Calls that did not go well: what they met, and where their trace is. */
import type { JSX } from 'preact';
import type { EvidenceJson, ReportJson } from '../../../src/engine/api/shapes.js';
import { evidenceRows } from '../state/evidence.js';
import { momentText, plain } from '../state/words.js';
import { now } from '../store.js';
import { TableHead } from './table-head.js';
import { Trace } from './trace.js';

/** More than anybody reads; who wants all asks the API. */
const ROW_COUNT_MAX = 50;

export interface EvidenceTableParts {
  readonly report: ReportJson | undefined;
  readonly evidence: readonly EvidenceJson[];
}

export function EvidenceTable({ report, evidence }: EvidenceTableParts): JSX.Element {
  const rows = evidenceRows(report, evidence);
  return (
    <section aria-labelledby="evidence-title">
      <h2 id="evidence-title">Evidence</h2>
      {rows.length === 0 ? (
        <p class="dim">No call of this time went wrong.</p>
      ) : (
        <div class="table-wrap">
          <table>
            <TableHead
              heads={['Last', 'Calls', 'Error', 'Message', 'Operation', 'Observer', 'Trace']}
              numbers={['Calls']}
            />
            <tbody>
              {rows.slice(0, ROW_COUNT_MAX).map((row) => (
                <tr key={[row.observer, row.operation, row.error, row.message, row.traceId].join('\n')}>
                  <td>{row.atMs === undefined ? '' : momentText(row.atMs, now.value)}</td>
                  <td class="number">{row.count?.toLocaleString('en')}</td>
                  <td>
                    <code>{plain(row.error)}</code>
                  </td>
                  <td class="message">{plain(row.message)}</td>
                  <td>{row.operation}</td>
                  <td>{row.observer}</td>
                  <td>
                    <Trace traceId={row.traceId} spanId={row.spanId} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > ROW_COUNT_MAX && (
        <p class="dim">
          The newest {ROW_COUNT_MAX} of {rows.length.toLocaleString('en')} kinds.
        </p>
      )}
    </section>
  );
}
