// SPDX-License-Identifier: Apache-2.0
/** What the doctor finds in the engine itself: that it has no room, no time, or no place for its history. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CAPACITY_RULES } from '../../../src/engine/doctor/capacity-rules.js';
import type { Facts } from '../../../src/engine/doctor/finding.js';
import { OPERATIONS_PER_SUBJECT_MAX } from '../../../src/model/limits.js';
import { SpanKind, type SpanRecord } from '../../../src/model/span.js';
import { batchOf, freshTraceId, resourceOf, spanOf } from '../../support/spans.js';
import { until } from '../../support/until.js';
import { Ward } from '../../support/ward.js';

let ward: Ward;
beforeEach(() => {
  ward = new Ward({ viewCountMax: 100 });
});
afterEach(() => ward.close());

function call(address: string, name = 'GET'): SpanRecord {
  const attributes = { 'server.address': address, 'server.port': 80 };
  return spanOf({ traceId: freshTraceId(), endMs: ward.clock.nowMs(), name, attributes });
}

const send = (...spans: SpanRecord[]) => ward.engine.accept(batchOf({ resource: resourceOf('web', 'w1'), spans }));

describe('bounds that are reached', () => {
  it('of views: with how many were forgotten, and how many may be kept', () => {
    send(...Array.from({ length: 100 }, (_, index) => call(`10.0.0.${index}`)));
    expect(ward.isWell('views-evicted')).toBe(true);
    send(...Array.from({ length: 20 }, (_, index) => call(`10.0.1.${index}`)));
    expect(ward.finding('views-evicted')).toMatchObject({
      severity: 'warning',
      what: '20 views forgotten in the last 0 s to make room; 100 views may be kept.',
    });
  });

  it('of operations: with the subject that has too many', () => {
    const names = Array.from({ length: OPERATIONS_PER_SUBJECT_MAX + 3 }, (_, index) => `op ${index}`);
    send(...names.map((name) => call('10.0.0.1', name)));
    expect(ward.finding('operations-folded')).toMatchObject({
      what: '3 calls in the last 0 s folded into the operation “other”: their subjects have more operations than are told apart.',
      examples: ['10.0.0.1:80'],
    });
  });

  it('of traces that are held: calls are settled in a hurry', () => {
    expect(ward.isWell('calls-hurried')).toBe(true);
    for (let batch = 0; batch < 51; batch++) send(...Array.from({ length: 1000 }, () => call('10.0.0.1')));
    expect(ward.finding('calls-hurried')).toMatchObject({ severity: 'warning' });
  });

  it('are forgotten two minutes after they were last reached', () => {
    send(...Array.from({ length: 120 }, (_, index) => call(`10.0.0.${index}`)));
    ward.clock.advance(119_999);
    expect(ward.finding('views-evicted')?.what).toMatch(/^20 views forgotten in the last 2 min/);
    ward.clock.advance(60_001);
    expect(ward.isWell('views-evicted')).toBe(true);
    expect(ward.diagnosis().lately.windowMs).toBeLessThanOrEqual(120_000);
  });
});

describe('spans that are delivered twice', () => {
  it('are told of when they are many', () => {
    const spans = Array.from({ length: 40 }, () => call('10.0.0.1'));
    send(...spans);
    expect(ward.isWell('delivered-twice')).toBe(true);
    send(...spans);
    expect(ward.finding('delivered-twice')).toMatchObject({
      severity: 'warning',
      what: '40 spans of 80 (50 %) arrived a second time.',
    });
  });
});

describe('spans that cannot be read', () => {
  it('are an error, and those of guests are told apart', () => {
    const broken = spanOf({ name: 'panorama.observation', kind: SpanKind.INTERNAL, endMs: ward.clock.nowMs() });
    ward.engine.accept({ ...batchOf({ resource: resourceOf('web', 'w1'), spans: [broken] }), rejectedSpans: 2 });
    expect(ward.finding('spans-unreadable')).toMatchObject({
      severity: 'error',
      what: '3 spans in the last 0 s could not be read: 2 broken spans, 1 broken observation.',
    });
  });
});

describe('an event loop that is late', () => {
  it('is told of with how late it was, and a good one is not', async () => {
    expect(ward.isWell('event-loop-late')).toBe(true);
    const finding = await until('the loop to have been seen late', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      const endMs = performance.now() + 1100;
      while (performance.now() < endMs);
      return ward.finding('event-loop-late');
    });
    expect(finding.what).toMatch(
      /^The engine’s event loop was late: [\d,]+ ms or more for 1 % of the time, 1,[01]\d\d ms at worst\.$/,
    );
  });
});

describe('memory', () => {
  it('is short from six sevenths of the heap on', () => {
    const rule = CAPACITY_RULES.find(({ code }) => code === 'memory-short');
    const used = (bytes: number): Facts => {
      const status = ward.telemetry.status();
      const process = {
        ...status.process,
        heapUsedBytes: { old_space: bytes, new_space: 1 << 20 },
        heapLimitBytes: 200 << 20,
      };
      return { status: { ...status, process }, before: undefined, setUp: ward.engine.setUp(), verdicts: [] };
    };
    expect(rule?.find(used(150 << 20))).toBeUndefined();
    expect(rule?.find(used(180 << 20))?.what).toBe('The heap holds 181 MiB of the 200 that Node allows.');
    expect(ward.isWell('memory-short')).toBe(true);
  });
});
