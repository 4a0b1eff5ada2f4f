// SPDX-License-Identifier: Apache-2.0
/**
 * The baggage of the work at hand. OpenTelemetry's context cannot be changed once made, and what a call brings back must
 * be known to the code that follows it. So the context carries a scope, and the scope holds the baggage: every `await`,
 * timer and callback of a request shares it, which is safe because JavaScript runs one of them at a time.
 *
 * A scope is empty until something is packed or received, and an empty one costs nothing but itself.
 *
 * A guest's manners: nothing here throws into the host. What cannot be done is counted (`baggageCounts`) and said once.
 */
import { type Context, context, createContextKey } from '@opentelemetry/api';
import { say } from '../diagnostics.js';
import { BAG_BYTES_MAX } from '../model/limits.js';
import { Baggage } from './bag/baggage.js';
import type { Bag, Packable, Tuple } from './bag/packing.js';

/** What was lost so far in this process. */
export interface BaggageCounts {
  /** Bags that came malformed, with a request or a response, and were dropped. */
  readonly malformed: number;
  /** Tuples not packed: there was no room, or it was no tuple, or the bag's name cannot be one. */
  readonly notPacked: number;
  /** Tuples packed where there was no baggage to pack them into. */
  readonly outside: number;
  /** Requests, answers and forks of which something was left out because of a bound. */
  readonly truncated: number;
  /** Faults of our own that the host was spared. */
  readonly faults: number;
}

const counts = { malformed: 0, notPacked: 0, outside: 0, truncated: 0, faults: 0 };
const said = new Set<keyof BaggageCounts>();

/** What was lost so far. */
export function baggageCounts(): BaggageCounts {
  return { ...counts };
}

/** Counts a loss; each kind is said once, since what repeats does so with every request. */
export function countLoss(kind: keyof BaggageCounts, what: string, error?: unknown): void {
  counts[kind]++;
  if (said.has(kind)) return;
  said.add(kind);
  say(kind === 'faults' ? 'error' : 'warn', () => what, error);
}

/** Runs work of ours inside the host: what it throws is counted, and `fallback` stands in for its result. */
export function contained<T>(fallback: T, work: () => T): T {
  try {
    return work();
  } catch (error) {
    countLoss('faults', 'a fault of the baggage was contained', error);
    return fallback;
  }
}

/** Tells a scope, also one of another copy of this package: an app that was bundled may bring a copy along. */
const KIND = 'panorama.baggage.scope.1';

export class BaggageScope {
  readonly kind: typeof KIND = KIND;
  #subject: string | undefined;
  #baggage: Baggage | undefined;
  readonly #answers: ((host: string) => boolean) | undefined;
  /** The scope that it was forked from. */
  readonly #home: BaggageScope | undefined;
  /** Branches of other requests for which the work here is done as well: what comes home from here comes home from them. */
  #others: readonly BaggageScope[] = [];
  #ended = false;

  /**
   * @param baggage what the scope begins with; default: nothing
   * @param answers to which hosts the request may be answered with baggage; default: to none, since nobody asked
   * @param home the scope that it is a branch of; default: of none
   */
  constructor(baggage?: Baggage, answers?: (host: string) => boolean, home?: BaggageScope) {
    this.#baggage = baggage;
    this.#answers = answers;
    this.#home = home;
  }

