// SPDX-License-Identifier: Apache-2.0
/** The way to a trace: a link where the engine knows of a place that shows traces, else its id to take along. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { traceHref } from '../state/evidence.js';
import { about } from '../store.js';

const COPIED_MS = 1500;

export function Trace({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }): JSX.Element | null {
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
