// SPDX-License-Identifier: Apache-2.0
/**
 * Reading a span by its form is a way of being quick and nothing else: an engine that scans, one that reads every span in full,
 * and one to which each span is the first of its form come to the same.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import type { IntakeSink } from '../../src/engine/intake/intake-sink.js';
import { SpanIntake } from '../../src/engine/intake/span-intake.js';
import { DEFAULT_LIFETIME } from '../../src/engine/verdict/evidence-lifetime.js';
import type { Judge } from '../../src/engine/verdict/judge.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { decodeTracesProtobuf } from '../../src/engine/wire/otlp-protobuf.js';
import { RecordForms } from '../../src/engine/wire/record-batch.js';
import type { SpanBatch } from '../../src/engine/wire/span-batch.js';
import { ResourceForm, SpanForm } from '../../src/engine/wire/span-form.js';
import { SpanScanner } from '../../src/engine/wire/span-scanner.js';
import type { Verdict } from '../../src/model/verdict.js';
import { DEFAULT_RULES, rulesWith } from '../../src/observe/rules.js';
import { FakeClock } from '../support/fake-clock.js';
import { bytesOf, type Request, world } from './form-worlds.js';

/** How a body becomes rows. */
type Reading = (body: Uint8Array) => SpanBatch;

const WAYS = {
  /** As an engine does. */
  scanned(): Reading {
    const [scanner, records] = [new SpanScanner(), new RecordForms()];
    return (body) => scanner.scan(body) ?? records.batchOf(decodeTracesProtobuf(body));
  },
  /** Every span in full; forms are kept. */
  read(): Reading {
    const records = new RecordForms();
    return (body) => records.batchOf(decodeTracesProtobuf(body));
  },
  /** Nothing is known of any form when a request comes. */
  forgetful: (): Reading => (body) => new SpanScanner().scan(body) ?? WAYS.read()(body),
  /** Each span is the first and the last of its form. */
  alone: (): Reading => (body) => {
    const decoded = decodeTracesProtobuf(body);
    const batch = new RecordForms().batchOf(decoded);
    const forms = decoded.resources.flatMap(({ resource, spans }) =>
      spans.map((span) => new SpanForm(0, 0, new ResourceForm(0, 0, resource), span)),
    );
    return { ...batch, count: batch.count, recordOf: (row) => batch.recordOf(row), forms };
  },
};
type Way = keyof typeof WAYS;

interface Said {
  readonly counts: unknown;
  readonly told: readonly unknown[];
}

/** Calls `take` with each request's bytes and its time. */
function live(requests: readonly Request[], clock: FakeClock, odd: boolean, take: (body: Uint8Array) => void): void {
  let before: Uint8Array | undefined;
  for (const request of requests) {
    clock.advance(request.pauseMs);
    if (request.again && before) take(before);
    before = bytesOf(request, clock.nowMs(), odd);
    take(before);
  }
}

