// SPDX-License-Identifier: Apache-2.0
/**
 * A deadline through three processes: the edge calls the middle, the middle calls the last, by each of the instrumented
 * ways. Each is told how much time is left, the earliest deadline above it holds, and nobody else's.
 */
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProcessorCounts } from '../../src/processor/counts.js';
import { type Child, startChild } from '../support/child.js';
import { until } from '../support/until.js';

type Way = 'fetch' | 'http' | 'grpc';

/** What a service does with a request. */
interface Task {
  /** Works until so much of its time is gone, if there is a deadline. */
  readonly spendMs?: number;
  /** Answers after so long. */
  readonly takesMs?: number;
  /** Sets a deadline for its own call. */
  readonly budgetMs?: number | undefined;
  /** Leaves its callee when its own time is over. */
  readonly leaves?: boolean;
  readonly by?: Way;
  readonly next?: Task;
}

/** What a service saw of its time, in whole ms. */
interface Told {
  readonly service: string;
  readonly arrived?: number;
  /** Under the deadline that it set itself, if it did: when it calls, and when the answer has come. */
  readonly atCall?: number;
  readonly back?: number;
  /** Outside of that deadline again. */
  readonly after?: number;
  /** It did not wait for its callee's answer. */
  readonly left?: true;
}

type Chain = readonly [edge: Told, middle: Told, last: Told];

const SERVICES = ['edge', 'middle', 'last'] as const;
// Nothing is to be suspected here: of calls that are usually over in a moment, those that take their time would be.
const ENV = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', PANORAMA_HUNG_FLOOR_MS: '60000' };
const FAR_MS = 60_000;
const NEAR_MS = 20_000;

interface Member {
  readonly child: Child;
  readonly gone: Promise<never>;
}

const members = new Map<string, Member>();

/** Starts a service. @returns where it listens */
async function start(service: string): Promise<unknown> {
  const child = startChild(path.join(import.meta.dirname, 'deadline', 'service.mjs'), [service], ENV);
  const gone = child.ended().then((code) => Promise.reject(new Error(`${service} ended early with ${code}`)));
  gone.catch(() => undefined);
  members.set(service, { child, gone });
  return child.next();
}

/** Sends a service a message, and waits for the answer. */
async function ask(service: string, message: object): Promise<unknown> {
  const member = members.get(service);
  if (!member) throw new Error(`${service} is not running`);
  const answer = once(member.child.process, 'message');
  member.child.process.send(message);
  return ((await Promise.race([answer, member.gone])) as unknown[])[0];
}

beforeAll(async () => {
  const addresses = await Promise.all(SERVICES.map(start));
  await ask('edge', { addresses: addresses[1] });
  await ask('middle', { addresses: addresses[2] });
});
afterAll(() => {
  for (const { child } of members.values()) child.process.kill('SIGKILL');
});

/** Has the edge do tasks at once, and tells what was seen in each. */
const run = async (...tasks: Task[]): Promise<Chain[]> => (await ask('edge', { tasks })) as Chain[];

/** A request through all three, under a deadline of the edge and one of the middle where there are any. */
const through = ([first, second]: readonly [Way, Way], edgeMs?: number, middleMs?: number, spendMs = 0): Task => ({
  by: first,
  budgetMs: edgeMs,
  next: { by: second, budgetMs: middleMs, spendMs, next: {} },
});

/**
 * Holds what a callee was told against its caller's own time: no more than the caller had when it called. And less only
 * by what the callee has spent since; that is less than the whole call took, but for a millisecond of rounding.
 */
function expectHandedOn(caller: Told, callee: Told): void {
  expect(callee.arrived).toBeGreaterThan(0);
  expect(callee.arrived).toBeLessThanOrEqual(caller.atCall!);
  expect(callee.arrived).toBeGreaterThanOrEqual(caller.back! - 1);
}

const nothingTold = (service: string): Told => ({ service });

const WAYS: readonly (readonly [Way, Way])[] = [
  ['fetch', 'fetch'],
  ['http', 'http'],
  ['grpc', 'grpc'],
  ['fetch', 'grpc'],
  ['grpc', 'http'],
  ['http', 'fetch'],
];

