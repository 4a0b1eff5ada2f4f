// SPDX-License-Identifier: Apache-2.0
/** Every seam between the guest and what is not its own: a way to break it, and what the counts say then. */
import { type Context, type ContextManager, context, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { expect } from 'vitest';
import type { PanoramaSpanProcessorOptions } from '../../src/processor/options.js';
import type { BreakableClock } from '../support/breakable-clock.js';
import type { Guest, KeepingExporter } from './guest.js';
import { CALLS, OWN } from './host.js';

export interface Seam {
  readonly options?: Partial<PanoramaSpanProcessorOptions>;
  /** From the beginning. */
  readonly breaks?: (guest: Guest, clock: BreakableClock) => void;
  /** When calls are known, and one is about to hang. */
  readonly strikes?: (guest: Guest, clock: BreakableClock) => void;
  /** In the end. */
  readonly counts: Readonly<Record<string, unknown>>;
}

export const broken = (): never => {
  throw new Error('broken');
};

/** Throws at every touch. */
export const THROWER: object = new Proxy(
  {},
  { get: broken, set: broken, has: broken, getPrototypeOf: broken, ownKeys: broken },
);

const SOME: unknown = expect.toSatisfy((count: unknown) => typeof count === 'number' && count > 0, 'some');
const OBSERVED = CALLS - 1;
const allLost = { failedObservations: SOME, exportedObservations: 0, faults: 0, observed: OBSERVED };
const allTold = { failedObservations: 0, droppedObservations: 0, exportedObservations: SOME, observed: OBSERVED };

type Answer = KeepingExporter['answer'];
const answering = (answer: (clock: BreakableClock, guest: Guest) => Answer): Pick<Seam, 'breaks'> => ({
  breaks: (guest, clock) => {
    guest.exporter.answer = answer(clock, guest);
  },
});
const shuttingDown = (shutdown: () => Promise<void>): Pick<Seam, 'breaks'> => ({
  breaks: (guest) => {
    guest.exporter.shutdown = shutdown;
  },
});
const clockBreaks = (part: 'nowMs' | 'monotonicMs' | 'setTimer' | 'cancel'): Pick<Seam, 'strikes'> => ({
  strikes: (_, clock) => clock.break(part),
});

/** A rule of the user that does nothing until it is struck. */
function rule(
  make: (asked: () => undefined) => PanoramaSpanProcessorOptions['rules'],
  onceStruck: (guest: Guest) => void,
) {
  let struck: (() => void) | undefined;
  const asked = () => void struck?.() as undefined;
  return {
    options: { rules: make(asked) },
    strikes: (guest: Guest) => {
      struck = () => onceStruck(guest);
    },
  };
}
const asSubject = (asked: () => undefined) => ({ subjects: [{ name: 'own', identify: asked }] });
const asOperation = (asked: () => undefined) => ({ operations: [{ name: 'own', operation: asked }] });
const asOverride = (asked: () => undefined) => ({
  outcomes: [
    {
      get operation(): string {
        return asked() ?? 'none';
      },
      status: 'ignore' as const,
    },
  ],
});
/** The hung call and those after it; the one that hangs is never told as such. */
const rulesBroken = { faults: SOME, observed: 20, hung: 0, inFlight: 0 };

/** A context that has nothing to say of ours, and throws. */
const poisoned: Context = {
  getValue: (key) => (String(key.description).startsWith('panorama') ? broken() : ROOT_CONTEXT.getValue(key)),
  setValue: () => poisoned,
  deleteValue: () => poisoned,
};
const poisonous: ContextManager = {
  active: () => poisoned,
  with: (_, work, self, ...args) => work.apply(self as never, args),
  bind: (_, target) => target,
  enable: () => poisonous,
  disable: () => poisonous,
};

export const SEAMS: Readonly<Record<string, Seam>> = {
  'an exporter that throws': { ...answering(() => broken), counts: allLost },
  'an exporter that rejects': { ...answering(() => async () => broken()), counts: allLost },
  'an exporter that throws what cannot be shown': {
    ...answering(() => () => {
      throw THROWER;
    }),
    counts: allLost,
  },
  'an exporter that rejects with what cannot be shown': {
    ...answering(() => () => Promise.reject(Object.create(null))),
    counts: allLost,
  },
  'an exporter that returns another thenable, which rejects': {
    // biome-ignore lint/suspicious/noThenProperty: such an exporter is what is tested.
    ...answering(() => () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(OWN) })),
    counts: allLost,
  },
  'an exporter that returns what throws at every touch': { ...answering(() => () => THROWER), counts: allLost },
  'an exporter that answers with what throws at every touch': {
    ...answering((clock) => (done) => clock.setTimer(1, () => done(THROWER as never)) && undefined),
    counts: allLost,
  },
  'an exporter whose error has no words': {
    ...answering(() => (done) => done({ code: ExportResultCode.FAILED, error: { message: Symbol('no') } as never })),
    counts: allLost,
  },
  'an exporter that hangs': { ...answering(() => () => undefined), counts: allLost },
  'an exporter that answers after it was given up': {
    ...answering(
      (clock) => (done) => clock.setTimer(15_000, () => done({ code: ExportResultCode.SUCCESS })) && undefined,
    ),
    counts: allLost,
  },
  'an exporter that answers twice, once so and once so': {
    ...answering(() => (done) => {
      done({ code: ExportResultCode.SUCCESS });
      done({ code: ExportResultCode.FAILED });
    }),
    counts: { ...allTold, faults: 0 },
  },
  'an exporter that flushes while it exports': {
    ...answering((_, guest) => (done) => {
      void guest.processor.forceFlush();
      done({ code: ExportResultCode.SUCCESS });
    }),
    counts: { ...allTold, faults: 0 },
  },
  'an exporter that is none': { options: { exporter: 7 as never }, counts: { ...allLost, faults: 1 } },
  'an exporter whose shutdown throws': { ...shuttingDown(broken), counts: { ...allTold, faults: 1 } },
  'an exporter whose shutdown rejects': {
    ...shuttingDown(() => Promise.reject(THROWER)),
    counts: { ...allTold, faults: 1 },
  },
  'an exporter whose shutdown hangs': {
    ...shuttingDown(() => new Promise(() => undefined)),
    counts: { ...allTold, faults: 0 },
  },
  'a clock that never set a timer': {
    breaks: (_, clock) => clock.break('setTimer'),
    counts: { faults: SOME, observed: OBSERVED, hung: 0, unwatched: SOME, failedObservations: SOME },
  },
  'a clock that sets no timer': {
    ...clockBreaks('setTimer'),
    counts: { faults: SOME, observed: OBSERVED, inFlight: 0 },
  },
  'a clock that cancels no timer': { ...clockBreaks('cancel'), counts: { ...allTold, faults: SOME } },
  'a clock that has lost the time': {
    ...clockBreaks('nowMs'),
    counts: { faults: SOME, observed: OBSERVED, inFlight: 0 },
  },
  'a clock that has lost count': { ...clockBreaks('monotonicMs'), counts: { ...allTold, faults: SOME, inFlight: 0 } },
  'a clock that is set back': {
    strikes: (_, clock) => clock.whole.jump(-86_400_000),
    counts: { ...allTold, faults: 0, hung: 2, inFlight: 0 },
  },
  'a clock that is set forward': {
    strikes: (_, clock) => clock.whole.jump(86_400_000),
    counts: { ...allTold, faults: 0, hung: 2, inFlight: 0 },
  },
  'chance that throws': {
    options: { random: broken },
    counts: { faults: SOME, observed: OBSERVED, exportedObservations: 0, failedObservations: SOME },
  },
  'chance that gives nothing': { options: { random: () => undefined }, counts: { ...allTold, faults: 0 } },
  'a subject rule that throws from the start': {
    options: { rules: asSubject(broken) },
    counts: { faults: SOME, observed: 0, unidentified: 0, exportedObservations: SOME },
  },
  'a subject rule that throws': { ...rule(asSubject, broken), counts: rulesBroken },
  'an operation rule that throws': { ...rule(asOperation, broken), counts: rulesBroken },
  'an override that throws when it is read': { ...rule(asOverride, broken), counts: rulesBroken },
  'an override of no status': {
    options: { rules: { outcomes: [{ operation: 'GET', status: 'gone' as never }] } },
    counts: { ...allTold, faults: 0 },
  },
  'rules that are no lists': {
    options: { rules: { subjects: 7 as never, outcomes: THROWER as never } },
    counts: { ...allTold, faults: 0 },
  },
  'a rule that names what is no identity': {
    options: { rules: { subjects: [{ name: 'own', identify: () => ({ text: 7 }) as never }] } },
    counts: { inFlight: 0 },
  },
  'a rule that flushes': { ...rule(asSubject, (guest) => void guest.processor.forceFlush()), counts: allTold },
  'a rule that shuts the processor down': {
    ...rule(asSubject, (guest) => void guest.processor.shutdown()),
    counts: { faults: 0, observed: 20, hung: 0, inFlight: 0 },
  },
  'a logger that throws': {
    breaks: (guest) => {
      const logger = { error: broken, warn: broken, info: broken, debug: broken, verbose: broken };
      diag.setLogger(logger, { suppressOverrideMessage: true });
      guest.exporter.answer = broken;
      guest.processor.onEnd(THROWER as never);
    },
    counts: { ...allLost, faults: 1 },
  },
  'a context that throws': {
    strikes: () => context.setGlobalContextManager(poisonous),
    counts: { ...allTold, faults: SOME },
  },
};
