// SPDX-License-Identifier: Apache-2.0
/** Error logs become the words of evidence, whichever comes first; and observations may come as log records. */
import { describe, expect, it } from 'vitest';
import { ErrorWords } from '../../src/engine/error-words.js';
import type { LogRecord } from '../../src/model/log-record.js';
import type { Evidence, Observation } from '../../src/model/observation.js';
import { HealthStatus } from '../../src/model/status.js';

const TRACE_ID = '0102030405060708090a0b0c0d0e0f10';
const spanId = (number: number): string => (0xa000 + number).toString(16).padStart(16, '0');

function observationOf(...evidence: readonly Evidence[]): Observation {
  return {
    id: 'x',
    environment: '',
    observer: 'web/1',
    subject: 'dn2',
    resolution: 'service',
    operation: 'POST /blocks',
    status: HealthStatus.UNHEALTHY,
    reason: 'error',
    source: 'caller',
    count: 1,
    observedMs: 0,
    windowMs: 0,
    evidence,
  };
}

function logOf(span: number, changes: Partial<LogRecord> = {}): LogRecord {
  return { traceId: TRACE_ID, spanId: spanId(span), timeUnixNano: 1n, body: 'disk gone', attributes: {}, ...changes };
}

const evidenceOf = (span: number): Evidence => ({ traceId: TRACE_ID, spanId: spanId(span) });

describe('evidence without words', () => {
  it('gets those of a log that came before it', () => {
    const words = new ErrorWords();
    words.note(logOf(1));
    expect(words.worded(observationOf(evidenceOf(1))).evidence).toEqual([{ ...evidenceOf(1), message: 'disk gone' }]);
  });

  it('gets those of a log that comes after it, wherever it is by then', () => {
    const words = new ErrorWords();
    const { evidence } = words.worded(observationOf(evidenceOf(1), evidenceOf(2)));
    words.note(logOf(2, { attributes: { 'exception.message': 'EIO', 'exception.type': 'IOError' } }));
    expect(evidence).toEqual([evidenceOf(1), { ...evidenceOf(2), message: 'EIO', errorType: 'IOError' }]);
  });

  it('keeps the type that its span told, and an observer’s own object is never written to', () => {
    const words = new ErrorWords();
    const told: Evidence = Object.freeze({ ...evidenceOf(1), errorType: '500' });
    const { evidence } = words.worded(observationOf(told));
    words.note(logOf(1, { attributes: { 'exception.type': 'IOError' } }));
    expect(evidence).toEqual([{ ...evidenceOf(1), errorType: '500', message: 'disk gone' }]);
    expect(told).not.toHaveProperty('message');
  });

  it('is not that of another span', () => {
    const words = new ErrorWords();
    words.note(logOf(1));
    expect(words.worded(observationOf(evidenceOf(2))).evidence).toEqual([evidenceOf(2)]);
  });
});

describe('evidence with words', () => {
  it('keeps them, and the observation passes as it is', () => {
    const words = new ErrorWords();
    words.note(logOf(1));
    const observation = observationOf({ ...evidenceOf(1), message: 'own' });
    expect(words.worded(observation)).toBe(observation);
    const healthy = observationOf();
    expect(words.worded(healthy)).toBe(healthy);
  });
});

describe('words', () => {
  it('are cut to the length of a message', () => {
    const words = new ErrorWords();
    words.note(logOf(1, { body: 'x'.repeat(1000), attributes: { 'error.type': 'y'.repeat(1000) } }));
    const [evidence] = words.worded(observationOf(evidenceOf(1))).evidence;
    expect(evidence?.message).toHaveLength(256);
    expect(evidence?.errorType).toHaveLength(128);
  });

  it('wait in a bounded memory, on either side, which forgets the oldest', () => {
    const words = new ErrorWords(2);
    for (const span of [1, 2, 3]) words.note(logOf(span));
    const worded = words.worded(observationOf(evidenceOf(1), evidenceOf(3)));
    expect(worded.evidence.map(({ message }) => message)).toEqual([undefined, 'disk gone']);
    const late = words.worded(observationOf(evidenceOf(4), evidenceOf(5), evidenceOf(6)));
    for (const span of [4, 5, 6]) words.note(logOf(span));
    expect(late.evidence.map(({ message }) => message)).toEqual([undefined, 'disk gone', 'disk gone']);
  });

  it('that a log does not have are none', () => {
    const words = new ErrorWords();
    words.note(logOf(1, { body: '' }));
    expect(words.worded(observationOf(evidenceOf(1))).evidence).toEqual([evidenceOf(1)]);
  });
});
