// SPDX-License-Identifier: Apache-2.0
/**
 * Causal baggage from end to end: processes of their own, real sockets, the instrumentations that people run. Whatever
 * the tree of calls, what was packed anywhere in it comes home once; what is lost is lost with whoever gave no answer.
 */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Baggage } from '../../src/baggage/index.js';
import { Cluster, type Result } from './call-trees/cluster.js';
import { expectedOf } from './call-trees/expected.js';
import { faultsOf, textOf } from './call-trees/judged.js';
import { diceOf, type Step, type Task, treeOf, treeWithVictim } from './call-trees/plan.js';

const seedWanted = process.env['PROPERTY_SEED'];
const SEED = seedWanted === 'random' ? randomInt(2 ** 31) : Number(seedWanted ?? 20_181_008);

/** Trees of each run of the tests; `CALL_TREES=1000` tries more of them. */
const TREE_COUNT = Number(process.env['CALL_TREES'] ?? 100);

/** How long a thousand trees may take where other work is going on, in ms; alone on two cores it is a quarter of that. */
const MANY_TREES_TIMEOUT_MS = 120_000;

const cluster = new Cluster();
beforeAll(() => cluster.start('A', 'B', 'C', 'D', 'plain', 'otel', 'deaf', 'victim'));
afterAll(() => cluster.stop());

/** Has so many trees run, and tells of the first that went wrong, with the seed and its plan. */
async function expectWell(treeCount: number, make: (index: number) => Step[], width?: number): Promise<void> {
  const trees = Array.from({ length: treeCount }, (_, index) => make(index));
  const expected = trees.map(expectedOf);
  const results = await cluster.run(trees, width);
  const wrong = trees.flatMap((tree, index) => {
    const faults = faultsOf(expected[index]!, results[index]!);
    return faults.length === 0 ? [] : [`seed ${SEED}, tree ${index}\n${faults.join('\n')}\n${textOf(tree)}`];
  });
  expect(wrong[0] ?? '', `${wrong.length} of ${treeCount} trees went wrong`).toBe('');
  for (const { service, counts, wrongLooks } of await cluster.told()) {
    const nothingLost = { malformed: 0, notPacked: 0, outside: 0, truncated: 0, faults: 0 };
    expect({ service, wrongLooks, ...counts }).toEqual({ service, wrongLooks: [], ...nothingLost });
  }
}

/** Whether A calls B and C in parallel, and B calls D by gRPC, as in every tree. */
function hasItsTrunk(tree: Step[]): boolean {
  const calls = tree.flatMap((step) => (step.do === 'parallel' ? [step.branches.flat()] : []));
  return calls.some(([first, second]) => {
    if (first?.do !== 'call' || second?.do !== 'call') return false;
    const toD = first.task.steps.some((step) => step.do === 'call' && step.to === 'D' && step.by === 'grpc');
    return first.to === 'B' && second.to === 'C' && second.task.job !== undefined && toD;
  });
}

describe(`a tree of calls (seed ${SEED})`, () => {
  it('has four processes in it that pack: A calls B and C in parallel, B calls D by gRPC, C hands its work over', () => {
    const dice = diceOf(SEED);
    for (let index = 0; index < 1000; index++) {
      const tree = treeOf(dice, index);
      const packedAt = new Set(expectedOf(tree).packed.map(({ at }) => at));
      expect({ index, packedAt, trunk: hasItsTrunk(tree) }).toEqual({
        index,
        packedAt: new Set(['A', 'B', 'C', 'D']),
        trunk: true,
      });
    }
  });

  it(
    'brings home once what was packed anywhere in it, and shows each on its way what came before it',
    async () => {
      const dice = diceOf(SEED);
      await expectWell(TREE_COUNT, (index) => treeOf(dice, index));
    },
    MANY_TREES_TIMEOUT_MS,
  );

  it('loses with a callee that hangs, is late, or knows nothing of baggage that callee’s part alone', async () => {
    const dice = diceOf(SEED + 1);
    await expectWell(100, (index) => treeOf(dice, index, true));
  });

  it('loses with a process that is killed amid its calls, and is then gone, its parts alone', async () => {
    const dice = diceOf(SEED + 2);
    const count = 16;
    const killed = cluster.killAmid('victim', count);
    await Promise.all([expectWell(count, (index) => treeWithVictim(dice, index), count), killed]);
    await expectWell(count, (index) => treeWithVictim(dice, index));
  });
});