  /** Who answers for this work, an identity text; known once the server span has begun. */
  get subject(): string | undefined {
    let at: BaggageScope = this;
    while (at.#subject === undefined && at.#home) at = at.#home;
    return at.#subject;
  }

  set subject(subject: string) {
    this.#subject = subject;
  }

  /** The scope of the request that this is a branch of; itself where it is none. */
  get root(): BaggageScope {
    let at: BaggageScope = this;
    while (at.#home) at = at.#home;
    return at;
  }

  /** Whether the response may carry baggage to this address. A peer without one is on this machine. */
  answersTo(host: string | undefined): boolean {
    return this.#answers !== undefined && (host === undefined || this.#answers(host));
  }

  /** Whether nothing was packed here and nothing received. */
  get isEmpty(): boolean {
    return this.#known?.isEmpty ?? true;
  }

  /** Whether a bound left out tuples of what is known here. */
  get isTruncated(): boolean {
    return this.#known?.truncated ?? false;
  }

  /** Packs a tuple; see `Baggage.pack`. Never throws: what cannot be packed is counted. */
  pack<T extends Packable<T>>(into: Bag | string, tuple: T): void {
    try {
      if (!this.#begun.pack(into, tuple)) countLoss('notPacked', `there is no room for more tuples; ${CURE}`);
    } catch (error) {
      countLoss('notPacked', 'a tuple could not be packed', error);
    }
  }

  /** The tuples of a bag in causal order; see `Baggage.unpack`. Never throws. */
  unpack(from: Bag | string): Tuple[] {
    return contained([], () => this.#known?.unpack(from) ?? []);
  }

  /** A branch that knows what this scope knows. What is packed on it comes home with `end`, or with an answer. */
  branch(): BaggageScope {
    // Also where there is nothing to know yet: both must remember the same answers, which may be delivered twice.
    const nested = contained(undefined, () => this.#counted('is forked', (known) => known.nested()));
    // Of the holder, so that work which forks again and again from forks that are over makes no chain.
    return new BaggageScope(nested, undefined, this.#holder);
  }

  /** From now on the work on this branch is done for those of other requests as well: they bring the same home, and end with it. */
  workFor(others: readonly BaggageScope[]): void {
    this.#others = others;
  }

  /** Brings home what was packed on this branch. Work that outlives its branch goes on in the scope it came from. */
  end(): void {
    if (!this.#home) return;
    this.#comeHome();
    for (const other of this.#others) other.end();
    this.#ended = true;
    this.#baggage = undefined;
  }

  /** Takes in what an answer brings. */
  join(answer: Baggage): void {
    contained(undefined, () => {
      // One of another copy of this package is taken by its bytes.
      const ours = answer instanceof Baggage ? answer : Baggage.deserialize((answer as Baggage).serialize());
      this.#counted('came back', (known) => known.join(ours));
    });
  }

  /** The bag that goes with a request; `undefined` when there is nothing to send. */
  outgoing(byteCountMax: number = BAG_BYTES_MAX): Uint8Array | undefined {
    if (this.isEmpty) return undefined;
    return contained(undefined, () => {
      const asked = this.#counted('was to be sent', (known) => known.request());
      return serialized(asked, byteCountMax);
    });
  }

  /**
   * The bag that goes back with the response; `undefined` when there is nothing to say. What it holds has left here. A
   * branch answers for the request that it is a part of, and the branch at work comes home first.
   */
  answer(byteCountMax: number = BAG_BYTES_MAX): Uint8Array | undefined {
    let root: BaggageScope = this;
    for (; root.#home; root = root.#home) root.#comeHome();
    // As nearly always: nothing came, nothing was packed, and no branch was begun, for that begins the baggage.
    if (!root.#baggage) return contained(undefined, () => identityAlone(root.#subject));
    for (const branch of root.#branchesAtWork()) branch.#comeHome();
    return root.#answerAlone(byteCountMax);
  }

  #answerAlone(byteCountMax: number): Uint8Array | undefined {
    return contained(undefined, () => {
      const back = this.#counted('was to be answered', (known) => known.answer());
      return serialized(back, byteCountMax, this.subject);
    });
  }

  #comeHome(): void {
    contained(undefined, () => {
      if (!this.#baggage || this.#ended) return;
      const back = this.#counted('came back', (known) => known.handBack());
      // Joining takes what is joined.
      const copy = this.#others.length > 0 && !back.isMute ? serialized(back, BAG_BYTES_MAX) : undefined;
      this.#home?.join(back);
      if (!copy) return;
      for (const other of this.#others) {
        other.join(Baggage.deserialize(copy));
        // One of another copy of this package comes home when it ends.
        if (other instanceof BaggageScope) other.#comeHome();
      }
    });
  }

  /** Does something with the baggage, and counts it if a bound made that leave something out. */
  #counted<T>(what: string, work: (known: Baggage) => T): T {
    const known = this.#begun;
    const before = known.lossCount;
    const result = work(known);
    if (known.lossCount > before) countTruncated(what);
    return result;
  }

  /**
   * The branch that is active and all between it and this scope, or a branch where it works for this one too, the innermost first;
   * none where it is of another scope.
   */
  #branchesAtWork(): BaggageScope[] {
    const branches: BaggageScope[] = [];
    let at = activeScope();
    for (; at instanceof BaggageScope && at !== this; at = at.#home) {
      branches.push(at);
      if (at.#others.some(({ root }) => root === this)) return branches;
    }
    return at === this ? branches : [];
  }

  /** Whose baggage this is: its own, or of where it came home to. */
  get #holder(): BaggageScope {
    let at: BaggageScope = this;
    while (at.#ended && at.#home) at = at.#home;
    return at;
  }

  get #known(): Baggage | undefined {
    return this.#holder.#baggage;
  }

  get #begun(): Baggage {
    const holder = this.#holder;
    holder.#baggage ??= new Baggage();
    return holder.#baggage;
  }
}

/** The last answer that said no more than who gave it: most do, and a process gives them all in one name. */
let lastIdentity: { readonly subject: string; readonly bytes: Uint8Array } | undefined;

function identityAlone(subject: string | undefined): Uint8Array | undefined {
  if (subject === undefined) return undefined;
  if (lastIdentity?.subject !== subject)
    lastIdentity = { subject, bytes: new Baggage().answer().serialize({ subject }) };
  return lastIdentity.bytes;
}

/** What to do about tuples that are too many. */
const CURE = 'combine them instead of listing them (`keep: "combined"`)';

function countTruncated(what: string): void {
  countLoss(
    'truncated',
    `baggage that ${what} has more than its bounds allow, and the last of it is left out; ${CURE}`,
  );
}

function serialized(branch: Baggage | undefined, byteCountMax: number, subject?: string): Uint8Array | undefined {
  if (!branch) return undefined;
  const before = branch.lossCount;
  const bytes = branch.serialize({ byteCountMax, subject });
  if (branch.lossCount > before) countTruncated('was to be sent');
  // A second answer may have nothing to say; as an empty header it would count as malformed with whoever reads it.
  return bytes.length > 0 ? bytes : undefined;
}

const SCOPE = createContextKey('panorama.baggage.scope');

/** The scope of a context, by default of the active one; `undefined` where none has begun. */
export function activeScope(of: Context = context.active()): BaggageScope | undefined {
  const scope = of.getValue(SCOPE);
  return isScope(scope) ? scope : undefined;
}

/** Whether it is a scope, perhaps of another copy of this package. */
export function isScope(value: unknown): value is BaggageScope {
  const scope = value as Partial<BaggageScope> | null | undefined;
  // What went through JSON is none any more.
  return scope?.kind === KIND && typeof scope.branch === 'function';
}

/** A context that carries the scope. */
export function withScope(of: Context, scope: BaggageScope): Context {
  return of.setValue(SCOPE, scope);
}