/** What an intake counts, and tells of each request. Good calls are added up, however many are told together. */
function toldOf(requests: readonly Request[], way: Way, odd: boolean, rules = DEFAULT_RULES): Said {
  const clock = new FakeClock();
  const reading = WAYS[way]();
  const told: unknown[] = [];
  const goods = new Map<string, { count: number; firstMs: number; lastMs: number }>();
  const sink: IntakeSink = {
    replaced: ({ environment, subject }) => told.push(['replaced', environment, subject]),
    renamed: ({ environment, from, to }) => told.push(['renamed', environment, from, to]),
    observed: ({ id, status, count, ...rest }, atMs) => {
      if (status === 2 && count === 1 && !('latency' in rest) && rest.evidence.length === 0)
        return note(rest, 1, atMs, atMs);
      told.push(['observed', id, status, count, rest, atMs]);
    },
    wentWell: (pair, { count, firstMs, lastMs }) => note(pair, count, firstMs, lastMs),
    settled: (call) => {
      const { environment, observer, subject, operation, failing, durationMs, atMs, ownMs } = call;
      told.push(['settled', environment, observer, subject, operation, failing, durationMs, atMs, ownMs, call.id()]);
    },
  };
  interface Names {
    environment: string;
    observer: string;
    subject: string;
    resolution: string;
    operation: string;
    source: string;
    reason: string;
  }
  function note(names: Names, count: number, firstMs: number, lastMs: number): void {
    const { environment, observer, subject, resolution, operation, source, reason } = names;
    const key = [environment, observer, subject, resolution, operation, source, reason].join(' | ');
    const known = goods.get(key) ?? { count: 0, firstMs, lastMs };
    goods.set(key, {
      count: known.count + count,
      firstMs: Math.min(known.firstMs, firstMs),
      lastMs: Math.max(known.lastMs, lastMs),
    });
  }
  const intake = new SpanIntake(rules, sink, DEFAULT_LIFETIME.lifetimeMinMs);
  live(requests, clock, odd, (body) => {
    intake.read(reading(body), clock.nowMs());
    told.push([...goods].sort(([a], [b]) => (a < b ? -1 : 1)));
    goods.clear();
  });
  clock.advance(70_000);
  intake.settle(clock.nowMs());
  return { counts: { ...intake.counts, folded: intake.foldedCount, ...intake.callTreeCounts() }, told };
}

/** All but when the engine looked last. */
function withoutTime({ judgedMs: _, ...said }: Verdict): Omit<Verdict, 'judgedMs'> {
  return said;
}

/** What an engine says in the end, of each subject and of each change. */
function verdictsOf(requests: readonly Request[], judge: Judge, way: Way, odd: boolean) {
  const clock = new FakeClock();
  const engine = new Engine({ judge, clock });
  const reading = WAYS[way]();
  const said: unknown[] = [];
  engine.start();
  live(requests, clock, odd, (body) => {
    const { rejected } = engine.take(reading(body));
    said.push(rejected, ...engine.verdicts().map(withoutTime));
  });
  clock.advance(10_000);
  said.push(...engine.verdicts().map(withoutTime));
  clock.advance(70_000);
  engine.stop();
  return {
    counts: engine.counts(),
    said,
    transitions: engine
      .transitions(0, 1000)
      .transitions.map((each) => ({ ...each, verdict: withoutTime(each.verdict) })),
  };
}

describe('what an intake counts and tells', () => {
  for (const odd of [false, true]) {
    it(`is the same however ${odd ? 'odd' : 'usual'} bodies are read`, () => {
      fc.assert(
        fc.property(world, (requests) => {
          const scanned = toldOf(requests, 'scanned', odd);
          for (const way of ['read', 'forgetful', 'alone'] as const) {
            expect(toldOf(requests, way, odd)).toEqual(scanned);
          }
        }),
        { numRuns: 35 },
      );
    });
  }

  it('is by rules of a user’s own the same too', () => {
    const rules = rulesWith({
      outcomes: [
        { http: [200], status: 'unhealthy' },
        { operation: 'POST', status: 'ignore' },
      ],
    });
    fc.assert(
      fc.property(world, (requests) => {
        expect(toldOf(requests, 'alone', false, rules)).toEqual(toldOf(requests, 'scanned', false, rules));
      }),
      { numRuns: 25 },
    );
  });
});

/** Without what is hours old when it comes: it is forgotten at once, in an order that is known to within a second only. */
const recent = world.map((requests) =>
  requests.map((request) => ({ ...request, spans: request.spans.filter(({ endAgoMs }) => endAgoMs < 3_600_000) })),
);

describe.each([new MajorityJudge(), new SequentialJudge()])('verdicts and transitions, by the $name judge', (judge) => {
  for (const way of ['read', 'forgetful'] as const) {
    it(`are the same when bodies are scanned and when forms are ${way === 'read' ? 'found in records' : 'always new'}`, () => {
      fc.assert(
        fc.property(way === 'read' ? world : recent, (requests) => {
          expect(verdictsOf(requests, judge, way, false)).toEqual(verdictsOf(requests, judge, 'scanned', false));
        }),
        { numRuns: 20 },
      );
    });
  }
});