describe.each(WAYS)('a request by %s, then by %s', (...ways) => {
  it('under a deadline tells each service what is left, ever less', async () => {
    const spentMs = 5;
    const [chain] = await run(through(ways, FAR_MS, undefined, spentMs));
    const [edge, middle, last] = chain!;
    expect(edge.atCall).toBeLessThanOrEqual(FAR_MS);
    expectHandedOn(edge, middle);
    expect(middle.atCall).toBeLessThanOrEqual(middle.arrived! - spentMs);
    expectHandedOn(middle, last);
    expect(last.after).toBeLessThanOrEqual(last.arrived!);
  });

  it('without a deadline tells nobody of one, also on a connection that has carried one', async () => {
    await run(through(ways, FAR_MS));
    const [chain] = await run(through(ways));
    expect(chain).toEqual(SERVICES.map(nothingTold));
  });

  it('whose deadline has passed tells each service that nothing is left', async () => {
    const [chain] = await run(through(ways, 0));
    expect(chain!.map(({ arrived }) => arrived)).toEqual([undefined, 0, 0]);
  });

  it('has an earlier deadline of the middle from there on, and not above', async () => {
    const [chain] = await run(through(ways, FAR_MS, NEAR_MS));
    const [edge, middle, last] = chain!;
    expectHandedOn(edge, middle);
    expect(middle.arrived).toBeGreaterThan(NEAR_MS);
    expect(middle.atCall).toBeLessThanOrEqual(NEAR_MS);
    expectHandedOn(middle, last);
    expect(middle.after).toBeGreaterThan(NEAR_MS);
    expect(edge.back).toBeGreaterThan(NEAR_MS);
  });

  it('has a deadline that the middle alone sets from there on, and none above', async () => {
    const [chain] = await run(through(ways, undefined, NEAR_MS));
    const [edge, middle, last] = chain!;
    expect(edge).toEqual(nothingTold('edge'));
    expect([middle.arrived, middle.after]).toEqual([undefined, undefined]);
    expectHandedOn(middle, last);
  });

  it('is not given more time by the middle than the edge gave it', async () => {
    const [chain] = await run(through(ways, NEAR_MS, FAR_MS));
    const [edge, middle, last] = chain!;
    expectHandedOn(edge, middle);
    expect(middle.atCall).toBeLessThanOrEqual(middle.arrived!);
    expectHandedOn(middle, last);
  });
});

describe.each(['fetch', 'http', 'grpc'] as const)('requests at once by %s', (way) => {
  it('on the same connections have each its own deadline, or none', async () => {
    const budgets = [FAR_MS, undefined, NEAR_MS, undefined, FAR_MS];
    const chains = await run(...budgets.map((budgetMs) => through([way, way], budgetMs, undefined, 5)));
    for (const [index, budgetMs] of budgets.entries()) {
      const [edge, middle, last] = chains[index]!;
      if (budgetMs === undefined) {
        expect([edge, middle, last]).toEqual(SERVICES.map(nothingTold));
        continue;
      }
      expectHandedOn(edge, middle);
      expectHandedOn(middle, last);
      expect(last.arrived).toBeLessThanOrEqual(budgetMs);
      expect(last.arrived).toBeGreaterThan(budgetMs - NEAR_MS);
    }
  });
});

describe.each(['fetch', 'http', 'grpc'] as const)('a service that calls by %s', (way) => {
  const takesMs = 200;
  const slow: Task = { by: way, next: { takesMs } };

  /** The calls of the middle that said something of the last, and those that it left without a word, once there are more. */
  const countsAbove = (callCount: number) =>
    until(`more than ${callCount} calls`, async () => {
      const { observed, abandoned } = (await ask('middle', { counts: true })) as ProcessorCounts;
      return observed + abandoned > callCount ? { observed, abandoned } : undefined;
    });

  it('and must leave because its caller gave it no more time says nothing of its callee', async () => {
    const { observed, abandoned } = await countsAbove(-1);
    // It learns that its callee takes this long.
    const learned = await run(...Array<Task>(3).fill({ by: way, next: slow }));
    expect(learned.map(({ length }) => length)).toEqual([3, 3, 3]);
    const before = await countsAbove(observed + abandoned + learned.length - 1);
    const [chain] = await run({ by: way, budgetMs: takesMs / 2, next: { ...slow, leaves: true } });
    expect(chain).toMatchObject([{ service: 'edge' }, { service: 'middle', left: true }]);
    expect(await countsAbove(before.observed + before.abandoned)).toEqual({
      observed: before.observed,
      abandoned: before.abandoned + 1,
    });
  });
});
