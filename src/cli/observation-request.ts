// SPDX-License-Identifier: Apache-2.0
/** What somebody at a terminal has seen, as the export request that a guest would send: observation spans of source `report`, in OTLP/JSON. Pure. */
import { type AttributeValue, OBSERVATION_SPAN_NAME, SEMCONV } from '../model/attributes.js';
import { PanoramaError } from '../model/errors.js';
import { type Identity, isIdentityText } from '../model/identity.js';
import { OPERATION_LENGTH_MAX } from '../model/limits.js';
import { SpanKind } from '../model/span.js';
import { HealthStatus, type HealthStatusName, STATUS_NAMES, statusFromName } from '../model/status.js';
import { encodeObservation } from '../observe/observation-span.js';

/** A word is worth no more than the calls of a busy minute. */
const SCORE_MAX = 1000;

const WANTED = `must be OPERATION:STATUS or OPERATION:STATUS:SCORE, such as "GET /cart:unhealthy:3"; a status is one of ${STATUS_NAMES}`;

export interface Sighting {
  readonly operation: string;
  readonly status: HealthStatus;
  /** Calls that it weighs as. */
  readonly score: number;
}

export interface ReportParts {
  readonly observer: string;
  readonly subject: Identity;
  readonly environment: string;
  readonly sightings: readonly Sighting[];
  readonly message: string;
  readonly nowMs: number;
  /** So many random bytes, in hex. */
  readonly freshHex: (byteCount: number) => string;
}

/** `OPERATION:STATUS[:SCORE]`, read from its end, because an operation may have a `:` in it. */
export function sightingIn(text: string): Sighting {
  const parts = text.split(':');
  const last = parts.at(-1) ?? '';
  const hasScore = parts.length > 2 && wordOf(last) === undefined;
  const status = wordOf(parts.at(hasScore ? -2 : -1) ?? '');
  const operation = parts.slice(0, hasScore ? -2 : -1).join(':');
  if (status === undefined || operation === '' || operation.length > OPERATION_LENGTH_MAX) {
    throw refusal(text, WANTED);
  }
  if (hasScore && !(/^\d{1,4}$/.test(last) && Number(last) >= 1 && Number(last) <= SCORE_MAX)) {
    throw refusal(
      text,
      `has no score that counts; it is how many calls it weighs as, a whole number from 1 to ${SCORE_MAX}`,
    );
  }
  return { operation, status, score: hasScore ? Number(last) : 1 };
}

export function identityIn(what: string, text: string): string {
  if (isIdentityText(text)) return text;
  throw new PanoramaError(
    'PANO_USAGE',
    `${what} ${JSON.stringify(text)} is no name: it must be 1 to 256 characters without blanks, such as datanode/dn2`,
  );
}

/** The body of a POST to `/v1/traces`. */
export function observationRequest(parts: ReportParts): object {
  const { environment, sightings } = parts;
  const resource = { [SEMCONV.SERVICE_NAME]: 'panorama-cli', [SEMCONV.DEPLOYMENT_ENVIRONMENT_NAME]: environment };
  const spans = sightings.map((sighting) => spanOf(sighting, parts));
  const scope = { name: 'panorama-otel' };
  return { resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans: [{ scope, spans }] }] };
}

function spanOf({ operation, status, score }: Sighting, parts: ReportParts): object {
  const { observer, subject, message, nowMs, freshHex } = parts;
  const ids = { traceId: freshHex(16), spanId: freshHex(8) };
  const atNano = `${Math.floor(nowMs)}000000`;
  const { text, resolution } = subject;
  const content = { observer, subject: text, resolution, operation, status, count: score, message };
  return {
    ...ids,
    name: OBSERVATION_SPAN_NAME,
    kind: SpanKind.INTERNAL,
    startTimeUnixNano: atNano,
    endTimeUnixNano: atNano,
    attributes: attributesOf(encodeObservation({ ...content, reason: 'reported', source: 'report' })),
    // Evidence is known by its span. Who reports by hand has none to show, so the words stand under the report's own.
    ...(message !== '' && { links: [ids] }),
  };
}

function attributesOf(values: Readonly<Record<string, AttributeValue>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue | null | undefined): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: (value ?? []).map(anyValue) } };
}

function wordOf(text: string): HealthStatus | undefined {
  const status = statusFromName(text as HealthStatusName);
  return status === HealthStatus.INVALID ? undefined : status;
}

function refusal(text: string, why: string): PanoramaError {
  return new PanoramaError('PANO_USAGE', `${JSON.stringify(text)} ${why}`);
}
