// SPDX-License-Identifier: Apache-2.0
/**
 * Changes of verdicts as OpenTelemetry events, which are log records with a name: so that they land where the rest of the logs do.
 * Each stands in the context of its first piece of evidence, so that a backend that links logs and traces links it.
 */
import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import { PANORAMA, SEMCONV, VERDICT_EVENT_NAME } from '../../model/attributes.js';
import { HealthStatus, isFailing, statusName } from '../../model/status.js';
import { type FormerVerdict, isOnlyCulpritNew, type Transition, type Verdict } from '../../model/verdict.js';
import { ExportWatch } from './export-watch.js';
import { endpointFor, type OtlpEndpoint } from './otlp-endpoint.js';
import { BRIDGE, culpritOf } from './verdict-metrics.js';

/** As OpenTelemetry's data model of logs numbers them. */
const SEVERITY_NUMBERS = { INFO: 9, WARN: 13, ERROR: 17 } as const;

type Logger = ReturnType<LoggerProvider['getLogger']>;
type LogRecord = Parameters<Logger['emit']>[0];

/** How long events wait for others, in ms. */
const BATCH_MS = 1000;

export async function logExporterFor(endpoint: OtlpEndpoint): Promise<LogRecordExporter> {
  const url = endpointFor(endpoint, 'logs');
  if (endpoint.protocol === 'grpc') {
    const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-grpc');
    return new OTLPLogExporter({ url });
  }
  const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-proto');
  return new OTLPLogExporter({ url });
}

export class LogEvents {
  readonly #provider: LoggerProvider;
  readonly #logger: Logger;

  /** @param onFailing told when sending begins to fail, with why, and with nothing when it works again */
  constructor(exporter: LogRecordExporter, resource: Resource, onFailing: (error: Error | undefined) => void) {
    const watch = new ExportWatch(onFailing);
    const watched: LogRecordExporter = {
      export: (records, done) => exporter.export(records, watch.noting(done)),
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
    };
    this.#provider = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter: watched, scheduledDelayMillis: BATCH_MS })],
    });
    this.#logger = this.#provider.getLogger('panorama-otel/bridge');
  }

  note(transition: Transition): void {
    this.#logger.emit(eventOf(transition));
  }

  async close(): Promise<void> {
    await this.#provider.shutdown().catch(() => undefined);
  }
}

/** The record of a transition. */
export function eventOf({ seq, atMs, from, verdict }: Transition): LogRecord {
  const { environment, subject, status, failure, reason, split, confidence, observersAgainst, sinceMs } = verdict;
  const severity = severityOf(status);
  return {
    eventName: VERDICT_EVENT_NAME,
    timestamp: atMs,
    severityNumber: SEVERITY_NUMBERS[severity],
    severityText: severity,
    body: bodyOf(from, verdict),
    attributes: {
      [SEMCONV.DEPLOYMENT_ENVIRONMENT_NAME]: environment,
      [PANORAMA.SUBJECT]: subject,
      [PANORAMA.STATUS]: statusName(status),
      [`${PANORAMA.STATUS}.before`]: statusName(from.status),
      [BRIDGE.FAILURE]: failure,
      [PANORAMA.REASON]: reason,
      [BRIDGE.SPLIT]: [...split],
      [BRIDGE.CULPRIT]: culpritOf(verdict),
      [`${BRIDGE.CULPRIT}.before`]: from.culprit ?? '',
      'panorama.confidence': confidence,
      'panorama.observers.against': [...observersAgainst],
      'panorama.since': sinceMs / 1000,
      'panorama.seq': seq,
    },
    context: contextOf(verdict),
  };
}

function bodyOf(from: FormerVerdict, verdict: Verdict): string {
  const { subject, status, failure } = verdict;
  const now = `${subject} is ${statusName(status)}${failure === 'none' ? '' : ` (${failure})`}`;
  if (!isOnlyCulpritNew(from, verdict)) return `${now}, and was ${statusName(from.status)}`;
  return `${now} because of ${culpritOf(verdict)}, and was because of ${from.culprit}`;
}

function severityOf(status: HealthStatus): 'ERROR' | 'WARN' | 'INFO' {
  if (isFailing(status)) return 'ERROR';
  return status >= HealthStatus.MAYBE_UNHEALTHY ? 'WARN' : 'INFO';
}

function contextOf({ evidence: [first] }: Verdict) {
  if (!first) return ROOT_CONTEXT;
  const { traceId, spanId } = first;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED });
}
