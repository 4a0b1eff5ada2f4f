// SPDX-License-Identifier: Apache-2.0
/** Spans that come when what they say has expired: they are counted, change no verdict, and the doctor says whose they are. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LIFETIME } from '../../../src/engine/verdict/evidence-lifetime.js';
import { SpanKind, type SpanRecord } from '../../../src/model/span.js';
import { isFailing } from '../../../src/model/status.js';
import { batchOf, freshTraceId, resourceOf, spanOf } from '../../support/spans.js';
import { Ward } from '../../support/ward.js';

const CALLEE = { 'server.address': '10.0.0.2', 'server.port': 9000, 'http.request.method': 'GET' };
const WELL = { ...CALLEE, 'http.response.status_code': 200 };
const FAILED = { ...CALLEE, 'http.response.status_code': 500, 'error.type': '500' };
const LIFETIME_MS = DEFAULT_LIFETIME.lifetimeMinMs;
const MINUTE_MS = 60_000;

let ward: Ward;
beforeEach(() => {
  ward = new Ward();
});
afterEach(() => ward.close());

const late = () => ward.engine.counts().late;

const convicted = () => ward.engine.verdicts().filter(({ status }) => isFailing(status)).length;

/** Calls that ended so long ago. */
function calls(count: number, agoMs: number, fields: Partial<SpanRecord> = {}): SpanRecord[] {
  const endMs = ward.clock.nowMs() - agoMs;
  return Array.from({ length: count }, () => spanOf({ traceId: freshTraceId(), endMs, attributes: WELL, ...fields }));
}

function send(service: string, ...spans: SpanRecord[]): void {
  ward.engine.accept(batchOf({ resource: resourceOf(service, `${service}-1`), spans }));
}

describe('a span is late', () => {
  it('when it comes longer after its end than evidence counts', () => {
    send('web', ...calls(1, LIFETIME_MS));
    expect(late()).toBe(0);
    send('api', ...calls(1, LIFETIME_MS + 1));
    expect(late()).toBe(1);
  });

  it('by the lifetime that the engine is given', () => {
    ward.close();
    ward = new Ward({ evidenceLifetimeMs: 5 * MINUTE_MS });
    send('web', ...calls(1, 4 * MINUTE_MS));
    expect(late()).toBe(0);
    send('api', ...calls(1, 6 * MINUTE_MS));
    expect(late()).toBe(1);
  });

  it('whether it went well or not, but not where nothing is made of it', () => {
    send('web', ...calls(2, 2 * MINUTE_MS, { attributes: FAILED }));
    send('api', ...calls(2, 2 * MINUTE_MS, { kind: SpanKind.INTERNAL, attributes: {} }));
    expect(late()).toBe(2);
  });

  it('and convicts nobody', () => {
    for (let caller = 0; caller < 5; caller++) {
      send(`web${caller}`, ...calls(50, LIFETIME_MS + 1000, { attributes: FAILED }));
    }
    expect(late()).toBe(250);
    expect(convicted()).toBe(0);
    // The same in time does.
    for (let caller = 0; caller < 5; caller++) send(`api${caller}`, ...calls(50, 0, { attributes: FAILED }));
    expect(convicted()).toBe(1);
  });

  it('but not for long where its delay stays the same: that is a slow clock, and corrected', () => {
    for (let request = 0; request < 5; request++) {
      send('web', ...calls(10, 10 * MINUTE_MS));
      ward.clock.advance(6000);
    }
    expect(late()).toBe(20);
    expect(ward.finding('clock-skew')).toBeDefined();
  });
});

describe('late spans', () => {
  it('are told of by service, with how late they were, the latest first', () => {
    send('web', ...calls(30, 2 * MINUTE_MS), ...calls(70, 0));
    send('batch', ...calls(40, 5 * MINUTE_MS));
    send('shop', ...calls(100, 0));
    const finding = ward.finding('spans-late');
    expect(finding).toMatchObject({
      severity: 'warning',
      what: '70 spans of 2 services came when what they say had expired, up to 5 min after their end.',
    });
    expect(finding?.examples).toEqual([
      'batch: 40 of 40 spans, up to 5 min after their end',
      'web: 30 of 100 spans, up to 2 min after their end',
    ]);
  });

  it('are nothing to speak of where they are few, or one in more than twenty', () => {
    send('web', ...calls(19, 2 * MINUTE_MS));
    expect(ward.isWell('spans-late')).toBe(true);
    send('api', ...calls(20, 2 * MINUTE_MS), ...calls(381, 0));
    expect(ward.isWell('spans-late')).toBe(true);
    send('web', ...calls(1, 2 * MINUTE_MS));
    expect(ward.finding('spans-late')?.examples).toHaveLength(1);
  });

  it('are told of no more two minutes after they came in time again', () => {
    send('web', ...calls(40, 5 * MINUTE_MS));
    expect(ward.finding('spans-late')).toBeDefined();
    ward.clock.advance(2 * MINUTE_MS);
    send('web', ...calls(40, 0));
    expect(ward.isWell('spans-late')).toBe(true);
    expect(late()).toBe(40);
  });
});
