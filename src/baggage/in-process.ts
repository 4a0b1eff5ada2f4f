// SPDX-License-Identifier: Apache-2.0
/**
 * Baggage within one process: where it begins, and where work forks and merges. Code that just awaits needs none of
 * this, for it shares its request's scope. A fork is for branches that must not see each other's tuples, and for work
 * that leaves the context: a queue, a pool, an event that somebody else emits.
 *
 * Source: Fonseca and Mace's Tracing Plane, the rules for branching and merging executions.
 */
import { type Context, context } from '@opentelemetry/api';
import { isPromise } from '../model/promise.js';
import type { Bag, Packable, Tuple } from './bag/packing.js';
import { activeScope, BaggageScope, countLoss, isScope, withScope } from './scope.js';
import { withWaiting } from './waiting-requests.js';

/**
 * Begins baggage: `work` and all it starts share a new, empty scope. A service needs it only where work begins of
 * itself (a timer, a command), since a request brings a scope along.
 */
export function withBaggage<T>(work: () => T): T {
  return context.with(withScope(context.active(), new BaggageScope()), work);
}

/**
 * Packs a tuple into the baggage of the work at hand; see `Baggage.pack`. Never throws: what cannot be packed is counted
 * (`baggageCounts`), as `outside` where no request has begun, and where no SDK is started at all.
 */
export function pack<T extends Packable<T>>(into: Bag | string, tuple: T): void {
  const scope = activeScope();
  if (scope) scope.pack(into, tuple);
  else countLoss('outside', 'a tuple was packed outside any request; begin such work with withBaggage');
}

/**
 * The tuples of a bag that the work at hand knows of, in causal order. Without a scope none. Never throws.
 *
 * @param from the bag, or a name: then of every bag that has it, whatever it keeps
 */
export function unpack(from: Bag | string): Tuple[] {
  return activeScope()?.unpack(from) ?? [];
}

/** Whether a bound, here or in another process, left tuples out of what the work at hand knows. */
export function isTruncated(): boolean {
  return activeScope()?.isTruncated ?? false;
}

/**
 * Runs `work` on a branch and joins the branch when it is done, well or badly.
 *
 * ```ts
 * const [a, b] = await Promise.all([fork(() => readA()), fork(() => readB())]);
 * await Promise.all(jobs.map((job) => limit(() => fork(() => run(job)))));
 * ```
 *
 * @returns what `work` returns; of a promise one that settles as it does, after the join. Another object with a `then`, as
 *   lazy queries are, is no promise until somebody awaits it: give an `async` function for those
 */
export function fork<T>(work: () => T): T {
  const scope = activeScope();
  return scope ? onBranch(scope.branch(), work) : work();
}

/** An item, with what goes on where it is taken out. */
export interface Stored<T> {
  readonly item: T;
  /** Where it was put in: trace, deadline, and all else that the context holds. */
  readonly context: Context;
  /** Whoever takes the item out resumes its branch, once. */
  branch: BaggageScope | undefined;
}

/** Puts a branch and the context beside an item, for a queue whose consumer runs in somebody else's context. */
export function storeWith<T>(item: T): Stored<T> {
  const stored = context.active();
  return { item, context: stored, branch: activeScope(stored)?.branch() };
}

/**
 * Runs `work` for a stored item in the context it was stored in, on its branch, and joins the branch to the scope that
 * stored it when the work is done. An item that is resumed a second time runs without baggage; one that never is loses
 * only its own branch.
 */
export function resumeFrom<T, R>(stored: Stored<T>, work: (item: T) => R): R {
  return inContextOf([stored], () => work(stored?.item));
}

/**
 * Runs `work` once for many stored items, as a group commit or a batch of keys is: in the context of the first of them, on its
 * branch. When the work is done, what was packed on it comes home to all who stored an item, so that each of their answers tells of
 * it. What the others had packed before is not seen. A call that hangs or fails is told with the traces of some of the others too. Each item is resumed once, as with `resumeFrom`; of none at all the work is done
 * where it is.
 *
 * ```ts
 * const batch = queue.splice(0); // of storeWith(edit)
 * await resumeTogether(batch, (edits) => log.write(edits));
 * ```
 *
 * @returns what `work` returns; what it throws is the caller's. Of a promise one that settles as it does, after all have joined
 */
export function resumeTogether<T, R>(stored: readonly Stored<T>[], work: (items: T[]) => R): R {
  return inContextOf(stored, () => work(stored.map((each) => each?.item)));
}

/**
 * Runs `work` in the context of the first, for all of them.
 *
 * @param stored also nothing in place of an item, where a careless consumer asks an empty queue: its own code will say so better than ours
 */
function inContextOf<R>([first, ...others]: readonly (Stored<unknown> | undefined)[], work: () => R): R {
  // A queue that writes its items down, as JSON for instance, keeps neither context nor branch.
  const begun = typeof first?.context?.setValue === 'function' ? first.context : context.active();
  const branches = others.flatMap((each) => takeBranch(each) ?? []);
  const branch = takeBranch(first) ?? new BaggageScope().branch();
  if (branches.length > 0) branch.workFor(branches);
  const contexts = others.map((each) => each?.context);
  return context.with(withWaiting(begun, contexts), () => onBranch(branch, work));
}

/** The branch that an item was stored with; once. */
function takeBranch(stored: Stored<unknown> | undefined): BaggageScope | undefined {
  const branch = stored?.branch;
  if (!isScope(branch)) return undefined;
  (stored as Stored<unknown>).branch = undefined;
  return branch;
}

function onBranch<T>(branch: BaggageScope, work: () => T): T {
  let result: T;
  try {
    result = context.with(withScope(context.active(), branch), work);
  } catch (error) {
    branch.end();
    throw error;
  }
  if (!isPromise(result)) {
    branch.end();
    return result;
  }
  return result.then(
    (value: unknown) => {
      branch.end();
      return value;
    },
    (error: unknown) => {
      branch.end();
      throw error;
    },
  ) as T;
}
