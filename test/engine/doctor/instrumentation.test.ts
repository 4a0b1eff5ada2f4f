// SPDX-License-Identifier: Apache-2.0
/** What the doctor finds in the spans themselves: each fault of a set-up as services would show it, and a set-up that is well. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ResourceSpans, SpanKind, type SpanRecord } from '../../../src/model/span.js';
import { batchOf, freshTraceId, observationSpanOf, resourceOf, spanOf } from '../../support/spans.js';
import { Ward } from '../../support/ward.js';

const CALLEE = { 'server.address': '10.0.0.2', 'server.port': 9000, 'http.request.method': 'GET' };
const OK = { 'http.response.status_code': 200 };

let ward: Ward;
beforeEach(() => {
  ward = new Ward();
});
afterEach(() => ward.close());

function send(resource: ResourceSpans['resource'], ...spans: SpanRecord[]): void {
  ward.engine.accept(batchOf({ resource, spans }));
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const client = (fields: Partial<SpanRecord> = {}) =>
  spanOf({ traceId: freshTraceId(), endMs: ward.clock.nowMs(), attributes: { ...CALLEE, ...OK }, ...fields });
const server = (fields: Partial<SpanRecord> = {}) =>
  spanOf({ traceId: freshTraceId(), endMs: ward.clock.nowMs(), kind: SpanKind.SERVER, attributes: OK, ...fields });
/** What the callee of a client span sends of it. */
const answerTo = ({ traceId, spanId }: SpanRecord) => server({ traceId, parentSpanId: spanId });

/** A set-up in which nothing is wrong: two callers with guests, a callee, and whole traces. */
function sendWhole(count = 30): void {
  for (const instance of ['w1', 'w2']) {
    const calls = times(count / 2, () => client());
    const observation = observationSpanOf({ observer: `web/${instance}`, subject: 'shop/s1' }, ward.clock.nowMs());
    send(resourceOf('web', instance), ...calls, observation);
    send(resourceOf('shop', 's1'), ...calls.map(answerTo));
  }
}

describe('a set-up that is well', () => {
  it('has nothing said against it but that no history is kept', () => {
    sendWhole();
    const { findings, well, unknown } = ward.diagnosis();
    expect(findings.map(({ code }) => code)).toEqual(['history-off']);
    expect(well.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['no-spans', 'no-client-spans', 'unidentified-peers', 'parents-missing', 'no-guest']),
    );
    expect(unknown).toEqual(['context-not-propagated', 'history-failing', 'history-behind']);
  });
});

describe('services that tell of no calls', () => {
  it('are named, for without callers there is nobody to ask', () => {
    send(resourceOf('shop', 's1'), server());
    send(resourceOf('cart', 'c1', 'prod'), server({ kind: SpanKind.INTERNAL }));
    expect(ward.finding('no-client-spans')).toMatchObject({
      severity: 'error',
      what: '2 spans came lately, and none is of a call to somebody else (kind CLIENT or PRODUCER).',
      examples: ['shop', 'cart (prod)'],
    });
    expect(ward.diagnosis().unknown).toContain('unidentified-peers');
  });

  it('are no matter where a guest tells of the calls, or others do', () => {
    send(resourceOf('shop', 's1'), server());
    send(resourceOf('web', 'w1'), observationSpanOf({ observer: 'web/w1' }, ward.clock.nowMs()));
    expect(ward.isWell('no-client-spans')).toBe(true);
  });
});

describe('calls that do not say whom they called', () => {
  const nameless = () => client({ name: 'GET', attributes: { 'http.request.method': 'GET', 'url.scheme': 'http' } });

  it('are an error where they are most, with what they have', () => {
    send(resourceOf('web', 'w1'), ...times(30, nameless), ...times(10, () => client()));
    expect(ward.finding('unidentified-peers')).toMatchObject({
      severity: 'error',
      what: '30 calls of 40 (75 %) do not say whom they called.',
      examples: ['web: “GET”, of which only http.request.method, url.scheme can be used'],
    });
  });

  it('are a warning where they are some, and nothing where they are few', () => {
    send(resourceOf('web', 'w1'), ...times(4, nameless), ...times(36, () => client()));
    expect(ward.finding('unidentified-peers')?.severity).toBe('warning');
    send(resourceOf('web', 'w1'), ...times(400, () => client()));
    expect(ward.isWell('unidentified-peers')).toBe(true);
  });

  it('are told of by the service that sent most of them first, three kinds of each', () => {
    const named = (name: string) => client({ name, attributes: {} });
    send(resourceOf('cart', 'c1'), ...times(10, () => named('op')));
    send(resourceOf('web', 'w1'), ...times(40, (index) => named(`op${index}`)));
    expect(ward.finding('unidentified-peers')?.examples).toEqual([
      'web: “op0”, of which only the name can be used',
      'web: “op1”, of which only the name can be used',
      'web: “op2”, of which only the name can be used',
      'cart: “op”, of which only the name can be used',
    ]);
  });
});

