// SPDX-License-Identifier: Apache-2.0
/** Whom an answer blamed is told with the observation of the call that failed, and of nobody else's. */
import { context, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Baggage } from '../../src/baggage/bag/baggage.js';
import { BLAME } from '../../src/baggage/blame.js';
import { BaggageScope, withScope } from '../../src/baggage/scope.js';
import { joinAnswers, noteCall } from '../../src/baggage/transport/calls.js';
import { textOfBag } from '../../src/baggage/transport/header-text.js';
import { begin, end } from './acquainted.js';
import { CLIENT_1, type Guest, startGuest } from './guest.js';

/** The answer of `web/w1`, which was let down by these. */
function answerBlaming(...subjects: string[]): string {
  const bag = new Baggage();
  for (const subject of subjects) bag.pack(BLAME, { observer: 'web/w1', subject, operation: 'GET', reason: 'reset' });
  return textOfBag(bag.answer().serialize({ subject: 'web/w1' }));
}

function answered(guest: Guest, answer: string | undefined, code: number): void {
  const span = begin(guest);
  noteCall(span, undefined);
  guest.clock.advance(5);
  if (answer !== undefined) joinAnswers(span, [answer]);
  end(guest, span, code);
}

/** What was told of failing calls: how many, and whom they blame. */
function told(guest: Guest): string[] {
  guest.clock.advance(1000);
  return guest.exporter.spans
    .filter(({ attributes }) => attributes['panorama.status'] === 'unhealthy')
    .map(({ attributes }) => `${attributes['panorama.count']} ${JSON.stringify(attributes['panorama.blame'])}`);
}

it('calls that blame different names are told apart, and those that blame the same are one', () => {
  const guest = startGuest();
  for (let round = 0; round < 6; round++) {
    answered(guest, answerBlaming('db/1'), 500);
    answered(guest, answerBlaming('cache/1', 'db/1'), 500);
    answered(guest, answerBlaming(), 500);
    answered(guest, undefined, 500);
  }
  const lines = told(guest).map((line) => line.split(' ') as [count: string, blame: string]);
  for (const blame of ['["cache/1","db/1"]', '["db/1"]', '[]', 'undefined']) {
    const counts = lines.filter((line) => line[1] === blame).map(([count]) => Number(count));
    // The first and the second by themselves, and the others folded, though some go along with news of the pair.
    expect(counts.slice(0, 2)).toEqual([1, 1]);
    expect(counts.length).toBeLessThan(6);
    expect(counts.reduce((sum, count) => sum + count)).toBe(6);
  }
  expect(lines.reduce((sum, [count]) => sum + Number(count), 0)).toBe(4 * 6);
});

it('a call that went well blames nobody, whatever its callee met', () => {
  const guest = startGuest();
  answered(guest, answerBlaming('db/1'), 200);
  guest.clock.advance(1000);
  expect(guest.exporter.spans.map(({ attributes }) => attributes['panorama.blame'])).toEqual([undefined]);
});

it('names without end are four groups in a window, and the rest blames nobody', () => {
  const guest = startGuest();
  for (let n = 0; n < 100; n++) answered(guest, answerBlaming(`db/${n}`), 500);
  const lines = told(guest);
  // Four groups of one call each, and of the rest the 1st, 2nd, 4th, … and what is left.
  expect(lines.length).toBe(4 + 7 + 1);
  expect(lines.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0)).toBe(100);
  expect(lines.filter((line) => line.endsWith('undefined')).length).toBeGreaterThan(0);
});

it('a loopback address goes back with the name of its machine, for whoever asked may be on another', () => {
  const guest = startGuest({}, { resource: resourceFromAttributes({ ...CLIENT_1, 'host.id': 'm1' }) });
  const scope = new BaggageScope();
  const span = guest.tracer.startSpan('GET', {
    kind: SpanKind.CLIENT,
    attributes: { 'http.request.method': 'GET', 'server.address': '127.0.0.1', 'server.port': 80 },
  });
  noteCall(span, scope);
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  expect(scope.unpack(BLAME)).toMatchObject([{ subject: '127.0.0.1:80@m1' }]);
});

describe('announced work of a request', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterAll(() => context.disable());

  /** Whom the answer to a request blames in which `work` was done, each with what it was doing. */
  function blamedAfter(work: (observer: Guest['processor']['observer']) => void): string[] {
    const guest = startGuest();
    guest.call('GET web:80 200');
    const request = new BaggageScope();
    context.with(withScope(context.active(), request), () => work(guest.processor.observer));
    return request.unpack(BLAME).map(({ observer, subject, operation }) => `${observer} ${subject} ${operation}`);
  }

  const job = { subject: 'billing', operation: 'charge' };

  it('goes back with its answer as whoever failed, as a call does', () => {
    expect(blamedAfter((observer) => observer.begin(job).unhealthy(new Error('gone')))).toEqual([
      'client/c1 billing charge',
    ]);
    expect(blamedAfter((observer) => observer.report({ ...job, status: 'unhealthy' }))).toEqual([
      'client/c1 billing charge',
    ]);
    const failing = () => {
      throw new Error('gone');
    };
    expect(blamedAfter((observer) => expect(() => observer.observe(job, failing)).toThrow('gone'))).toEqual([
      'client/c1 billing charge',
    ]);
  });

  it('blames nobody where it went well, or where nothing was learned', () => {
    expect(blamedAfter((observer) => observer.begin(job).healthy())).toEqual([]);
    expect(blamedAfter((observer) => observer.begin(job).unknown())).toEqual([]);
    expect(blamedAfter((observer) => observer.report({ ...job, status: 'healthy' }))).toEqual([]);
  });

  it('blames none of the process’s own parts: for those it answers itself', () => {
    const flush = { part: 'disk', operation: 'flush' };
    expect(blamedAfter((observer) => observer.begin(flush).unhealthy())).toEqual([]);
  });

  it('goes back with the request that it was begun for, wherever it fails', () => {
    const guest = startGuest();
    guest.call('GET web:80 200');
    const [one, other] = [new BaggageScope(), new BaggageScope()];
    const pending = context.with(withScope(context.active(), one), () => guest.processor.observer.begin(job));
    context.with(withScope(context.active(), other), () => pending.unhealthy());
    expect(one.unpack(BLAME)).toHaveLength(1);
    expect(other.unpack(BLAME)).toEqual([]);
  });
});
