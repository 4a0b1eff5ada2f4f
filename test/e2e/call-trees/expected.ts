// SPDX-License-Identifier: Apache-2.0
/**
 * What a tree must bring home, told from its plan alone. Every rule of baggage that the test relies on stands here once:
 * what a callee sees is what its caller knew at the call; what it packs is known to the caller when it has answered; what
 * forks do not see of each other; and what is lost with a callee that does not answer.
 */
import type { Service, Step, Task } from './plan.js';

/** A number that comes home, where it was packed, and the numbers that were known there at that moment. */
export interface Packed {
  readonly n: number;
  readonly at: Service;
  readonly after: readonly number[];
}

/** What comes home from a part of a tree. */
export interface Brought {
  readonly packed: readonly Packed[];
  /** Looks that were taken, each of which reports by baggage. */
  readonly looks: number;
}

/** What the work at hand knows: at the least, and at the most where others pack into the same scope. */
interface Known {
  readonly must: Set<number>;
  readonly may: Set<number>;
}

/** How a process treats baggage: whether its calls carry any, whether it hears the answers to them and gives one itself. */
interface Manners {
  readonly packs: boolean;
  readonly carries: boolean;
  readonly hears: boolean;
  readonly answers: boolean;
}

const OURS: Manners = { packs: true, carries: true, hears: true, answers: true };
const MANNERS: Readonly<Record<Service, Manners>> = {
  A: OURS,
  B: OURS,
  C: OURS,
  D: OURS,
  victim: OURS,
  plain: { packs: false, carries: false, hears: false, answers: false },
  otel: { packs: false, carries: true, hears: false, answers: false },
  deaf: { packs: true, carries: true, hears: false, answers: false },
};

const NOTHING: Brought = { packed: [], looks: 0 };

/** Tells what comes home to A, and writes into every look of the plan what is to be seen there. */
export function expectedOf(tree: readonly Step[]): Brought {
  return walk(tree, 'A', { must: new Set(), may: new Set() });
}

/** Goes through the steps as a process would; `known` is what is known before them, and then after them. */
function walk(steps: readonly Step[], at: Service, known: Known): Brought {
  return together(steps.map((step) => broughtBy(step, at, known)));
}

function broughtBy(step: Step, at: Service, known: Known): Brought {
  switch (step.do) {
    case 'pack': {
      if (!MANNERS[at].packs) return NOTHING;
      const packed = { n: step.n, at, after: [...known.must] };
      learn(known, [packed]);
      return { packed: [packed], looks: 0 };
    }
    case 'look':
      step.must = [...known.must];
      step.may = [...known.may];
      return { packed: [], looks: 1 };
    case 'call': {
      const brought = walkTask(step.task, step.to, entering(at, known));
      if (!MANNERS[at].hears) return NOTHING;
      learn(known, brought.packed);
      return brought;
    }
    case 'parallel': {
      const states = beside(step.branches, at, known, step.fork);
      const brought = together(step.branches.map((branch, index) => walk(branch, at, states[index]!)));
      learn(known, brought.packed);
      return brought;
    }
  }
}

/** What comes back from a callee, which knows at first what its caller sent. */
function walkTask({ steps, job, end }: Task, at: Service, known: Known): Brought {
  const parts = [walk(steps, at, known)];
  if (job) {
    const done = walk(job.steps, at, copied(known));
    // The job is joined at any moment while its handler goes on.
    if (!job.late) for (const { n } of done.packed) known.may.add(n);
    parts.push(walk(job.meanwhile, at, known));
    if (!job.late) parts.push(done);
  }
  return MANNERS[at].answers && (end === 'answers' || end === 'fails') ? together(parts) : NOTHING;
}

/** What each of several branches knows at its beginning; without a fork it may come to know what the others bring. */
function beside(branches: readonly Step[][], at: Service, known: Known, fork: boolean): Known[] {
  const brought = fork ? [] : branches.map((branch) => walk(branch, at, copied(known)));
  return branches.map((_, index) => {
    const state = copied(known);
    brought.forEach(({ packed }, other) => {
      if (other !== index) for (const { n } of packed) state.may.add(n);
    });
    return state;
  });
}

/** What a callee finds when it is called. */
function entering(caller: Service, known: Known): Known {
  return MANNERS[caller].carries ? copied(known) : { must: new Set(), may: new Set() };
}

function learn({ must, may }: Known, packed: readonly Packed[]): void {
  for (const { n } of packed) {
    must.add(n);
    may.add(n);
  }
}

function copied({ must, may }: Known): Known {
  return { must: new Set(must), may: new Set(may) };
}

function together(all: readonly Brought[]): Brought {
  return {
    packed: all.flatMap(({ packed }) => packed),
    looks: all.reduce((sum, { looks }) => sum + looks, 0),
  };
}
