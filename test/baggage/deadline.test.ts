// SPDX-License-Identifier: Apache-2.0
/** How long an answer is still wanted: within a process, on the way to the next one, and whatever strangers send. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Baggage,
  type Context,
  type ContextManager,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  DEADLINE_ENTRY,
  DEADLINE_MS_MAX,
  readDeadline,
  remainingMs,
  removeDeadline,
  withDeadline,
  writeDeadline,
} from '../../src/baggage/deadline.js';
import { asMessage } from '../../src/baggage/message-context.js';
import { FakeClock } from '../support/fake-clock.js';

/** Contexts that follow the work through every `await`, as OpenTelemetry's own manager has them. */
class FollowingContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = () => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager['with'] = (of, work, self, ...args) =>
    this.#storage.run(of, () => work.apply(self as never, args));
  bind: ContextManager['bind'] = (_, target) => target;
  enable = () => this;
  disable = () => this;
}

let clock: FakeClock;
beforeAll(() => {
  context.setGlobalContextManager(new FollowingContexts());
});
beforeEach(() => {
  clock = new FakeClock();
});
afterEach(() => diag.disable());
afterAll(() => context.disable());

const baggageOf = (entries: Record<string, string>): Baggage =>
  propagation.createBaggage(Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, { value }])));

const entriesOf = (baggage: Baggage | undefined): Record<string, string> =>
  Object.fromEntries((baggage?.getAllEntries() ?? []).map(([key, { value }]) => [key, value]));

/** The context of a request that came in with these entries. */
const received = (entries: Record<string, string>): Context =>
  readDeadline(propagation.setBaggage(ROOT_CONTEXT, baggageOf(entries)), clock);

const within = <T>(budgetMs: number, work: () => T): T => withDeadline(budgetMs, work, clock);

/** A context under a deadline. */
const under = (budgetMs: number): Context => within(budgetMs, () => context.active());

/** The header that a call from the context carries. */
function sent(of: Context): string | undefined {
  const carrier: Record<string, string> = {};
  const outgoing = propagation.setBaggage(of, writeDeadline(propagation.getBaggage(of), of));
  new W3CBaggagePropagator().inject(outgoing, carrier, defaultTextMapSetter);
  return carrier['baggage'];
}

describe('the time that remains', () => {
  it('is unknown where nobody set a deadline', () => {
    expect(remainingMs()).toBeUndefined();
    expect(remainingMs(ROOT_CONTEXT)).toBeUndefined();
  });

  it('grows less as time passes, and is 0 from the deadline on', () => {
    within(50, () => {
      expect(remainingMs()).toBe(50);
      clock.advance(49);
      expect(remainingMs()).toBe(1);
      clock.advance(1);
      expect(remainingMs()).toBe(0);
      clock.advance(1000);
      expect(remainingMs()).toBe(0);
    });
  });

  it('is whole milliseconds, never more than there are, so that any timer takes it', () => {
    const of = under(50);
    clock.advance(0.25);
    expect(remainingMs(of)).toBe(49);
    clock.advance(49);
    expect(remainingMs(of)).toBe(0);
  });

  it('does not depend on the clock of the machine, which may be set', () => {
    const of = under(50);
    clock.jump(-3_600_000);
    clock.advance(20);
    expect(remainingMs(of)).toBe(30);
  });

  it('is measured with the clock of the system unless told otherwise', () => {
    const left = withDeadline(60_000, () => remainingMs());
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
  });
});

describe('work under a deadline', () => {
  it('gives its result or throws what it throws, also after the deadline, which interrupts nothing', () => {
    const late = () => clock.advance(60);
    const thrower = () => {
      throw new Error('broken');
    };
    expect(within(50, () => [late(), 'done'])[1]).toBe('done');
    expect(() => within(50, thrower)).toThrow('broken');
    expect(clock.timerCount).toBe(0);
  });

  it('is under it until its end, through every await, and nobody else is', async () => {
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const work = within(50, async () => {
      await gate;
      return remainingMs();
    });
    expect(remainingMs()).toBeUndefined();
    clock.advance(20);
    goOn();
    expect(await work).toBe(30);
  });

  it.each([
    ['an earlier one inside', 100, 30, 30],
    ['a later one inside, which changes nothing', 30, 100, 30],
    ['one of the same moment', 30, 30, 30],
    ['one that has passed', 100, 0, 0],
  ])('that is set twice has the earlier of the two: %s', (_, outer, inner, expected) => {
    within(outer, () => {
      expect(within(inner, () => remainingMs())).toBe(expected);
      expect(remainingMs()).toBe(outer);
    });
  });

  it('has the earlier as things stand when the second is set', () => {
    const later = () => within(50, () => remainingMs());
    expect(within(100, () => [clock.advance(90), later()])[1]).toBe(10);
  });
});

describe('a budget', () => {
  it('below 0 is a deadline that has passed', () => {
    expect(within(-1, () => remainingMs())).toBe(0);
    expect(within(Number.NEGATIVE_INFINITY, () => remainingMs())).toBe(0);
  });

  it.each([DEADLINE_MS_MAX + 0.1, Number.MAX_VALUE, Number.POSITIVE_INFINITY])('of %d sets no deadline', (budgetMs) => {
    expect(within(budgetMs, () => remainingMs())).toBeUndefined();
    expect(within(50, () => within(budgetMs, () => remainingMs()))).toBe(50);
    expect(within(DEADLINE_MS_MAX, () => remainingMs())).toBe(DEADLINE_MS_MAX);
  });

  it('that is no number sets none, lets the work go on, and is said once', () => {
    const warn = vi.fn();
    diag.setLogger({ warn, error: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() });
    for (const mistake of [Number.NaN, undefined, null, '50', Object.create(null), Symbol('50')]) {
      expect(within(mistake as number, () => [remainingMs()])).toEqual([undefined]);
      expect(within(50, () => within(mistake as number, () => remainingMs()))).toBe(50);
    }
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('NaN');
  });
});

