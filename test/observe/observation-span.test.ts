// SPDX-License-Identifier: Apache-2.0
/** An observation as a span and back: nothing is lost on the way, and nothing hostile comes in by it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../src/model/attributes.js';
import { formatIdentity, type Resolution } from '../../src/model/identity.js';
import {
  BLAMED_COUNT_MAX,
  ERROR_MESSAGE_LENGTH_MAX,
  ERROR_TYPE_LENGTH_MAX,
  EVIDENCE_PER_OBSERVATION_MAX,
  IDENTITY_LENGTH_MAX,
  OPERATION_LENGTH_MAX,
} from '../../src/model/limits.js';
import type { Observation, ObservationSource, OutcomeReason } from '../../src/model/observation.js';
import type { SpanRecord } from '../../src/model/span.js';
import { HealthStatus, isFailing } from '../../src/model/status.js';
import {
  decodeObservation,
  encodeObservation,
  isObservationSpan,
  type ObservationContent,
} from '../../src/observe/observation-span.js';
import { observationSpanOf, spanOf } from '../support/spans.js';

const OBSERVER = { text: 'resource/r1', resolution: 'instance' } as const;
const ENVIRONMENT = 'staging';

function decoded(attributes: Attributes, given: Partial<SpanRecord> = {}): Observation | string {
  const span = observationSpanOf({}, 1_700_000_000_000);
  return decodeObservation(
    { ...span, ...given, attributes: { ...span.attributes, ...attributes } },
    OBSERVER,
    ENVIRONMENT,
  );
}

const identity = fc
  .record({ service: fc.string({ minLength: 1, maxLength: 8 }), instance: fc.string({ maxLength: 8 }) })
  .map((parts) => formatIdentity(parts).text);
const text = (lengthMax: number) =>
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((any) => any.length <= lengthMax);
const seconds = fc.double({ min: 0, max: 1e6, noNaN: true });

const content: fc.Arbitrary<ObservationContent> = fc.record(
  {
    observer: identity,
    subject: identity,
    resolution: fc.constantFrom<Resolution>('service', 'instance', 'address'),
    operation: text(OPERATION_LENGTH_MAX),
    status: fc.constantFrom(...Object.values(HealthStatus).filter((status) => status !== HealthStatus.INVALID)),
    reason: fc.constantFrom<OutcomeReason>('ok', 'request_fault', 'throttled', 'name_resolution', 'hung', 'reported'),
    source: fc.constantFrom<ObservationSource>('caller', 'probe', 'self', 'report'),
    count: fc.integer({ min: 1, max: 1_000_000_000 }),
    latency: fc.tuple(seconds, seconds).map(([a, b]) => ({ meanSeconds: Math.min(a, b), maxSeconds: Math.max(a, b) })),
    observerLagSeconds: seconds,
    suspicion: seconds,
    isAgain: fc.constant(true),
    blamed: fc.array(identity, { maxLength: BLAMED_COUNT_MAX }),
    errorType: text(ERROR_TYPE_LENGTH_MAX),
    message: text(ERROR_MESSAGE_LENGTH_MAX),
  },
  {
    requiredKeys: ['observer', 'subject', 'resolution', 'operation', 'status', 'reason', 'source', 'count'],
  },
);

describe('an observation', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(content, (written) => {
        const links = [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }];
        const span = spanOf({ attributes: encodeObservation(written), links, endMs: 1_700_000_000_123 });
        const { errorType, message, blamed, ...rest } = written;
        expect(decodeObservation(span, OBSERVER, ENVIRONMENT)).toEqual({
          ...rest,
          // Only who fails can be somebody's victim.
          ...(blamed && isFailing(written.status) && { blamed }),
          id: span.traceId + span.spanId,
          environment: ENVIRONMENT,
          observedMs: 1_700_000_000_123,
          windowMs: span.durationMs,
          evidence: [{ ...links[0], ...(errorType && { errorType }), ...(message && { message }) }],
        });
      }),
    );
  });

  it('was told before only where it says so, and nothing is written where it was not', () => {
    const isAgain = (said: Attributes[string]) => (decoded({ 'panorama.again': said }) as Observation).isAgain;
    expect([true, false, 'true', 1, undefined].map(isAgain)).toEqual([true, ...Array(4).fill(undefined)]);
    expect(observationSpanOf({ isAgain: false }, 0).attributes).not.toHaveProperty('panorama.again');
    expect(observationSpanOf({ isAgain: true }, 0).attributes).toHaveProperty('panorama.again', true);
  });

  it('takes of a blame four names at the most, and nothing that is none', () => {
    const blamed = (blame: Attributes[string]) =>
      decoded({ 'panorama.status': 'unhealthy', 'panorama.blame': blame }) as Observation;
    expect(blamed(['a', '', 7, 'two words', undefined, 'x'.repeat(IDENTITY_LENGTH_MAX + 1), 'b'])).toMatchObject({
      blamed: ['a', 'b'],
    });
    expect(blamed(['a', 'b', 'c', 'd', 'e']).blamed).toEqual(['a', 'b', 'c', 'd']);
    expect(blamed([])).toMatchObject({ blamed: [] });
    expect(blamed('a')).not.toHaveProperty('blamed');
  });

  it('is a span of its own name', () => {
    expect(isObservationSpan(observationSpanOf({}, 0))).toBe(true);
    expect(isObservationSpan(spanOf({ name: 'panorama.observations' }))).toBe(false);
  });

  it('is dated by the end of its span, in milliseconds of its observer', () => {
    expect(decoded({}, { endUnixNano: 1_700_000_000_999_500_000n })).toMatchObject({ observedMs: 1_700_000_000_999.5 });
  });
});

describe('what is not said', () => {
  it.each<[string, Attributes, Partial<Observation>]>([
    ['the observer: the resource', { 'panorama.observer': undefined }, { observer: OBSERVER.text }],
    ['the count: one', { 'panorama.count': undefined }, { count: 1 }],
    ['the operation: unnamed', { 'panorama.operation': undefined }, { operation: 'unnamed' }],
    ['the reason: reported', { 'panorama.reason': undefined }, { reason: 'reported' }],
    ['the source: a report', { 'panorama.source': undefined }, { source: 'report' }],
    [
      'the resolution: an instance where it has a slash',
      { 'panorama.subject.resolution': undefined },
      { resolution: 'instance' },
    ],
    [
      'the resolution: a service otherwise',
      { 'panorama.subject.resolution': undefined, 'panorama.subject': 'datanode' },
      { resolution: 'service' },
    ],
    [
      'the longest latency: the mean',
      { 'panorama.latency.mean': 0.5 },
      { latency: { meanSeconds: 0.5, maxSeconds: 0.5 } },
    ],
  ])('is, for %s', (_, attributes, expected) => {
    expect(decoded(attributes)).toMatchObject(expected);
  });

  it('of latency and lag stays unsaid', () => {
    const observation = decoded({}) as Observation;
    expect(observation.latency).toBeUndefined();
    expect(observation.observerLagSeconds).toBeUndefined();
  });
});

describe('refused, in words that name the attribute, is', () => {
  const LONG = 'x'.repeat(IDENTITY_LENGTH_MAX + 1);
  it.each<[string, Attributes, string]>([
    ['no subject', { 'panorama.subject': undefined }, 'panorama.subject'],
    ['an empty subject', { 'panorama.subject': '' }, 'panorama.subject'],
    ['an over-long subject', { 'panorama.subject': LONG }, 'panorama.subject'],
    ['a subject of two lines', { 'panorama.subject': 'a\nb' }, 'panorama.subject'],
    ['a subject of two lines, by a line separator', { 'panorama.subject': 'a\u2028b' }, 'panorama.subject'],
    ['a subject that turns the text round', { 'panorama.subject': 'a\u202eb' }, 'panorama.subject'],
    ['a subject that is a list', { 'panorama.subject': ['a'] }, 'panorama.subject'],
    ['an over-long observer', { 'panorama.observer': LONG }, 'panorama.observer'],
    ['an observer with a blank', { 'panorama.observer': 'a b' }, 'panorama.observer'],
    ['no status', { 'panorama.status': undefined }, 'panorama.status'],
    ['a status that is none', { 'panorama.status': 'splendid' }, 'panorama.status'],
    ['a status by its number', { 'panorama.status': 5 }, 'panorama.status'],
    ['the status "invalid"', { 'panorama.status': 'invalid' }, 'panorama.status'],
    ['a count of none', { 'panorama.count': 0 }, 'panorama.count'],
    ['a count below none', { 'panorama.count': -3 }, 'panorama.count'],
    ['a count beyond belief', { 'panorama.count': 1e12 }, 'panorama.count'],
  ])('%s', (_, attributes, name) => {
    const refusal = decoded(attributes);
    expect(refusal).toBeTypeOf('string');
    expect(refusal).toContain(name);
  });
});

describe('made harmless is', () => {
  it.each<[string, Attributes, Partial<Observation>]>([
    [
      'an over-long operation',
      { 'panorama.operation': 'o'.repeat(9999) },
      { operation: 'o'.repeat(OPERATION_LENGTH_MAX) },
    ],
    ['a reason of several words', { 'panorama.reason': 'DROP TABLE' }, { reason: 'reported' }],
    ['a source that is none', { 'panorama.source': 'oracle' }, { source: 'report' }],
    ['a resolution that is none', { 'panorama.subject.resolution': 'hearsay' }, { resolution: 'instance' }],
    ['part of a call', { 'panorama.count': 2.7 }, { count: 2 }],
    [
      'a longest latency below the mean',
      { 'panorama.latency.mean': 2, 'panorama.latency.max': 1 },
      { latency: { meanSeconds: 2, maxSeconds: 2 } },
    ],
  ])('%s', (_, attributes, expected) => {
    expect(decoded(attributes)).toMatchObject(expected);
  });

  it.each<[string, Attributes]>([
    ['a latency below zero', { 'panorama.latency.mean': -1 }],
    ['a latency without end', { 'panorama.latency.mean': Number.POSITIVE_INFINITY }],
    ['a lag below zero', { 'panorama.observer.lag': -1 }],
    ['a lag that is no number', { 'panorama.observer.lag': Number.NaN }],
  ])('%s', (_, attributes) => {
    const observation = decoded(attributes) as Observation;
    expect(observation.latency).toBeUndefined();
    expect(observation.observerLagSeconds).toBeUndefined();
  });
});

describe('the evidence', () => {
  const ref = (index: number) => ({ traceId: 'a'.repeat(32), spanId: String(index).padStart(16, '0') });

  it('is what the links show, a few of them, and never too much text', () => {
    const links = Array.from({ length: 9 }, (_, index) => ref(index));
    const attributes = { 'error.type': 'e'.repeat(999), 'panorama.error.message': 'm'.repeat(999) };
    const { evidence } = decoded(attributes, { links }) as Observation;
    expect(evidence).toHaveLength(EVIDENCE_PER_OBSERVATION_MAX);
    expect(evidence[0]).toEqual({
      ...ref(0),
      errorType: 'e'.repeat(ERROR_TYPE_LENGTH_MAX),
      message: 'm'.repeat(ERROR_MESSAGE_LENGTH_MAX),
    });
  });

  it('is the parent where there are no links, and nothing where there is neither', () => {
    const parentSpanId = 'c'.repeat(16);
    const { evidence } = decoded({}, { parentSpanId }) as Observation;
    expect(evidence).toEqual([{ traceId: '0123456789abcdef0123456789abcdef', spanId: parentSpanId }]);
    expect((decoded({}) as Observation).evidence).toEqual([]);
  });
});
