// SPDX-License-Identifier: Apache-2.0
/** Calls that did not go well: what they met, and where their trace is. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { EvidenceJson, ReportJson } from '../../../src/engine/api/shapes.js';
import { type EvidenceRow, evidenceRows, traceHref } from '../state/evidence.js';
import { momentText } from '../state/words.js';
import { about, now } from '../store.js';

/** More than anybody reads; who wants all asks the API. */
const ROW_COUNT_MAX = 50;

const COPIED_MS = 1500;

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
            <thead>
              <tr>
                {['Last', 'Calls', 'Error', 'Message', 'Operation', 'Observer', 'Trace'].map((head) => (
                  <th key={head} scope="col" class={head === 'Calls' ? 'number' : ''}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, ROW_COUNT_MAX).map((row) => (
                <tr key={[row.observer, row.operation, row.error, row.message, row.traceId].join('\n')}>
                  <td>{row.atMs === undefined ? '' : momentText(row.atMs, now.value)}</td>
                  <td class="number">{row.count?.toLocaleString('en')}</td>
                  <td>
                    <code>{row.error}</code>
                  </td>
                  <td class="message">{row.message}</td>
                  <td>{row.operation}</td>
                  <td>{row.observer}</td>
                  <td>
                    <Trace row={row} />
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

function Trace({ row: { traceId, spanId } }: { readonly row: EvidenceRow }): JSX.Element | null {
  const isCopied = useSignal(false);
  if (traceId === '') return null;
  const template = about.value?.traceUrl;
  const short = `${traceId.slice(0, 8)}…`;
  if (template)
    return (
      <a href={traceHref(template, traceId, spanId)} title={traceId} target="_blank" rel="noreferrer">
        {short} <span aria-hidden="true">↗</span>
      </a>
    );
  const copy = (): void => {
    navigator.clipboard?.writeText(traceId).then(
      () => {
        isCopied.value = true;
        setTimeout(() => {
          isCopied.value = false;
        }, COPIED_MS);
      },
      () => undefined,
    );
  };
  return (
    <span class="trace">
      <code title={traceId}>{short}</code>
      <button type="button" class="small" onClick={copy} aria-label={`Copy the trace id ${traceId}`}>
        {isCopied.value ? 'copied' : 'copy'}
      </button>
    </span>
  );
}