describe('names that are missing', () => {
  it('of services are an error: all of them would be one', () => {
    send({}, client());
    expect(ward.finding('service-unnamed')).toMatchObject({
      severity: 'error',
      examples: ['unknown_service: 1 span'],
    });
    expect(ward.isWell('no-instance-id')).toBe(false);
  });

  it('of instances are a warning that names the services', () => {
    send(resourceOf('web'), client());
    send(resourceOf('shop', 's1'), server());
    expect(ward.finding('no-instance-id')).toMatchObject({
      severity: 'warning',
      what: '1 service of 2 sent spans without service.instance.id.',
      examples: ['web'],
    });
  });

  it('of instances do not matter for observations, whose guest has an id of its own', () => {
    send(resourceOf('web'), observationSpanOf({ observer: 'web/w1' }, ward.clock.nowMs()));
    expect(ward.isWell('no-instance-id')).toBe(true);
  });
});

describe('a clock that is off', () => {
  it('is named with how much, once enough deliveries agree', () => {
    const HOUR_MS = 3_600_000;
    for (let delivery = 0; delivery < 4; delivery++) {
      send(resourceOf('web', 'w1'), client({ endUnixNano: BigInt(ward.clock.nowMs() + HOUR_MS) * 1_000_000n }));
      send(resourceOf('web', 'w2'), client());
      ward.clock.advance(6000);
    }
    expect(ward.finding('clock-skew')).toMatchObject({
      severity: 'warning',
      what: 'The clocks of 1 observer are off.',
      examples: ['web/w1: 60 min ahead'],
    });
  });
});

describe('a service without a guest', () => {
  it('is told of, with what that costs, and the others are not', () => {
    sendWhole();
    send(resourceOf('cart', 'c1'), client());
    expect(ward.finding('no-guest')).toMatchObject({
      severity: 'notice',
      what: '1 of 2 calling services has no Panorama guest.',
      examples: ['cart'],
    });
  });
});

describe('traces that are not whole', () => {
  it('because no callee sends anything', () => {
    send(resourceOf('web', 'w1'), client());
    expect(ward.finding('no-server-spans')).toMatchObject({ severity: 'warning' });
    send(resourceOf('shop', 's1'), server());
    expect(ward.isWell('no-server-spans')).toBe(true);
  });

  it('because the callers’ spans do not come', () => {
    send(resourceOf('shop', 's1'), ...times(30, () => server({ parentSpanId: 'cccccccccccccccc' })));
    send(resourceOf('web', 'w1'), client());
    expect(ward.finding('parents-missing')).toMatchObject({
      severity: 'warning',
      what: 'Of 30 server spans with a parent, 100 % never met it: the caller’s span did not come.',
      examples: ['shop'],
    });
    sendWhole(60);
    expect(ward.isWell('parents-missing')).toBe(true);
  });

  it('because the callee begins a trace of its own', () => {
    send(resourceOf('web', 'w1'), ...times(30, () => client()));
    for (const service of ['shop', 'cart']) send(resourceOf(service, 'i1'), ...times(15, () => server()));
    expect(ward.finding('context-not-propagated')).toMatchObject({ severity: 'notice', examples: ['shop', 'cart'] });
    sendWhole();
    expect(ward.isWell('context-not-propagated')).toBe(true);
  });
});

describe('subjects with one observer', () => {
  it('are told of where they are most', () => {
    send(resourceOf('web', 'w1'), client());
    expect(ward.finding('lone-observers')).toMatchObject({
      severity: 'notice',
      what: '1 of 1 subject is seen by one observer only.',
      examples: ['10.0.0.2:9000'],
    });
    send(resourceOf('web', 'w2'), client());
    expect(ward.isWell('lone-observers')).toBe(true);
  });

  it('are not looked for where nobody is known', () => {
    expect(ward.diagnosis().unknown).toContain('lone-observers');
  });
});

describe('what was mended', () => {
  it('is no longer told of two minutes later', () => {
    send(resourceOf('web'), client());
    expect(ward.finding('no-instance-id')).toBeDefined();
    ward.clock.advance(120_000);
    send(resourceOf('web', 'w1'), client());
    expect(ward.isWell('no-instance-id')).toBe(true);
  });
});

describe('names from outside', () => {
  it('stay text in a finding, however they look', () => {
    const service = '\u001b[31m<b>x</b>\n__proto__';
    send(resourceOf(service), client());
    expect(ward.finding('no-instance-id')?.examples).toEqual([encodeURIComponent(service)]);
  });
});
