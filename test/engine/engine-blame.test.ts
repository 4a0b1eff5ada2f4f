// SPDX-License-Identifier: Apache-2.0
/** Call trees by chance before the whole engine, one service of them sick, and a third of their spans lost. */
import '../support/property-seed.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import type { Judge } from '../../src/engine/verdict/judge.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { SequentialJudge } from '../../src/engine/verdict/sequential.js';
import { type ResourceSpans, SpanKind, SpanStatusCode } from '../../src/model/span.js';
import { isFailing } from '../../src/model/status.js';
import { diceOf } from '../e2e/call-trees/plan.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, resourceOf } from '../support/spans.js';
import { instanceOf, Request, type Sent, servicesOf, shuffled, type World } from './calls/call-world.js';

const REQUEST_COUNT = 30;
const LOST_SHARE = 0.3;
/** The first request of a world begins a second after this. */
const WORLD_START_MS = 1_700_000_000_000;

/** A span as its instrumentation would send it. */
function sentBy({ component, span, call }: Sent): ResourceSpans {
  const [service = '', instance] = component.split('/');
  const code = {
    'http.request.method': 'GET',
    'http.response.status_code': span.statusCode === SpanStatusCode.ERROR || call?.failing ? 500 : 200,
  };
  const attributes = {
    ...(span.kind !== SpanKind.INTERNAL && code),
    ...(call && { 'panorama.subject': call.subject }),
  };
  return { resource: resourceOf(service, instance), spans: [{ ...span, attributes }] };
}

describe.each<[string, () => Judge]>([
  ['majority', () => new MajorityJudge()],
  ['sequential', () => new SequentialJudge()],
])('the engine with the judge %s', (_, judge) => {
  it('names the sick one in the verdict of each of its victims, though 30 % of the spans are missing', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 3, max: 5 }), (seed, count) => {
        const dice = diceOf(seed);
        const sick = `s${1 + Math.floor(dice() * (count - 1))}`;
        const world: World = { services: servicesOf(dice, count), dice, sick: { [sick]: 0.9 } };
        const clock = new FakeClock(WORLD_START_MS);
        const engine = new Engine({ judge: judge(), clock });
        for (let number = 1; number <= REQUEST_COUNT; number++) {
          clock.advance(1000);
          const came = new Request(world, number, 's0').sent.filter(() => dice() >= LOST_SHARE);
          engine.accept(batchOf(...shuffled(came, dice).map(sentBy)));
          engine.tick();
        }
        clock.advance(6000);
        engine.tick();
        const victims = engine.verdicts().filter(({ status }) => isFailing(status));
        // Of the last few calls of the sick one too many may be lost.
        fc.pre(victims.some(({ subject }) => subject === instanceOf(sick)));
        for (const { subject } of victims) {
          const blame = engine.report({ environment: '', subject })?.verdict.blame;
          expect(`${subject} by ${blame?.root}`).toBe(`${subject} by ${instanceOf(sick)}`);
        }
      }),
      { numRuns: 25 },
    );
  });
});
