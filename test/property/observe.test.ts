// SPDX-License-Identifier: Apache-2.0
/**
 * Whatever stands on a span, the rules answer: they never throw, and every text they give is bounded and fit to be shown.
 * The attributes are drawn with the names that the rules read, so that most of them are looked at.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attributes, READ_ATTRIBUTES } from '../../src/model/attributes.js';
import { isIdentityText } from '../../src/model/identity.js';
import {
  ERROR_MESSAGE_LENGTH_MAX,
  ERROR_TYPE_LENGTH_MAX,
  EVIDENCE_PER_OBSERVATION_MAX,
  OPERATION_LENGTH_MAX,
} from '../../src/model/limits.js';
import type { Evidence } from '../../src/model/observation.js';
import type { SpanKind, SpanRecord, SpanStatusCode } from '../../src/model/span.js';
import { HealthStatus } from '../../src/model/status.js';
import { decodeObservation } from '../../src/observe/observation-span.js';
import { evidenceOf, observeCall, observeSelf } from '../../src/observe/observe.js';
import { UsualLatency } from '../../src/observe/usual-latency.js';

const RUNS = { numRuns: 500 };
const HOSTILE = [
  '',
  ' ',
  '\n',
  '\u0000',
  '\ud800',
  '[',
  '[]',
  '::',
  '%',
  '%ff',
  '/',
  '#',
  '__proto__',
  'constructor',
  'x'.repeat(100_000),
  '😀'.repeat(1000),
  '漢'.repeat(1000),
  'a/b/c#d#e',
];

/** Words that make the rules go on: with none of them, most draws would end at the first question. */
const APT = ['grpc', 'address', 'healthy', 'unhealthy', '503', '23505', 'postgresql', 'AbortError', 'GET', '/healthz'];

const hostileText = fc.oneof(
  fc.constantFrom(...HOSTILE, ...APT),
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }).map((codes) => String.fromCharCode(...codes)),
);
const anyValue = fc.oneof(
  { weight: 5, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 14, 200, 404, 503)) },
  { weight: 1, arbitrary: fc.anything() },
);
const attributes = fc
  .dictionary(fc.constantFrom(...READ_ATTRIBUTES), anyValue, { maxKeys: 20 })
  .map((drawn) => drawn as Attributes);
const exception = fc.option(fc.record({ type: hostileText, message: hostileText }), { nil: undefined });
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });

const span: fc.Arbitrary<SpanRecord> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: fc.oneof(fc.constant(''), hex(16)),
  name: hostileText,
  kind: fc.integer({ min: -1, max: 9 }) as fc.Arbitrary<SpanKind>,
  attributes,
  statusCode: fc.integer({ min: -1, max: 4 }) as fc.Arbitrary<SpanStatusCode>,
  statusMessage: hostileText,
  exception,
  durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  startUnixNano: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  endUnixNano: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  links: fc.array(fc.record({ traceId: hex(32), spanId: hex(16) }), { maxLength: 6 }),
});

const isStatus = (status: number) => Object.values(HealthStatus).includes(status as HealthStatus);
const isWord = (reason: string) => /^[a-z_]{1,32}$/.test(reason);

function expectBounded(evidence: Evidence): void {
  expect(evidence.errorType?.length ?? 0).toBeLessThanOrEqual(ERROR_TYPE_LENGTH_MAX);
  expect(evidence.message?.length ?? 0).toBeLessThanOrEqual(ERROR_MESSAGE_LENGTH_MAX);
}

describe('whatever stands on a span', () => {
  it('a call is seen or skipped', () => {
    const context = { resolveAddress: () => undefined, usualLatency: new UsualLatency(10) };
    fc.assert(
      fc.property(span, (drawn) => {
        const sighting = observeCall(drawn, context);
        if (typeof sighting === 'string') {
          expect(['unidentified', 'abandoned', 'ignored']).toContain(sighting);
          return;
        }
        expect(isIdentityText(sighting.subject.text)).toBe(true);
        expect(sighting.operation.length).toBeGreaterThan(0);
        expect(sighting.operation.length).toBeLessThanOrEqual(OPERATION_LENGTH_MAX);
        expect(isStatus(sighting.status)).toBe(true);
        expect(isWord(sighting.reason)).toBe(true);
        expectBounded(evidenceOf(drawn, drawn));
      }),
      RUNS,
    );
  });

  it('a component reports on itself', () => {
    const self = { text: 'web/w1', resolution: 'instance' } as const;
    fc.assert(
      fc.property(span, (drawn) => {
        const sighting = observeSelf(drawn, self);
        expect(sighting.subject).toBe(self);
        expect(sighting.operation.length).toBeLessThanOrEqual(OPERATION_LENGTH_MAX);
        expect(isStatus(sighting.status)).toBe(true);
      }),
      RUNS,
    );
  });

  it('an observation is taken whole or refused in words', () => {
    const observer = { text: 'client/c1', resolution: 'instance' } as const;
    const apt = { 'panorama.subject': 'datanode/dn2', 'panorama.status': 'unhealthy' };
    const mostlyApt = fc.tuple(span, fc.boolean()).map(([drawn, isApt]) => ({
      ...drawn,
      attributes: isApt ? { ...drawn.attributes, ...apt } : drawn.attributes,
    }));
    fc.assert(
      fc.property(mostlyApt, (drawn) => {
        const observation = decodeObservation(drawn, observer, 'staging');
        if (typeof observation === 'string') {
          expect(observation.length).toBeLessThan(200);
          return;
        }
        expect(isIdentityText(observation.subject)).toBe(true);
        expect(isIdentityText(observation.observer)).toBe(true);
        expect(observation.operation.length).toBeLessThanOrEqual(OPERATION_LENGTH_MAX);
        expect(isWord(observation.reason)).toBe(true);
        expect(Number.isSafeInteger(observation.count) && observation.count >= 1).toBe(true);
        expect(Number.isFinite(observation.observedMs)).toBe(true);
        expect(observation.evidence.length).toBeLessThanOrEqual(EVIDENCE_PER_OBSERVATION_MAX);
        for (const each of observation.evidence) expectBounded(each);
      }),
      RUNS,
    );
  });
});