/** The answer of B to a task, as the text that is in the header. The request brings a number of its own. */
async function answerOf(task: Task): Promise<string> {
  const asked = new Baggage();
  asked.pack('asked', { n: 1 });
  const text = Buffer.from(asked.split().serialize()).toString('base64url');
  const response = await fetch(`http://${cluster.addressOf('B')}/`, {
    method: 'POST',
    headers: { baggage: `panorama.observer=test/t1,panorama.bag=${text}` },
    body: JSON.stringify(task),
  });
  return response.headers.get('panorama-baggage') ?? '';
}

const bagOf = (text: string) => Baggage.deserialize(Buffer.from(text, 'base64url'));

describe('a callee that makes a hundred calls', () => {
  const callOf = (to: 'C' | 'D', n: number): Step => {
    const task: Task = { steps: [{ do: 'pack', n, into: 'totals' }], end: 'answers' };
    if (to === 'C') task.job = { by: n % 4 === 0 ? 'queue' : 'thread', late: false, steps: task.steps, meanwhile: [] };
    return { do: 'call', to, by: to === 'D' ? 'grpc' : n % 8 < 4 ? 'fetch' : 'http', task };
  };
  const calls = Array.from({ length: 100 }, (_, n) => callOf(n % 2 === 0 ? 'C' : 'D', n));

  it.each<[string, Step[]]>([
    ['one after the other', calls],
    ['ten at a time', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((row) => parallel(calls.slice(row * 10, row * 10 + 10)))],
  ])('answers with two rows in one group when all have answered: %s', async (_how, steps) => {
    const text = await answerOf({ steps, end: 'answers' });
    const answer = bagOf(text);
    expect(answer.unpack('totals')).toHaveLength(2);
    expect(answer.unpack('totals')).toEqual(
      expect.arrayContaining([
        { service: 'C', sum: 4900, count: 100 },
        { service: 'D', sum: 2500, count: 50 },
      ]),
    );
    expect(answer.instanceCount).toBe(1);
    expect(answer.unpack('asked')).toEqual([]);
    expect(text.length).toBeLessThan(200);
  });

  function parallel(steps: Step[]): Step {
    return { do: 'parallel', fork: false, branches: steps.map((step) => [step]) };
  }
});

describe('a callee that packs a thousand numbers', () => {
  const NUMBERS = Array.from({ length: 1000 }, (_, index) => index);
  const taskOf = (into: 'numbers' | 'totals'): Task => ({
    steps: NUMBERS.map((n) => ({ do: 'pack', n, into })),
    end: 'answers',
  });

  /** What comes home to A from B. */
  async function homeOf(task: Task): Promise<Result> {
    return (await cluster.run([[{ do: 'call', to: 'B', by: 'fetch', task }]]))[0]!;
  }

  /** Answers that B says it has cut short. */
  async function truncatedByB(): Promise<number> {
    return (await cluster.told()).find(({ service }) => service === 'B')?.counts.truncated ?? 0;
  }

  it('brings home as many of the first as fit, and says that it left some out', async () => {
    const before = await truncatedByB();
    const text = await answerOf(taskOf('numbers'));
    const answer = bagOf(text);
    const sent = answer.unpack('numbers').map(({ n }) => n);
    expect(answer.truncated).toBe(true);
    expect(text.length).toBeLessThanOrEqual(4000);
    expect(sent.length).toBeGreaterThan(100);
    expect(sent).toEqual(NUMBERS.slice(0, sent.length));
    const { numbers } = await homeOf(taskOf('numbers'));
    expect(numbers.length).toBeGreaterThan(100);
    expect(numbers).toEqual(NUMBERS.slice(0, numbers.length));
    expect(await truncatedByB()).toBe(before + 2);
  });

  it('brings home their sum and count, in a few bytes, where it combines them', async () => {
    const text = await answerOf(taskOf('totals'));
    expect(text.length).toBeLessThan(200);
    expect(bagOf(text).truncated).toBe(false);
    expect((await homeOf(taskOf('totals'))).totals).toEqual([{ service: 'B', sum: 499_500, count: 1000 }]);
  });
});
