// SPDX-License-Identifier: Apache-2.0
/** What becomes of a request of each signal, from its body to a verdict. */
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { ExportIntake } from '../../src/engine/export-intake.js';
import { RuntimeReadings } from '../../src/engine/runtime-readings.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { HealthStatus } from '../../src/model/status.js';
import { FakeClock } from '../support/fake-clock.js';

const TRACE_ID = '0102030405060708090a0b0c0d0e0f10';
const SPAN_ID = 'a1a2a3a4a5a6a7a8';
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

function bench() {
  const clock = new FakeClock();
  const engine = new Engine({ judge: new MajorityJudge(), clock });
  const intake = new ExportIntake(engine);
  const nowNano = () => `${clock.nowMs()}000000`;
  const resource = (service: string) => ({
    attributes: [text('service.name', service), text('service.instance.id', '1')],
  });
  const take = (signal: 'traces' | 'logs' | 'metrics', request: object) =>
    intake.take({ signal, encoding: 'json', body: Buffer.from(JSON.stringify(request)) });
  const takeLogs = (service: string, ...logRecords: readonly object[]) =>
    take('logs', { resourceLogs: [{ resource: resource(service), scopeLogs: [{ logRecords }] }] });
  const observation = (changes: Readonly<Record<string, string>> = {}) => ({
    timeUnixNano: nowNano(),
    traceId: TRACE_ID,
    spanId: SPAN_ID,
    eventName: 'panorama.observation',
    attributes: Object.entries({
      'panorama.subject': 'dn2/1',
      'panorama.operation': 'POST /blocks',
      'panorama.status': 'unhealthy',
      'panorama.reason': 'timeout',
      ...changes,
    }).map(([key, value]) => text(key, value)),
  });
  const report = (subject: string) => engine.report({ environment: '', subject });
  return { clock, engine, intake, nowNano, resource, take, takeLogs, observation, report };
}

describe('an observation in a log record', () => {
  it('counts as one in a span, with the record’s own span for evidence', () => {
    const { takeLogs, observation, report } = bench();
    expect(takeLogs('web', observation())).toEqual({ rejected: 0, message: '' });
    expect(report('dn2/1')).toMatchObject({
      verdict: { status: HealthStatus.UNHEALTHY, evidence: [{ traceId: TRACE_ID, spanId: SPAN_ID }] },
      views: [{ observer: 'web/1', operation: 'POST /blocks' }],
    });
  });

  it('needs no trace', () => {
    const { takeLogs, observation, report } = bench();
    takeLogs('web', { ...observation(), traceId: undefined, spanId: undefined });
    expect(report('dn2/1')?.verdict).toMatchObject({ status: HealthStatus.UNHEALTHY, evidence: [] });
  });

  it('delivered twice counts once, and what differs in anything is another', () => {
    const { engine, takeLogs, observation } = bench();
    takeLogs('web', observation());
    takeLogs('web', observation());
    expect(engine.counts()).toMatchObject({ observations: 2, duplicates: 1 });
    takeLogs('web', observation({ 'panorama.operation': 'GET /blocks' }));
    takeLogs('shop', observation());
    expect(engine.counts()).toMatchObject({ observations: 4, duplicates: 1 });
  });

  it('that cannot be read is refused and counted', () => {
    const { takeLogs, observation } = bench();
    const result = takeLogs('web', observation({ 'panorama.status': 'odd' }), observation());
    const why = 'panorama.status is not the name of a status';
    expect(result).toEqual({ rejected: 1, message: `observation log record of span ${SPAN_ID} was refused: ${why}` });
    const alone = { ...observation({ 'panorama.status': 'odd' }), traceId: undefined, spanId: undefined };
    expect(takeLogs('web', alone)).toEqual({ rejected: 1, message: `observation log record was refused: ${why}` });
  });
});

describe('an error log', () => {
  const span = (nowNano: string) => ({
    traceId: TRACE_ID,
    spanId: SPAN_ID,
    name: 'POST',
    kind: 3,
    startTimeUnixNano: nowNano,
    endTimeUnixNano: nowNano,
    attributes: [text('service.peer.name', 'dn2'), text('http.request.method', 'POST'), text('error.type', '500')],
    status: { code: 2 },
  });
  const log = { severityNumber: 17, traceId: TRACE_ID, spanId: SPAN_ID, body: { stringValue: 'disk gone' } };

  it.each(['before', 'after'])('that comes %s its span gives the verdict its words', (when) => {
    const { take, takeLogs, resource, nowNano, report } = bench();
    if (when === 'before') takeLogs('web', log);
    take('traces', { resourceSpans: [{ resource: resource('web'), scopeSpans: [{ spans: [span(nowNano())] }] }] });
    if (when === 'after') takeLogs('web', log);
    expect(report('dn2')?.verdict.evidence).toEqual([
      { traceId: TRACE_ID, spanId: SPAN_ID, errorType: '500', message: 'disk gone' },
    ]);
  });
});

describe('metrics', () => {
  it('of the runtime are kept, the latest of each component', () => {
    const { take, intake, resource, clock } = bench();
    const request = (value: number, timeUnixNano: string) => ({
      resourceMetrics: [
        {
          resource: resource('web'),
          scopeMetrics: [
            {
              metrics: [
                { name: 'nodejs.eventloop.delay.p99', gauge: { dataPoints: [{ asDouble: value, timeUnixNano }] } },
              ],
            },
          ],
        },
      ],
    });
    expect(take('metrics', request(0.5, `${clock.nowMs()}000000`))).toEqual({ rejected: 0, message: '' });
    take('metrics', request(0.1, `${clock.nowMs() - 5000}000000`));
    const latest = (component: string) => intake.readings.latest('', component, 'nodejs.eventloop.delay.p99');
    expect(latest('web/1')).toEqual({ value: 0.5, measuredMs: clock.nowMs() });
    expect(latest('web/2')).toBeUndefined();
    expect(intake.counts).toEqual({ logRecords: 0, errorLogs: 0, dataPoints: 2 });
  });

  it('of more components than the bound forget who was silent for longest', () => {
    const readings = new RuntimeReadings(2);
    for (const service of ['a', 'b', 'a', 'c']) {
      readings.note({
        resources: [
          { resource: { 'service.name': service }, readings: [{ name: 'x', value: 1, timeUnixNano: 1_000_000n }] },
        ],
      });
    }
    expect(['a', 'b', 'c'].map((service) => readings.latest('', service, 'x')?.value)).toEqual([1, undefined, 1]);
  });
});
