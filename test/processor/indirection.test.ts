// SPDX-License-Identifier: Apache-2.0
/**
 * The four ways in which a request and its reply can go: straight, or through somebody else there, back, or both. c1 asks
 * c2; c3 stands between them. In each c2's worker stops doing what c2 accepts. What c1 sees in its spans is that its
 * messages are taken, which says nothing of the work; the token that rides along is the only evidence there is.
 *
 * Source: Panorama (OSDI 2018), section 4 and its figure of the four patterns.
 */
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withBaggage } from '../../src/baggage/in-process.js';
import { injectMessage, withMessage } from '../../src/baggage/transport/message.js';
import { PanoramaPropagator } from '../../src/baggage/transport/propagator.js';
import { Engine } from '../../src/engine/engine.js';
import { MajorityJudge } from '../../src/engine/verdict/majority.js';
import { statusName } from '../../src/model/status.js';
import { FakeClock } from '../support/fake-clock.js';
import { batchOf, resourceOf, spanOf } from '../support/spans.js';
import { countingRandom, type Guest, startGuest } from './guest.js';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

type Way = readonly ('c2' | 'c3')[];
type Pattern = { readonly there: Way; readonly back: Way };
type Headers = Record<string, unknown>;

/** There, and back. */
const PATTERNS: Record<string, Pattern> = {
  none: { there: ['c2'], back: [] },
  request: { there: ['c3', 'c2'], back: [] },
  reply: { there: ['c2'], back: ['c3'] },
  full: { there: ['c3', 'c2'], back: ['c3'] },
};

const propagator = new PanoramaPropagator();
/** What crosses from one component to another is text. */
const wire = (headers: Headers): Headers => JSON.parse(JSON.stringify(headers)) as Headers;
const sent = (): Headers => wire(injectMessage({}, propagator));

class World {
  readonly clock = new FakeClock();
  readonly engine = new Engine({ judge: new MajorityJudge(), clock: this.clock });
  readonly c1: Guest = startGuest({ clock: this.clock, random: countingRandom() });
  readonly pattern: Pattern;
  readonly hasToken: boolean;
  isC2Sick = false;
  #toldCount = 0;

  constructor(pattern: Pattern, hasToken: boolean) {
    this.pattern = pattern;
    this.hasToken = hasToken;
    // Whose word it is becomes known with the first span, whatever it is of.
    this.c1.tracer.startSpan('start').end();
  }

  /** c1 asks once, and a second passes. */
  ask(): void {
    withBaggage(() => {
      if (this.hasToken) this.c1.processor.observer.begin({ subject: 'c2', operation: 'job' });
      const [first] = this.pattern.there;
      // Whoever is asked first takes the message at once; between parts of one process there is not even a span.
      if (this.pattern !== PATTERNS['none']) this.c1.call('POST x 202', { attributes: { 'panorama.subject': first } });
      this.#pass(sent(), [...this.pattern.there], () => this.#work());
    });
    this.clock.advance(1000);
    this.#deliver();
  }

  /** Through each of them; a stop is a queue, so that nobody waits for anybody. */
  #pass(headers: Headers, way: readonly string[], arrive: () => void): void {
    this.clock.setTimer(1, () => {
      withMessage(headers, () => (way.length > 1 ? this.#pass(sent(), way.slice(1), arrive) : arrive()), propagator);
    });
  }

  /** c2 has accepted the job. */
  #work(): void {
    if (this.isC2Sick) return;
    this.#pass(sent(), [...this.pattern.back, 'c1'], () => this.c1.processor.observer.pending()?.healthy());
  }

  /** What c1's guest has exported, to the engine. */
  #deliver(): void {
    const spans = this.c1.exporter.spans.slice(this.#toldCount);
    this.#toldCount += spans.length;
    const records = spans.map((span) =>
      spanOf({
        spanId: span.spanContext().spanId,
        name: span.name,
        attributes: span.attributes as never,
        endMs: span.endTime[0] * 1000 + span.endTime[1] / 1e6,
      }),
    );
    this.engine.accept(batchOf({ resource: resourceOf('client', 'c1'), spans: records }));
  }

  verdictOf(subject: string): string {
    return statusName(this.engine.report({ environment: '', subject })?.verdict.status ?? 1);
  }
}

function lived(pattern: Pattern, hasToken: boolean) {
  const world = new World(pattern, hasToken);
  for (let second = 0; second < 20; second++) world.ask();
  const before = world.verdictOf('c2');
  world.isC2Sick = true;
  for (let second = 0; second < 8; second++) world.ask();
  const during = world.verdictOf('c2');
  world.isC2Sick = false;
  for (let second = 0; second < 8; second++) world.ask();
  return { before, during, after: world.verdictOf('c2'), c3: world.verdictOf('c3') };
}

describe.each(Object.entries(PATTERNS))('%s indirection', (name, pattern) => {
  it('without the token: nobody sees that c2 does no work', () => {
    const { during } = lived(pattern, false);
    expect(during).toBe(name === 'reply' ? 'healthy' : 'na');
  });

  it('with the token: c2 is found failing, and well again once it works, and c3 is innocent', () => {
    const { before, during, after, c3 } = lived(pattern, true);
    expect({ before, during, after }).toEqual({ before: 'healthy', during: 'unhealthy', after: 'healthy' });
    expect(c3).toBe(pattern.there.includes('c3') ? 'healthy' : 'na');
  });
});
