// SPDX-License-Identifier: Apache-2.0
/**
 * Call trees by chance. A tree is a plan: what a process does step by step, and for each call what the callee is to do.
 * It travels with the calls themselves, so that processes need no memory of trees, and everything about a tree can be
 * said before it is run (`expected.ts`). One seed makes all trees.
 */

/** Processes of ours: A begins every tree, B is called by HTTP, C answers through a queue, D is called by gRPC. */
export type Ours = 'A' | 'B' | 'C' | 'D' | 'victim';

/**
 * Callees from which nothing comes back: `plain` is a server without any instrumentation, `otel` one with
 * OpenTelemetry's SDK alone, `deaf` has our propagator but no response hooks.
 */
export type Stranger = 'plain' | 'otel' | 'deaf';

export type Service = Ours | Stranger;

/** One thing that a process does. Steps of a list are done one after the other. */
export type Step =
  /** Packs a number that no other step of any tree packs; into the list of numbers, the totals, or both. */
  | { do: 'pack'; n: number; into?: 'numbers' | 'totals' }
  /** Looks what is known here: of the numbers all of `must`, none that is not in `may`, and none twice. */
  | { do: 'look'; must: number[]; may: number[] }
  | { do: 'call'; to: Service; by: 'fetch' | 'http' | 'grpc'; task: Task }
  /** `Promise.all`, each branch in a `fork` of its own or all of them in the scope at hand. */
  | { do: 'parallel'; fork: boolean; branches: Step[][] };

/** What a callee does, and how it answers: `dies` is to say that it waits to be killed. */
export interface Task {
  steps: Step[];
  /**
   * Handed over by C after its steps: to a loop behind a queue, or to a thread. C goes on `meanwhile`, and answers when
   * both are done; a job that is `late` begins after the answer.
   */
  job?: { by: 'queue' | 'thread'; late: boolean; steps: Step[]; meanwhile: Step[] };
  end: 'answers' | 'fails' | 'hangs' | 'dies';
}

/** A number from 0 to 1, without 1. */
export type Dice = () => number;

