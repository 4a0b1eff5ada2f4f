// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's own metrics: one row each, with how it is read from the engine's status. Names and units follow OpenTelemetry's
 * conventions, and its own names are used where it has any (`process.*`, `nodejs.*`, `v8js.*`). No name of a subject, an observer or
 * an operation is an attribute here: what comes from outside has no bound, and must not become a time series.
 * `docs/metrics.md` is checked against this table.
 */
import type { Attributes } from '@opentelemetry/api';
import type { EngineCounts } from '../engine-reader.js';
import { byName, type HistogramRow, type MetricRow } from './metric-row.js';
import { PROCESS_METRIC_ROWS } from './process-metrics.js';
import type { RequestCount } from './request-counts.js';

/** Of the OTLP requests, from headers to answer. From half a millisecond to the time that exporters wait (10 s). */
export const REQUEST_DURATION: HistogramRow = {
  name: 'panorama.engine.request.duration',
  unit: 's',
  description: 'How long OTLP requests took, from their headers to the answer.',
  attributes: ['transport', 'signal'],
  boundaries: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10],
};

/** Read when somebody asks, so that the way of a span knows nothing of metrics. */
export const METRIC_ROWS: readonly MetricRow[] = [
  {
    name: 'panorama.engine.requests',
    kind: 'counter',
    unit: '{request}',
    description: 'OTLP requests answered. The code is `ok`, `lost`, or why it was refused.',
    attributes: ['transport', 'signal', 'code'],
    read: ({ requests }) => requests.map((each) => ({ value: each.requests, attributes: keyOf(each) })),
  },
  {
    name: 'panorama.engine.received',
    kind: 'counter',
    unit: 'By',
    description: 'Bytes of OTLP requests, uncompressed.',
    attributes: ['transport', 'signal', 'code'],
    read: ({ requests }) => requests.map((each) => ({ value: each.bytes, attributes: keyOf(each) })),
  },
  {
    name: 'panorama.engine.spans',
    kind: 'counter',
    unit: '{span}',
    description:
      'Spans read, by what they serve for: a `call` is observed, one that a guest has `accounted` for is not again.',
    attributes: ['role'],
    read: ({ counts }) => byName(spanRoles(counts), 'role'),
  },
  {
    name: 'panorama.engine.spans.unobserved',
    kind: 'counter',
    unit: '{span}',
    description: 'Spans of which no observation was made although they should have one, by why.',
    attributes: ['reason'],
    read: ({ counts: { malformed, duplicates, unidentified, abandoned, ignored } }) =>
      byName({ malformed, duplicate: duplicates, unidentified, abandoned, ignored }, 'reason'),
  },
  {
    name: 'panorama.engine.spans.late',
    kind: 'counter',
    unit: '{span}',
    description:
      'Spans that came when what they say had expired. They are among those above, and change no verdict of now.',
    read: ({ counts }) => counts.late,
  },
  {
    name: 'panorama.engine.log.records',
    kind: 'counter',
    unit: '{record}',
    description: 'Log records read: `error` those of errors within a span, whose words serve as evidence.',
    attributes: ['role'],
    read: ({ signals: { logRecords, errorLogs } }) =>
      byName({ error: errorLogs, other: Math.max(0, logRecords - errorLogs) }, 'role'),
  },
  {
    name: 'panorama.engine.data.points',
    kind: 'counter',
    unit: '{point}',
    description: 'Data points of metrics read.',
    read: ({ signals }) => signals.dataPoints,
  },
  {
    name: 'panorama.engine.calls.folded',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls whose operation was folded into `other`, because its subject has too many.',
    read: ({ counts }) => counts.folded,
  },
  {
    name: 'panorama.engine.calls.hurried',
    kind: 'counter',
    unit: '{call}',
    description: 'Calls settled before spans of their callee could come, because too many spans were held.',
    read: ({ counts }) => counts.hurried,
  },
  {
    name: 'panorama.engine.spans.held',
    kind: 'up-down counter',
    unit: '{span}',
    description: 'Spans held until nothing more is learned about their calls.',
    read: ({ counts }) => counts.heldSpans,
  },
  {
    name: 'panorama.engine.traces.held',
    kind: 'up-down counter',
    unit: '{trace}',
    description: 'Traces to which they belong.',
    read: ({ counts }) => counts.heldTraces,
  },
  {
    name: 'panorama.engine.subjects',
    kind: 'up-down counter',
    unit: '{subject}',
    description: 'Subjects known.',
    read: ({ counts }) => counts.subjects,
  },
  {
    name: 'panorama.engine.observers',
    kind: 'up-down counter',
    unit: '{observer}',
    description: 'Observers known.',
    read: ({ counts }) => counts.observers,
  },
  {
    name: 'panorama.engine.views',
    kind: 'up-down counter',
    unit: '{view}',
    description: 'Views kept.',
    read: ({ counts }) => counts.views,
  },
  {
    name: 'panorama.engine.views.limit',
    kind: 'up-down counter',
    unit: '{view}',
    description: 'Views that may be kept.',
    read: ({ viewCountMax }) => viewCountMax,
  },
  {
    name: 'panorama.engine.views.evicted',
    kind: 'counter',
    unit: '{view}',
    description: 'Views forgotten to make room, the least recently seen first.',
    read: ({ counts }) => counts.evictedViews,
  },
  {
    name: 'panorama.engine.evidence',
    kind: 'up-down counter',
    unit: '{trace}',
    description: 'Traces of failing calls kept.',
    read: ({ counts }) => counts.evidence,
  },
  {
    name: 'panorama.engine.evidence.evicted',
    kind: 'counter',
    unit: '{trace}',
    description: 'Traces forgotten to make room, oldest first.',
    read: ({ counts }) => counts.evictedEvidence,
  },
  {
    name: 'panorama.engine.transitions',
    kind: 'counter',
    unit: '{transition}',
    description: 'Changes of a verdict.',
    read: ({ counts }) => counts.transitions,
  },
  {
    name: 'panorama.engine.admission.usage',
    kind: 'up-down counter',
    unit: 'By',
    description: 'Bytes of requests that are not answered yet.',
    read: ({ bytesInFlight }) => bytesInFlight,
  },
  {
    name: 'panorama.engine.admission.limit',
    kind: 'up-down counter',
    unit: 'By',
    description: 'Such bytes that may be held; requests beyond are turned away.',
    read: ({ bytesInFlightMax }) => bytesInFlightMax,
  },
  {
    name: 'panorama.engine.decoder.threads',
    kind: 'up-down counter',
    unit: '{thread}',
    description: 'Threads that decode bodies beside the engine’s own, and are ready.',
    read: ({ decoders }) => decoders.ready,
  },
  {
    name: 'panorama.engine.decoder.lost',
    kind: 'counter',
    unit: '{thread}',
    description:
      'Such threads that ended unasked. Another one takes the place of each; what it had not answered is to be sent again.',
    read: ({ decoders }) => decoders.lost,
  },
  {
    name: 'panorama.engine.decoder.requests',
    kind: 'counter',
    unit: '{request}',
    description:
      'Requests that were given to such a thread. Small ones, logs and metrics are decoded by the engine’s own.',
    read: ({ decoders }) => decoders.handedOver,
  },
  {
    name: 'panorama.engine.journal.failing',
    kind: 'gauge',
    unit: '{state}',
    description: '1 while the history cannot be written, else 0.',
    read: ({ journal }) => Number(journal.state === 'failing'),
  },
  {
    name: 'panorama.engine.journal.waiting',
    kind: 'up-down counter',
    unit: '{record}',
    description: 'Records that wait to be written to the history.',
    read: ({ journal }) => journal.waiting,
  },
  {
    name: 'panorama.engine.journal.lost',
    kind: 'counter',
    unit: '{record}',
    description: 'Records given up, because too many waited.',
    attributes: ['record'],
    read: ({ journal }) => byName({ ...journal.lost }, 'record'),
  },
  ...PROCESS_METRIC_ROWS,
];

function keyOf({ transport, signal, code }: RequestCount): Attributes {
  return { transport, signal, code };
}

/** Each span once. */
function spanRoles({ spans, calls, accounted, observations, served, rejected }: EngineCounts): Record<string, number> {
  const other = Math.max(0, spans - calls - accounted - observations - served - rejected);
  return { call: calls, accounted, observation: observations, served, rejected, other };
}
