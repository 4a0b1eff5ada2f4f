// SPDX-License-Identifier: Apache-2.0
/**
 * An Observation as the attributes of a span, both ways. The guest writes what the engine reads, so the two directions
 * stand in one file and a round trip is one test.
 */
import { type Attributes, numberOf, OBSERVATION_SPAN_NAME, PANORAMA, SEMCONV, textOf } from '../model/attributes.js';
import { type Identity, isIdentityText, type Resolution, resolutionOf } from '../model/identity.js';
import {
  BLAMED_COUNT_MAX,
  cut,
  ERROR_MESSAGE_LENGTH_MAX,
  ERROR_TYPE_LENGTH_MAX,
  EVIDENCE_PER_OBSERVATION_MAX,
  OPERATION_LENGTH_MAX,
} from '../model/limits.js';
import {
  type Evidence,
  type Observation,
  type ObservationSource,
  OUTCOME_REASONS,
  type OutcomeReason,
} from '../model/observation.js';
import type { SpanRecord } from '../model/span.js';
import { HealthStatus, isFailing, statusFromName, statusName } from '../model/status.js';

/** What the attributes say; times, ids and links are the span's own. */
export type ObservationContent = Omit<Observation, 'id' | 'environment' | 'observedMs' | 'windowMs' | 'evidence'> & {
  readonly errorType?: string | undefined;
  readonly message?: string | undefined;
};

/** Largest count taken from one observation; a window of one second holds far less. */
const COUNT_MAX = 1_000_000_000;
/** Longest window of a guest, in ms; see `PanoramaSpanProcessorOptions.windowMs`. */
const WINDOW_MAX_MS = 60_000;
const RESOLUTIONS: readonly string[] = ['service', 'instance', 'address'] satisfies Resolution[];
const SOURCES: readonly string[] = ['caller', 'probe', 'self', 'report'] satisfies ObservationSource[];
const REASONS: ReadonlySet<string> = new Set(OUTCOME_REASONS);

/** Whether a span is one of ours. */
export function isObservationSpan(span: SpanRecord): boolean {
  return span.name === OBSERVATION_SPAN_NAME;
}

/** The attributes of an observation span. */
export function encodeObservation(content: ObservationContent): Record<string, string | number | boolean | string[]> {
  const attributes: Record<string, string | number | boolean | string[]> = {
    [PANORAMA.OBSERVER]: content.observer,
    [PANORAMA.SUBJECT]: content.subject,
    [PANORAMA.SUBJECT_RESOLUTION]: content.resolution,
    [PANORAMA.OPERATION]: content.operation,
    [PANORAMA.STATUS]: statusName(content.status),
    [PANORAMA.REASON]: content.reason,
    [PANORAMA.SOURCE]: content.source,
    [PANORAMA.COUNT]: content.count,
  };
  if (content.latency) {
    attributes[PANORAMA.LATENCY_MEAN] = content.latency.meanSeconds;
    attributes[PANORAMA.LATENCY_MAX] = content.latency.maxSeconds;
  }
  if (content.suspicion !== undefined) attributes[PANORAMA.SUSPICION] = content.suspicion;
  if (content.observerLagSeconds !== undefined) attributes[PANORAMA.OBSERVER_LAG] = content.observerLagSeconds;
  if (content.errorType) attributes[SEMCONV.ERROR_TYPE] = content.errorType;
  if (content.message) attributes[PANORAMA.ERROR_MESSAGE] = content.message;
  if (content.isAgain) attributes[PANORAMA.AGAIN] = true;
  if (content.blamed) attributes[PANORAMA.BLAME] = [...content.blamed];
  return attributes;
}

/**
 * The observation in a span of ours, or what is wrong with it in words for whoever sent it. `observer` and
 * `environment` come from the resource; an observer named on the span itself goes before.
 */