/** Chance from a seed (mulberry32). */
export function diceOf(seed: number): Dice {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bounds of one tree, chosen so that its bags stay within the byte budget: what is truncated cannot be exact. */
const PACK_COUNT_MAX = 28;
const CALL_COUNT_MAX = 8;

/** Of those, what the trunk packs: once at each of A, B, C and D. */
const TRUNK_PACK_COUNT = 4;
const DEPTH_MAX = 4;

/** A numbers its trees apart, so that a number which strays into another tree is seen. */
const NUMBERS_PER_TREE = 100;

/**
 * A tree: what A does. In its midst A always packs and calls B and C in parallel, B packs and calls D, which packs, and
 * what C hands over packs. All else is chance.
 */
export function treeOf(dice: Dice, tree: number, lossy = false): Step[] {
  const sapling = new Sapling(dice, tree * NUMBERS_PER_TREE, lossy);
  const midst = [sapling.pack(), sapling.trunk()];
  return [...sapling.steps('A', 0, 3), ...midst, ...sapling.steps('A', 0, 3), { do: 'look', must: [], may: [] }];
}

/** A tree in which somebody calls the victim once, at a place that is sure to be reached. */
export function treeWithVictim(dice: Dice, tree: number): Step[] {
  const steps = treeOf(dice, tree);
  const lists = listsOf(steps);
  const list = lists[Math.floor(dice() * lists.length)] as Step[];
  const theirs = new Sapling(dice, tree * NUMBERS_PER_TREE + PACK_COUNT_MAX, false).steps('victim', DEPTH_MAX - 1, 4);
  const task: Task = { steps: theirs, end: 'dies' };
  list.splice(Math.floor(dice() * (list.length + 1)), 0, { do: 'call', to: 'victim', by: 'fetch', task });
  return steps;
}

/** Every list of steps in a tree, the callees' among them. */
function listsOf(steps: Step[]): Step[][] {
  const within = steps.flatMap((step) => {
    if (step.do === 'parallel') return step.branches.flatMap(listsOf);
    if (step.do !== 'call') return [];
    const { steps: theirs, job } = step.task;
    return [...listsOf(theirs), ...(job ? [...listsOf(job.steps), ...listsOf(job.meanwhile)] : [])];
  });
  return [steps, ...within];
}

const STRANGERS: readonly Stranger[] = ['plain', 'otel', 'deaf'];

/** A tree that grows, and what may still be added to it. */
class Sapling {
  readonly #dice: Dice;
  readonly #lossy: boolean;
  #number: number;
  #packsLeft = PACK_COUNT_MAX - TRUNK_PACK_COUNT;
  #callsLeft = CALL_COUNT_MAX;

  constructor(dice: Dice, number: number, lossy: boolean) {
    this.#dice = dice;
    this.#number = number;
    this.#lossy = lossy;
  }

  steps(at: Service, depth: number, countMax: number): Step[] {
    return Array.from({ length: Math.floor(this.#dice() * (countMax + 1)) }, () => this.#step(at, depth));
  }

  call(depth: number, to: Service): Step {
    this.#callsLeft--;
    const by = to === 'D' ? 'grpc' : this.#either('fetch', 'http');
    return { do: 'call', to, by, task: this.#task(to, depth) };
  }

  pack(): Step {
    return { do: 'pack', n: ++this.#number };
  }

  /** A's calls of B and C in parallel, with what is in every tree. */
  trunk(): Step {
    const [toB, toC, toD] = [this.call(1, 'B'), this.call(1, 'C'), this.call(2, 'D')];
    if (toB.do !== 'call' || toC.do !== 'call' || toD.do !== 'call') throw new Error('a call is a call');
    this.#put(toD.task.steps, this.pack());
    this.#put(toB.task.steps, this.pack());
    this.#put(toB.task.steps, toD);
    this.#put(toC.task.job?.steps ?? [], this.pack());
    return { do: 'parallel', fork: this.#dice() < 0.5, branches: [[toB], [toC]] };
  }

  /** Somewhere among the steps, after the look that is always the first. */
  #put(steps: Step[], step: Step): void {
    steps.splice(1 + Math.floor(this.#dice() * steps.length), 0, step);
  }

  #step(at: Service, depth: number): Step {
    const drawn = this.#dice();
    const mayCall = this.#callsLeft > 0 && depth < DEPTH_MAX;
    if (drawn < 0.3 && mayCall) return this.call(depth + 1, this.#callee(at));
    if (drawn < 0.4 && mayCall) {
      const branches = Array.from({ length: 2 + Math.floor(this.#dice() * 2) }, () => this.steps(at, depth, 3));
      return { do: 'parallel', fork: this.#dice() < 0.5, branches };
    }
    if (drawn < 0.55 || this.#packsLeft === 0) return { do: 'look', must: [], may: [] };
    this.#packsLeft--;
    return this.pack();
  }

  /** Whom to call: not oneself; a stranger speaks no gRPC. */
  #callee(at: Service): Service {
    if (this.#lossy && this.#dice() < 0.3) return this.#oneOf(STRANGERS);
    const others = (['B', 'C', 'D'] as const).filter((each) => each !== at);
    return this.#oneOf(others.filter((each) => each !== 'D' || !STRANGERS.includes(at as Stranger)));
  }

  #task(to: Service, depth: number): Task {
    const look: Step = { do: 'look', must: [], may: [] };
    const task: Task = { steps: [look, ...this.steps(to, depth, 4)], end: 'answers' };
    if (to === 'C') {
      const late = this.#lossy && this.#dice() < 0.2;
      const steps: Step[] = [{ ...look }, ...this.steps(to, depth, 4)];
      const by = late ? 'queue' : this.#either('queue', 'thread');
      task.job = { by, late, steps, meanwhile: this.steps(to, depth, 2) };
    }
    const drawn = this.#dice();
    if (this.#lossy && drawn < 0.15) task.end = 'hangs';
    else if (drawn > 0.9) task.end = 'fails';
    return task;
  }

  #either<T>(one: T, other: T): T {
    return this.#dice() < 0.5 ? one : other;
  }

  #oneOf<T>(all: readonly T[]): T {
    return all[Math.floor(this.#dice() * all.length)] as T;
  }
}
