// SPDX-License-Identifier: Apache-2.0
/** What one observer says of one subject: each operation with its calls and the evidence. Escape closes it. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ReportJson, ViewJson } from '../../../src/engine/api/shapes.js';
import type { Cell } from '../state/cell.js';
import { badness, keyOf } from '../state/fleet.js';
import { subjectHash } from '../state/route.js';
import { ageText, countText, failureWords, plain } from '../state/words.js';
import { api, now } from '../store.js';
import { useAsked } from './asked.js';
import { Status } from './status.js';
import { Trace } from './trace.js';

/** Evidence of a view that is shown; the rest is in the view of the subject. */
const EVIDENCE_COUNT_MAX = 3;

export function CellPanel({ cell, onClose }: { readonly cell: Cell; readonly onClose: () => void }): JSX.Element {
  const { environment, subject, observer } = cell;
  const path = `subjects/${subject.split('/').map(encodeURIComponent).join('/')}`;
  const asked = useAsked({
    key: keyOf(cell),
    ask: () => api.get<ReportJson>(path, { environment }),
    isNews: ({ verdict }) => keyOf(verdict) === keyOf(cell),
  });
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    close.current?.focus();
  }, [environment, subject, observer]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) onClose();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
  const { answer, error } = asked.value;
  return (
    <aside class="side" aria-labelledby="cell-title">
      <button ref={close} type="button" class="plain close" aria-label="Close" onClick={onClose}>
        <span aria-hidden="true">✕</span>
      </button>
      <h2 id="cell-title">
        <a href={subjectHash({ environment, subject: observer })}>{observer}</a> <small>of</small>{' '}
        <a href={subjectHash(cell)}>{subject}</a>
      </h2>
      {error && <p class="stale">{answer ? `What is shown is old: ${error.message}` : error.message}</p>}
      {answer ? <Said report={answer} observer={observer} /> : !error && <p>Reading…</p>}
    </aside>
  );
}

function Said({ report, observer }: { readonly report: ReportJson; readonly observer: string }): JSX.Element {
  const { verdict } = report;
  const views = report.views
    .filter((view) => view.observer === observer && view.source !== 'self' && view.source !== 'probe')
    .sort((a, b) => badness(a.status) - badness(b.status) || (a.operation < b.operation ? -1 : 1));
  const failure = failureWords(verdict);
  return (
    <>
      <p>
        Verdict: <Status status={verdict.status} />
        {failure !== '' && ` ${failure}`}; {countText(verdict.observersAgainst.length, 'observer')} against,{' '}
        {verdict.observersFor.length} for.
        {verdict.observersDoubted.includes(observer) &&
          ' The word of this observer does not count now, for it is a suspect itself.'}
      </p>
      {views.length === 0 && <p>This observer says nothing of it now.</p>}
      {views.map((view) => (
        <View key={`${view.source} ${view.operation}`} view={view} />
      ))}
    </>
  );
}

function View({ view }: { readonly view: ViewJson }): JSX.Element {
  const { operation, status, reason, healthyCount, failingCount, lastMs, evidence } = view;
  return (
    <section class="operation">
      <h3>{operation}</h3>
      <p>
        <Status status={status} />
        {reason !== 'ok' && ` ${reason}`}
      </p>
      <p class="dim">
        {healthyCount.toLocaleString('en')} well, {failingCount.toLocaleString('en')} failed, last{' '}
        {ageText(now.value - lastMs)} ago
      </p>
      {evidence.length > 0 && (
        <ul class="evidence">
          {evidence.slice(0, EVIDENCE_COUNT_MAX).map(({ traceId, spanId, errorType, message }) => (
            <li key={`${traceId}${spanId}`}>
              <b>{plain(errorType ?? '')}</b> {plain(message ?? '')} <Trace traceId={traceId} spanId={spanId} />
            </li>
          ))}
          {evidence.length > EVIDENCE_COUNT_MAX && <li>and {evidence.length - EVIDENCE_COUNT_MAX} more</li>}
        </ul>
      )}
    </section>
  );
}