export function decodeObservation(span: SpanRecord, observer: Identity, environment: string): Observation | string {
  const { attributes } = span;
  const subject = textOf(attributes[PANORAMA.SUBJECT]);
  if (!isName(subject)) return `${PANORAMA.SUBJECT} is missing, too long or not printable`;
  const named = textOf(attributes[PANORAMA.OBSERVER]) ?? observer.text;
  if (!isName(named)) return `${PANORAMA.OBSERVER} is too long or not printable`;
  const status = statusFromName(textOf(attributes[PANORAMA.STATUS]) ?? '');
  if (status === undefined || status === HealthStatus.INVALID) return `${PANORAMA.STATUS} is not the name of a status`;
  const count = numberOf(attributes[PANORAMA.COUNT]) ?? 1;
  if (!(count >= 1 && count <= COUNT_MAX)) return `${PANORAMA.COUNT} must be from 1 to ${COUNT_MAX}`;
  const mean = numberOf(attributes[PANORAMA.LATENCY_MEAN]);
  const suspicion = numberOf(attributes[PANORAMA.SUSPICION]);
  const lag = numberOf(attributes[PANORAMA.OBSERVER_LAG]);
  const blamed = isFailing(status) ? blamedIn(attributes) : undefined;
  return {
    id: span.traceId + span.spanId,
    environment,
    observer: named,
    subject,
    resolution: resolutionIn(attributes, subject),
    operation: cut(textOf(attributes[PANORAMA.OPERATION]) ?? 'unnamed', OPERATION_LENGTH_MAX),
    status,
    reason: reasonIn(attributes),
    source: sourceIn(attributes),
    count: Math.floor(count),
    observedMs: Number(span.endUnixNano) / 1e6,
    windowMs: Math.min(span.durationMs, WINDOW_MAX_MS),
    ...(mean !== undefined &&
      mean >= 0 && {
        latency: { meanSeconds: mean, maxSeconds: Math.max(mean, numberOf(attributes[PANORAMA.LATENCY_MAX]) ?? mean) },
      }),
    ...(suspicion !== undefined && suspicion >= 0 && { suspicion }),
    ...(lag !== undefined && lag >= 0 && { observerLagSeconds: lag }),
    ...(blamed && { blamed }),
    ...(attributes[PANORAMA.AGAIN] === true && { isAgain: true }),
    evidence: evidenceIn(span),
  };
}

/** Whom the answer to a call blamed, on its client span as on an observation's; `undefined` where no answer tells. */
export function blamedIn(attributes: Attributes): readonly string[] | undefined {
  const told = attributes[PANORAMA.BLAME];
  if (!Array.isArray(told)) return undefined;
  return told.filter((name) => typeof name === 'string' && isIdentityText(name)).slice(0, BLAMED_COUNT_MAX);
}

function evidenceIn(span: SpanRecord): readonly Evidence[] {
  const errorType = textOf(span.attributes[SEMCONV.ERROR_TYPE]);
  const message = textOf(span.attributes[PANORAMA.ERROR_MESSAGE]);
  const what = {
    ...(errorType && { errorType: cut(errorType, ERROR_TYPE_LENGTH_MAX) }),
    ...(message && { message: cut(message, ERROR_MESSAGE_LENGTH_MAX) }),
  };
  const refs = span.links.length > 0 ? span.links : parentOf(span);
  return refs.slice(0, EVIDENCE_PER_OBSERVATION_MAX).map(({ traceId, spanId }) => ({ traceId, spanId, ...what }));
}

function parentOf(span: SpanRecord): readonly { traceId: string; spanId: string }[] {
  return span.parentSpanId === '' ? [] : [{ traceId: span.traceId, spanId: span.parentSpanId }];
}

function resolutionIn(attributes: Attributes, subject: string): Resolution {
  const stated = textOf(attributes[PANORAMA.SUBJECT_RESOLUTION]);
  return stated !== undefined && RESOLUTIONS.includes(stated) ? (stated as Resolution) : resolutionOf(subject);
}

function sourceIn(attributes: Attributes): ObservationSource {
  const stated = textOf(attributes[PANORAMA.SOURCE]);
  return stated !== undefined && SOURCES.includes(stated) ? (stated as ObservationSource) : 'report';
}

function reasonIn(attributes: Attributes): OutcomeReason {
  const stated = textOf(attributes[PANORAMA.REASON]);
  return stated !== undefined && REASONS.has(stated) ? (stated as OutcomeReason) : 'reported';
}

function isName(text: string | undefined): text is string {
  return text !== undefined && isIdentityText(text);
}
