// SPDX-License-Identifier: Apache-2.0
/** Events of verdicts, as the SDK writes them: how many wait, and what becomes of them in an engine to which they come back. */
import { ExportResultCode } from '@opentelemetry/core';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { expect, it } from 'vitest';
import { eventOf, LogEvents } from '../../../src/engine/bridge/log-events.js';
import { Engine } from '../../../src/engine/engine.js';
import { ExportIntake } from '../../../src/engine/export-intake.js';
import { SequentialJudge } from '../../../src/engine/verdict/sequential.js';
import { HealthStatus } from '../../../src/model/status.js';
import { FakeClock } from '../../support/fake-clock.js';
import { freshSpanId, freshTraceId } from '../../support/spans.js';
import { until } from '../../support/until.js';
import { transitionOf } from '../../support/verdicts.js';
import { toProtobuf, wireRequest, wireSpan } from '../wire/otlp-writer.js';

/** Failing calls that say nothing in words, a second apart. */
function failingCalls(nowMs: number): Buffer {
  const spans = Array.from({ length: 5 }, (_, each) => {
    const end = BigInt(nowMs - 1000 * each) * 1_000_000n;
    const attributes = [{ key: 'server.address', value: { string: 'stock' } }];
    const ids = { traceId: freshTraceId(), spanId: freshSpanId() };
    return wireSpan({ attributes, statusCode: 2, statusMessage: '', start: end - 5n, end, ...ids });
  });
  return Buffer.from(toProtobuf(wireRequest(...spans)));
}

it.each([
  ['who is blamed', { blame: { root: 'disk', path: ['db', 'disk'], share: 1 } }, 'disk'],
  ['the subject while nobody is', { status: HealthStatus.MAYBE_UNHEALTHY, blame: undefined }, 'db'],
  ['nobody of a subject that is well', { status: HealthStatus.HEALTHY, failure: 'none', blame: undefined }, ''],
] as const)('an event says as the metrics do whose fault it is: %s', (_, verdict, culprit) => {
  expect(eventOf(transitionOf(1, { verdict })).attributes?.['panorama.culprit']).toBe(culprit);
});

it('events wait for those before them, so many and no more', async () => {
  const sent: { readonly count: number; readonly answer: () => void }[] = [];
  const exporter: LogRecordExporter = {
    export: ({ length }, done) => {
      sent.push({ count: length, answer: () => done({ code: ExportResultCode.SUCCESS }) });
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const events = new LogEvents(exporter, resourceFromAttributes({}), () => undefined);
  for (let seq = 1; seq <= 3000; seq++) events.note(transitionOf(seq));
  for (let turn = 0; turn < 5; turn++) {
    await until('the next ones', () => sent.length > turn || undefined);
    // Nobody overtakes those that are not answered.
    expect(sent).toHaveLength(turn + 1);
    sent[turn]?.answer();
  }
  await events.close();
  expect(sent.map(({ count }) => count)).toEqual([512, 512, 512, 512, 512]);
});

it('an engine’s own events are not evidence of what they tell', async () => {
  const clock = new FakeClock();
  const engine = new Engine({ judge: new SequentialJudge(), clock });
  const intake = new ExportIntake(engine);
  const records: ReadableLogRecord[] = [];
  const exporter: LogRecordExporter = {
    export: (batch, done) => {
      records.push(...batch);
      done({ code: ExportResultCode.SUCCESS });
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const events = new LogEvents(
    exporter,
    resourceFromAttributes({ 'service.name': 'panorama-engine' }),
    () => undefined,
  );

  await intake.take({ signal: 'traces', encoding: 'protobuf', body: failingCalls(clock.nowMs()) });
  const report = () => engine.report({ environment: '', subject: 'stock' })?.verdict;
  expect(report()?.status).toBe(HealthStatus.UNHEALTHY);
  for (const transition of engine.transitions(0, 10).transitions) events.note(transition);
  await events.close();

  const accusing = records.filter(({ severityNumber }) => severityNumber === 17);
  const shown = report()?.evidence ?? [];
  expect(accusing.map(({ spanContext }) => shown.some(({ spanId }) => spanId === spanContext?.spanId))).toEqual([true]);
  const body = Buffer.from(ProtobufLogsSerializer.serializeRequest(records) as Uint8Array);
  expect(await intake.take({ signal: 'logs', encoding: 'protobuf', body })).toEqual({ rejected: 0, message: '' });
  expect(intake.counts).toMatchObject({ logRecords: records.length, errorLogs: 0 });
  expect(report()?.evidence).toEqual(shown);
  expect(shown.filter(({ message }) => message !== undefined)).toEqual([]);
});