describe('a call', () => {
  it('carries what remains when it is sent', () => {
    const of = under(5000);
    clock.advance(200);
    expect(sent(of)).toBe('panorama.deadline=4800');
  });

  it('carries 0 once the deadline has passed: the callee shall know', () => {
    const of = under(50);
    clock.advance(51);
    expect(sent(of)).toBe('panorama.deadline=0');
  });

  it('carries no entry where there is no deadline, not even one that was put there by hand', () => {
    const entries = baggageOf({ tenant: 'acme', [DEADLINE_ENTRY]: '5000' });
    expect(sent(propagation.setBaggage(ROOT_CONTEXT, entries))).toBe('tenant=acme');
    expect(sent(ROOT_CONTEXT)).toBeUndefined();
  });

  it('keeps the entries of the user, with their metadata', () => {
    const tenant = { value: 'acme', metadata: { toString: () => 'ttl=30' } as never };
    const of = propagation.setBaggage(under(50), propagation.createBaggage({ tenant }));
    expect(sent(of)).toBe('tenant=acme;ttl=30,panorama.deadline=50');
  });

  it('to a stranger carries nothing of it', () => {
    expect(entriesOf(removeDeadline(baggageOf({ tenant: 'acme', [DEADLINE_ENTRY]: '50' })))).toEqual({
      tenant: 'acme',
    });
    expect(entriesOf(removeDeadline(undefined))).toEqual({});
  });

  it('that is a message carries none, since nobody knows how long it will wait', () => {
    const tracer = new TracerProvider().getTracer('test');
    const of = under(50);
    const spanOf = (kind: SpanKind) => trace.setSpan(of, tracer.startSpan('call', { kind }));
    expect(sent(spanOf(SpanKind.CLIENT))).toBe('panorama.deadline=50');
    expect(sent(spanOf(SpanKind.PRODUCER))).toBeUndefined();
    expect(sent(asMessage(of))).toBeUndefined();
  });
});

describe('what arrives', () => {
  it('is a deadline from now on, and stands in the baggage no longer', () => {
    const of = received({ tenant: 'acme', [DEADLINE_ENTRY]: '4800' });
    expect(entriesOf(propagation.getBaggage(of))).toEqual({ tenant: 'acme' });
    clock.advance(300);
    expect(remainingMs(of)).toBe(4500);
  });

  it('goes on from process to process, less by what each one took', () => {
    let header = sent(under(1000));
    for (let hop = 0; hop < 3; hop++) {
      const came = new W3CBaggagePropagator().extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter);
      const of = readDeadline(came, clock);
      clock.advance(100);
      header = sent(of);
    }
    expect(header).toBe('panorama.deadline=700');
  });

  it('without an entry leaves the context as it is', () => {
    expect(readDeadline(ROOT_CONTEXT, clock)).toBe(ROOT_CONTEXT);
    const of = propagation.setBaggage(ROOT_CONTEXT, baggageOf({ tenant: 'acme' }));
    expect(readDeadline(of, clock)).toBe(of);
  });

  it('cannot lengthen the time that there was', () => {
    const arrived = (value: string) =>
      readDeadline(propagation.setBaggage(under(50), baggageOf({ [DEADLINE_ENTRY]: value })), clock);
    expect(remainingMs(arrived('5000'))).toBe(50);
    expect(remainingMs(arrived('20'))).toBe(20);
    expect(remainingMs(arrived('never'))).toBe(50);
  });

  it.each([
    ['0', 0],
    ['1', 1],
    ['007', 7],
    [String(DEADLINE_MS_MAX), DEADLINE_MS_MAX],
  ])('is read: %s', (value, expected) => {
    expect(remainingMs(received({ [DEADLINE_ENTRY]: value }))).toBe(expected);
  });

  it.each([
    ['empty', ''],
    ['negative', '-1'],
    ['a fraction', '1.5'],
    ['a power of ten', '1e3'],
    ['hexadecimal', '0x10'],
    ['with a unit', '50ms'],
    ['with a blank', '50 '],
    ['of two lines', '50\n'],
    ['in digits of another script', '٥٠'],
    ['without end', 'Infinity'],
    ['more than a day', String(DEADLINE_MS_MAX + 1)],
    ['more than nine digits', '0000000050'],
    ['very long', '9'.repeat(4000)],
  ])('is as if absent where it is %s', (_, value) => {
    const of = received({ tenant: 'acme', [DEADLINE_ENTRY]: value });
    expect(remainingMs(of)).toBeUndefined();
    expect(entriesOf(propagation.getBaggage(of))).toEqual({ tenant: 'acme' });
  });

  it('never makes it throw, and is nothing or a time of a day at the most', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: fc.constantFrom(...'0123456789 -+.e') })), (value) => {
        const of = received({ [DEADLINE_ENTRY]: value as string });
        const left = remainingMs(of);
        if (left !== undefined) expect(Number.isInteger(left) && left >= 0 && left <= DEADLINE_MS_MAX).toBe(true);
        expect(sent(of)).toBe(left === undefined ? undefined : `panorama.deadline=${left}`);
      }),
    );
  });
});
