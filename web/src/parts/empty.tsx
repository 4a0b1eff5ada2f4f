// SPDX-License-Identifier: Apache-2.0
/** What stands where nothing is to be shown: why, and what to do. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { countText } from '../state/words.js';
import { api, start } from '../store.js';
import type { ApiError } from '../wire/api.js';
import { useAsked } from './asked.js';

export function Notice({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <section class="notice">
      <h1>{title}</h1>
      {children}
    </section>
  );
}

interface Doctor {
  readonly engine: { readonly otlpGrpc: string; readonly otlpHttp: string };
  readonly lately: { readonly spans: number };
}

export function EmptyFleet(): JSX.Element {
  const { answer: doctor, error } = useAsked({ key: 'doctor', ask: () => api.get<Doctor>('doctor') }).value;
  const spans = doctor?.lately.spans ?? 0;
  return (
    <Notice title="No client spans received yet">
      {spans > 0 && (
        <p>
          The engine received {countText(spans, 'span')} lately, but none that says whom it called.{' '}
          <code>panorama doctor</code> tells what is missing.
        </p>
      )}
      <p>The engine judges a component by what its callers see. Here is how to send it some of that:</p>
      {(doctor ?? error) && <HowToSend {...doctor?.engine} />}
      <p>The first verdict comes with the first call. This page shows it without being loaded again.</p>
    </Notice>
  );
}

/** The usual ports stand where the engine does not say its own, as to somebody who may not ask. */
function HowToSend({
  otlpGrpc = '127.0.0.1:4317',
  otlpHttp = '127.0.0.1:4318',
}: Partial<Doctor['engine']>): JSX.Element {
  // A certificate is that of every listener.
  const isSecure = location.protocol === 'https:';
  const scheme = isSecure ? 'https' : 'http';
  return (
    <dl>
      <dt>A Node service, without a change to its code</dt>
      <dd>
        <pre>
          PANORAMA_ENDPOINT={scheme}://{otlpGrpc} node --import panorama-otel/register app.js
        </pre>
      </dd>
      <dt>Any other service with an OpenTelemetry SDK</dt>
      <dd>
        <pre>
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={scheme}://{otlpHttp}/v1/traces
        </pre>
      </dd>
      <dt>A Collector: one more exporter in its traces pipeline</dt>
      <dd>
        <pre>{`exporters:\n  otlp/panorama: { endpoint: "${otlpGrpc}"${isSecure ? '' : ', tls: { insecure: true }'} }`}</pre>
      </dd>
    </dl>
  );
}

/** What a header can carry; with anything else no request leaves the browser, which looks as if there were no engine. */
const SENDABLE = '\\s*[!-~]+\\s*';

/** The engine lets nobody in without a token. */
export function TokenForm({ error }: { readonly error: ApiError }): JSX.Element {
  const token = useSignal('');
  const field = useRef<HTMLInputElement>(null);
  // There is nothing else to do here, and whoever was refused goes on where they were.
  useEffect(() => field.current?.focus(), []);
  return (
    <Notice title="This engine wants a token">
      <p role="alert">{error.message}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          api.token = token.value.trim();
          start();
        }}
      >
        <label>
          Token with the scope <code>read</code>
          <input
            ref={field}
            type="password"
            autocomplete="off"
            required
            pattern={SENDABLE}
            title="letters, digits and signs of ASCII, as in the engine's file"
            value={token.value}
            onInput={(event) => {
              token.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit">Enter</button>
      </form>
      <p>It is kept in this tab alone, and sent to this engine only.</p>
    </Notice>
  );
}
