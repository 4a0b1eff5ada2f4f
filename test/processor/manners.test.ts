// SPDX-License-Identifier: Apache-2.0
/**
 * The manners of a guest: whatever happens around it or inside it, the host is not thrown at, not kept waiting, not kept
 * alive, and told once.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Context, context, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { ExportResultCode, isTracingSuppressed } from '@opentelemetry/core';
import { type Span, StackContextManager } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type KeepingExporter, listenToDiagnostics, startGuest } from './guest.js';

let heard: ReturnType<typeof listenToDiagnostics>;
beforeEach(() => {
  heard = listenToDiagnostics();
});
afterEach(() => {
  heard.stop();
  context.disable();
});

const FAILURE = { code: ExportResultCode.FAILED, error: new Error('engine away') };

describe('an exporter that misbehaves', () => {
  const lost = { failedObservations: 1, exportedObservations: 0, faults: 0 };

  it.each<[string, KeepingExporter['answer'], object]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      lost,
    ],
    [
      'throws something that is no error',
      () => {
        throw 'broken';
      },
      lost,
    ],
    ['fails', (done) => done(FAILURE), lost],
    ['fails without saying why', (done) => done({ code: ExportResultCode.FAILED }), lost],
    ['calls back with nothing', (done) => (done as () => void)(), lost],
    ['is asynchronous and rejects', async () => Promise.reject(new Error('broken')), lost],
    [
      'calls back twice',
      (done) => {
        done({ code: ExportResultCode.SUCCESS });
        done(FAILURE);
      },
      { failedObservations: 0, exportedObservations: 1, faults: 0 },
    ],
    [
      'calls back, then throws',
      (done) => {
        done({ code: ExportResultCode.SUCCESS });
        throw new Error('broken');
      },
      { failedObservations: 0, exportedObservations: 1, faults: 0 },
    ],
  ])('and %s costs one observation at most', async (_, answer, expected) => {
    const guest = startGuest();
    guest.exporter.answer = answer;
    guest.call('GET web:80 503');
    await guest.processor.forceFlush();
    expect(guest.processor.counts()).toMatchObject(expected);
    guest.exporter.answer = (done) => done({ code: ExportResultCode.SUCCESS });
    guest.call('GET db:81 503');
    await guest.processor.forceFlush();
    expect(guest.told()).toContain('GET db:81 unhealthy server_error 1');
  });

  it('and never calls back is given up in time; two such hold nothing else up for longer than that', async () => {
    const guest = startGuest({ exportTimeoutMs: 5000 });
    guest.exporter.answer = () => undefined;
    for (const port of [1, 2, 3]) {
      guest.call(`GET web:${port} 503`);
      guest.yield();
    }
    expect(guest.exporter.batches).toHaveLength(2);
    guest.clock.advance(4999);
    expect(guest.processor.counts().failedObservations).toBe(0);
    guest.clock.advance(1);
    expect(guest.processor.counts().failedObservations).toBe(2);
    expect(guest.exporter.batches).toHaveLength(3);
  });

  it('and calls back after it was given up changes nothing any more', () => {
    const guest = startGuest({ exportTimeoutMs: 5000 });
    let late: () => void = () => undefined;
    guest.exporter.answer = (done) => {
      late = () => done({ code: ExportResultCode.SUCCESS });
    };
    guest.call('GET web:80 503');
    guest.clock.advance(5000);
    late();
    expect(guest.processor.counts()).toMatchObject({ failedObservations: 1, exportedObservations: 0 });
  });

  it('is complained of once, until it has done its work again', () => {
    const guest = startGuest();
    const fail = (failing: boolean) => {
      guest.exporter.answer = (done) => done(failing ? FAILURE : { code: ExportResultCode.SUCCESS });
      for (let i = 0; i < 3; i++) {
        guest.call('GET web:80 503');
        guest.clock.advance(1000);
      }
    };
    fail(true);
    expect(heard.warn).toHaveBeenCalledTimes(1);
    expect(String(heard.warn.mock.calls[0]?.[0])).toContain('engine away');
    fail(false);
    fail(true);
    expect(heard.warn).toHaveBeenCalledTimes(2);
  });
});

describe('its own exports', () => {
  it('are not traced', () => {
    context.setGlobalContextManager(new StackContextManager().enable());
    const guest = startGuest();
    let seen: Context = ROOT_CONTEXT;
    guest.exporter.answer = (done) => {
      seen = context.active();
      guest.tracer.startSpan('POST', { kind: SpanKind.CLIENT, attributes: { 'server.address': 'engine' } }).end();
      done({ code: ExportResultCode.SUCCESS });
    };
    guest.call('GET web:80 503');
    guest.clock.advance(10_000);
    expect(isTracingSuppressed(seen)).toBe(true);
    expect(guest.processor.counts().observed).toBe(1);
  });
});

describe('foreign garbage', () => {
  const thrower = new Proxy(
    {},
    {
      get: () => {
        throw new Error('broken');
      },
    },
  );
  const garbage: readonly [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['an empty object', {}],
    ['a client span without anything else', { kind: SpanKind.CLIENT }],
    ['a server span without anything else', { kind: SpanKind.SERVER }],
    ['an object that throws at every touch', thrower],
    [
      'a client span of the wrong types',
      { kind: SpanKind.CLIENT, attributes: 3, status: 'bad', events: {}, duration: 'long', endTime: null, resource: 0 },
    ],
    [
      'a client span of a resource that is none',
      {
        kind: SpanKind.CLIENT,
        name: 'x',
        attributes: { 'server.address': 'web' },
        status: { code: 2 },
        events: [],
        duration: [0, 1],
        endTime: [1, 0],
        spanContext: () => ({}),
        resource: 7,
      },
    ],
  ];

  it.each(garbage)('is borne by every hook: %s', async (_, value) => {
    const guest = startGuest();
    guest.processor.onStart(value as Span, value as Context);
    guest.processor.onEnding(value as Span);
    guest.processor.onEnd(value as never);
    guest.clock.advance(1000);
    await guest.processor.forceFlush();
    guest.call('GET db:81 503');
    await guest.processor.forceFlush();
    expect(guest.told()).toContain('GET db:81 unhealthy server_error 1');
  });

  it('is complained of once, and counted', () => {
    const guest = startGuest();
    for (let i = 0; i < 5; i++) guest.processor.onEnd(thrower as never);
    expect(guest.processor.counts().faults).toBe(5);
    expect(heard.error).toHaveBeenCalledTimes(1);
  });

  it('in the rules of the user costs the calls that they are asked about', async () => {
    const identify = () => {
      throw new Error('broken rule');
    };
    const guest = startGuest({ rules: { subjects: [{ name: 'own', identify }] } });
    expect(guest.call('GET web:80 503').attributes['panorama.observed']).toBeUndefined();
    await guest.processor.forceFlush();
    expect(guest.processor.counts()).toMatchObject({ observed: 0, faults: 2 });
  });
});

describe('a clock that goes back', () => {
  it('does no harm', async () => {
    const guest = startGuest();
    guest.call('GET web:80 200');
    guest.clock.advance(-3_600_000);
    guest.call('GET web:80 200');
    guest.call('GET web:80 503');
    await guest.processor.forceFlush();
    // The engine orders by the observer's own times; within one observation they never run backwards.
    for (const { duration } of guest.exporter.spans) expect(duration[0]).toBeGreaterThanOrEqual(0);
    expect(guest.told().sort()).toEqual(['GET web:80 healthy ok 2', 'GET web:80 unhealthy server_error 1']);
    expect(guest.processor.counts().faults).toBe(0);
  });
});

describe('shutting down', () => {
  it('sends what waits, then shuts the exporter down', async () => {
    const guest = startGuest();
    guest.call('GET web:80 200');
    await guest.provider.shutdown();
    expect(guest.told()).toEqual(['GET web:80 healthy ok 1']);
    expect(guest.exporter.shutdown).toHaveBeenCalledTimes(1);
    expect(guest.clock.timerCount).toBe(0);
  });

  it('twice is once', async () => {
    const guest = startGuest();
    const first = guest.processor.shutdown();
    expect(guest.processor.shutdown()).toBe(first);
    await first;
    await guest.processor.shutdown();
    expect(guest.exporter.shutdown).toHaveBeenCalledTimes(1);
  });

  it('ends the watch: later spans are neither marked nor told', async () => {
    const guest = startGuest();
    await guest.processor.shutdown();
    expect(guest.call('GET web:80 503').attributes['panorama.observed']).toBeUndefined();
    guest.clock.advance(10_000);
    await guest.processor.forceFlush();
    expect(guest.told()).toEqual([]);
    expect(guest.processor.counts().observed).toBe(0);
    expect(guest.clock.timerCount).toBe(0);
  });

  it.each<[string, () => Promise<void>]>([
    ['rejects', () => Promise.reject(new Error('broken'))],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
  ])('does not reject where the exporter %s', async (_, shutdown) => {
    const guest = startGuest();
    guest.exporter.shutdown = shutdown;
    await expect(guest.processor.shutdown()).resolves.toBeUndefined();
    expect(guest.processor.counts().faults).toBe(1);
  });

  it('does not wait for ever where the exporter never ends', async () => {
    const guest = startGuest({ exportTimeoutMs: 5000 });
    guest.exporter.shutdown = () => new Promise(() => undefined);
    const ended = vi.fn();
    const shutdown = guest.processor.shutdown().then(ended);
    await vi.waitFor(() => expect(guest.clock.timerCount).toBe(1));
    expect(ended).not.toHaveBeenCalled();
    guest.clock.advance(5000);
    await shutdown;
    expect(guest.clock.timerCount).toBe(0);
  });
});

describe('a process that has nothing left to do', () => {
  const leaving = path.join(import.meta.dirname, 'fixtures', 'leaving.mjs');

  it.each(['neither flushed nor shut down', 'flushed', 'shut down'])('ends by itself: %s', async (how) => {
    const leave = promisify(execFile)(process.execPath, [leaving, how], { timeout: 20_000 });
    await expect(leave).resolves.toEqual({ stdout: '', stderr: '' });
  });
});
