// SPDX-License-Identifier: Apache-2.0
/** An engine says the same, in the same order, however many threads decode for it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecoderThreads } from '../../src/engine/decoding/decoder-threads.js';
import { Engine } from '../../src/engine/engine.js';
import { ExportIntake } from '../../src/engine/export-intake.js';
import type { ExportRequest } from '../../src/engine/ingest/export-sink.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { PanoramaError } from '../../src/model/errors.js';
import { SpanKind } from '../../src/model/span.js';
import { rulesWith } from '../../src/observe/rules.js';
import { keyValuesOf, startThreads, wireSpanOf } from '../engine/decoding/threads.js';
import { toJson, toProtobuf, type WireResource } from '../engine/wire/otlp-writer.js';
import { FakeClock } from '../support/fake-clock.js';
import { resourceOf } from '../support/spans.js';
import { delivery, type Sent } from './deliveries.js';

/** How a request is written. `odd` is protobuf that no scan takes, `broken` is cut off. */
const WRITTEN = ['protobuf', 'protobuf', 'json', 'odd', 'broken'] as const;
type Written = (typeof WRITTEN)[number];

const RUNS = 12;
const STEP_MS = 300;

function requestOf(sent: readonly Sent[], written: Written): ExportRequest {
  const resources: WireResource[] = sent.map(({ service, instance, span }) => {
    const wire = wireSpanOf(span);
    const isOdd = written === 'odd' && span.kind === SpanKind.CLIENT;
    const attributes = isOdd
      ? [...wire.attributes, { key: 'http.route', value: { array: [{ string: 'a' }] } }]
      : wire.attributes;
    return { attributes: keyValuesOf(resourceOf(service, instance)), spans: [{ ...wire, attributes }] };
  });
  const encoding = written === 'json' ? 'json' : 'protobuf';
  const body = encoding === 'json' ? toJson(resources) : toProtobuf(resources);
  return { signal: 'traces', encoding, body: written === 'broken' ? body.subarray(0, body.length - 7) : body };
}

/** Bursts of requests, each on its way at once. */
const bursts = fc.array(
  fc.array(
    fc.tuple(delivery, fc.constantFrom(...WRITTEN)).map(([sent, written]) => requestOf(sent, written)),
    { minLength: 1, maxLength: 8 },
  ),
  { minLength: 1, maxLength: 4 },
);

/** Everything that an engine answers, counts and tells. */
async function saidBy(
  threads: DecoderThreads | undefined,
  hasOwnRules: boolean,
  given: readonly (readonly ExportRequest[])[],
): Promise<object> {
  const clock = new FakeClock();
  const rules = hasOwnRules ? rulesWith({ outcomes: [{ http: [500], status: 'ignore' }] }) : undefined;
  const engine = new Engine({ judge: new SequentialJudge(), clock, rules });
  const intake = new ExportIntake(engine, threads);
  const answers: unknown[] = [];
  const orderOfAnswers: number[] = [];
  engine.start();
  for (const burst of given) {
    const taken = burst.map(async (request, index) => {
      const answer = await Promise.resolve()
        .then(() => intake.take(request))
        .catch((error: unknown) => PanoramaError.from(error).message);
      orderOfAnswers.push(index);
      return answer;
    });
    answers.push(...(await Promise.all(taken)));
    clock.advance(STEP_MS);
  }
  const said = {
    answers,
    orderOfAnswers,
    counts: engine.counts(),
    verdicts: engine.verdicts(),
    transitions: engine.transitions(0, 1000).transitions,
    setUp: engine.setUp(),
  };
  engine.stop();
  await intake.close();
  return said;
}

describe('an engine with decoding threads', () => {
  it.each([false, true])(
    'says what it says without them (rules of its own: %s)',
    { timeout: 120_000 },
    async (hasOwnRules) => {
      let handedOver = 0;
      await fc.assert(
        fc.asyncProperty(bursts, async (given) => {
          const alone = await saidBy(undefined, hasOwnRules, given);
          for (const count of [1, 3]) {
            const threads = await startThreads({ count, hasOwnRules });
            expect(await saidBy(threads, hasOwnRules, given)).toEqual(alone);
            handedOver += threads.handedOverCount;
          }
        }),
        { numRuns: RUNS },
      );
      expect(handedOver).toBeGreaterThan(RUNS);
    },
  );
});
