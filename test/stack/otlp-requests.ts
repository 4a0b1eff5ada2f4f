// SPDX-License-Identifier: Apache-2.0
/** Requests of OTLP traces as applications send them, in the words of `encodeByLibrary`. */
import { randomBytes } from 'node:crypto';
import { OBSERVATION_SPAN_NAME, PANORAMA, SEMCONV } from '../../src/model/attributes.js';
import { SpanKind } from '../../src/model/span.js';

/** A span's id or a trace's, as the library takes bytes. */
export const newId = (byteCount: 8 | 16) => randomBytes(byteCount).toString('base64');

/** Attributes with text for values. */
export function attributesOf(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

export interface SpanWords {
  readonly name?: string;
  readonly kind?: SpanKind;
  readonly traceId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A span of some milliseconds that has just ended. */
export function spanOf({ name = 'GET', kind = SpanKind.CLIENT, traceId = newId(16), attributes = {} }: SpanWords = {}) {
  const endMs = Date.now();
  return {
    ...{ traceId, spanId: newId(8), name, kind, attributes: attributesOf(attributes) },
    startTimeUnixNano: `${endMs - 5}000000`,
    endTimeUnixNano: `${endMs}000000`,
  };
}

/** What a guest says of a subject. */
export function observationOf(subject: string, traceId?: string) {
  const said = { [PANORAMA.SUBJECT]: subject, [PANORAMA.STATUS]: 'healthy', [PANORAMA.OPERATION]: 'GET' };
  return spanOf({
    ...{ name: OBSERVATION_SPAN_NAME, kind: SpanKind.INTERNAL, attributes: { ...said, [PANORAMA.SOURCE]: 'caller' } },
    ...(traceId !== undefined && { traceId }),
  });
}

export interface Speaker {
  readonly service: string;
  readonly resource?: Readonly<Record<string, string>>;
  readonly spans: readonly object[];
}

export function requestOf(...speakers: readonly Speaker[]) {
  return {
    resourceSpans: speakers.map(({ service, resource = {}, spans }) => ({
      resource: { attributes: attributesOf({ [SEMCONV.SERVICE_NAME]: service, ...resource }) },
      scopeSpans: [{ scope: { name: 'test' }, spans }],
    })),
  };
}
