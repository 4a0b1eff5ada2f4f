// SPDX-License-Identifier: Apache-2.0
/**
 * Instrumentations that are ours only as long as the application has none. As soon as it makes one of a kind that we have,
 * ours is taken back, before the other patches what ours has patched: an instrumentation unwraps whatever it finds wrapped,
 * and one that is taken back later unwraps the other's work.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { copiesOfAppModule } from './app-modules.js';
import { withResponses } from './baggage/transport/response-hooks.js';
import { say } from './diagnostics.js';

export type Instrumentations = NodeSDKConfiguration['instrumentations'];

/** Packages whose instrumentations are looked at one by one: those that get the response path, and what all extend. */
const WATCHED = [
  '@opentelemetry/instrumentation',
  '@opentelemetry/instrumentation-http',
  '@opentelemetry/instrumentation-undici',
];

/** A prototype of instrumentations that says how they are enabled. */
interface Enabling {
  readonly enable: (...args: unknown[]) => unknown;
}

/** A module, or a file of one, that an instrumentation patches; as far as it is read here. */
interface Patchable {
  patch?: (exports: unknown, ...rest: unknown[]) => unknown;
  readonly files?: readonly Patchable[];
}

/** What an instrumentation has patched: the modules that it has seen, and what stood where its functions stand now. */
interface Patches {
  readonly seen: Set<object>;
  readonly originals: Map<unknown, unknown>;
  /** Modules that it has replaced as a whole. */
  readonly replaced: Set<unknown>;
}

export class OwnInstrumentations {
  readonly all: readonly Instrumentation[];
  /** Those that have not been taken back, with what they have patched. */
  readonly #left = new Map<Instrumentation, Patches>();
  /** The application's, as far as they have been seen. */
  readonly #others = new WeakSet<Instrumentation>();
  /** What tells the application's instrumentations of modules that are required, by the copy that they are of. */
  readonly #requireHooks = new Map<unknown, object>();

  constructor(instrumentations: Instrumentations) {
    this.all = withResponses(instrumentations.flat());
    for (const each of this.all) this.#left.set(each, recordPatches(each));
    // The application's may be of another copy: of `import` where ours are of `require`, or of another version.
    const kinds = [
      ...this.all.map((each) => Object.getPrototypeOf(each) as unknown),
      ...WATCHED.flatMap(copiesOfAppModule)
        .flatMap(Object.values)
        .map((each) => (each as { readonly prototype?: unknown } | undefined)?.prototype),
    ];
    for (const kind of new Set(kinds.flatMap(enablingKinds))) this.#watch(kind);
  }

  /** Takes all of them back that are left. */
  takeBack(): void {
    for (const each of [...this.#left.keys()]) this.#takeBack(each);
  }

  /** Takes back those of a kind, by its name: the application makes one. Each asks the API for a tracer before it patches. */
  takeBackKind(name: string): void {
    for (const each of [...this.#left.keys()]) if (each.instrumentationName === name) this.#takeBack(each);
  }

  /** Looks at every instrumentation of a kind as it is enabled: in its constructor. */
  #watch(kind: Enabling): void {
    const { enable } = kind;
    const makeWayFor = (other: Instrumentation) => contained(() => this.#makeWayFor(other));
    Object.defineProperty(kind, 'enable', {
      configurable: true,
      writable: true,
      value(this: Instrumentation, ...args: unknown[]): unknown {
        makeWayFor(this);
        return enable.apply(this, args);
      },
    });
  }

  #makeWayFor(other: Instrumentation & { _requireInTheMiddleSingleton?: object }): void {
    if (this.all.includes(other) || this.#others.has(other)) return;
    this.#others.add(other);
    this.takeBackKind(other.instrumentationName);
    // It sees more modules as ES modules than it would without us, and some of them twice.
    recordPatches(other);
    const { _requireInTheMiddleSingleton: shared } = other;
    if (shared) {
      // The shared one tells of no module twice, and has been telling ours since before the application began.
      const { constructor: Hook } = shared as { constructor: new () => object };
      const hook = this.#requireHooks.get(Hook) ?? new Hook();
      this.#requireHooks.set(Hook, hook);
      other._requireInTheMiddleSingleton = hook;
    }
    // It is under construction; its configuration is there when the constructor has ended.
    queueMicrotask(() => withResponses(other));
  }

  #takeBack(instrumentation: Instrumentation): void {
    const patches = this.#left.get(instrumentation);
    this.#left.delete(instrumentation);
    contained(() => {
      instrumentation.disable();
      if (patches) undo(patches);
    });
  }
}

/** A prototype and what it extends, as far as they have an `enable` of their own. */
function enablingKinds(prototype: unknown): Enabling[] {
  const kinds: Enabling[] = [];
  for (let kind = prototype; isObject(kind); kind = Object.getPrototypeOf(kind) as unknown) {
    if (Object.hasOwn(kind, 'enable')) kinds.push(kind as Enabling);
  }
  return kinds;
}

/**
 * Notes from now on what an instrumentation patches, and has it patch nothing twice: of a module that is loaded by `import`
 * it finds its own functions in the one that is loaded by `require`, and cannot unwrap them there.
 */
function recordPatches(instrumentation: Instrumentation): Patches {
  const patches: Patches = { seen: new Set(), originals: new Map(), replaced: new Set() };
  const { _modules: modules } = instrumentation as unknown as { readonly _modules?: readonly Patchable[] };
  const all = (Array.isArray(modules) ? (modules as Patchable[]) : []).flatMap((one) => [one, ...(one.files ?? [])]);
  for (const each of all) {
    const { patch } = each;
    if (typeof patch !== 'function') continue;
    each.patch = (exports, ...rest) => {
      restore(functionsOf(exports), patches);
      const before = functionsOf(exports);
      const result = patch.call(each, exports, ...rest);
      for (const { target, name, value } of before) {
        const now = (target as Record<string, unknown>)[name];
        if (now !== value) patches.originals.set(now, value);
        patches.seen.add(target);
      }
      if (result !== undefined && result !== exports) patches.replaced.add(exports);
      return result;
    };
  }
  return patches;
}

/**
 * Undoes what `disable` leaves: modules that were loaded by `import`, all but the last where one was loaded both ways, and
 * what those have copied from each other.
 */
function undo(patches: Patches): void {
  const { seen, originals, replaced } = patches;
  restore([...seen].flatMap(ownFunctions), patches);
  // What `import` gives of Node's own modules is a copy, made when it was first asked for.
  if (originals.size > 0) syncBuiltinESMExports();
  if (replaced.size > 0) forget(replaced);
}

function restore(functions: readonly OwnFunction[], { originals }: Patches): void {
  for (const { target, name, value } of functions) {
    const original = originals.get(value);
    if (original === undefined) continue;
    Object.defineProperty(target, name, { configurable: true, enumerable: true, writable: true, value: original });
  }
}

/** Has modules told of again that `require` keeps as ours have replaced them. */
function forget(replaced: ReadonlySet<unknown>): void {
  for (const module of Object.values(createRequire(import.meta.url).cache)) {
    if (!module || !replaced.has(module.exports)) continue;
    const kept = Object.getOwnPropertySymbols(module).find(({ description }) => description === 'RitmExports');
    if (kept) delete (module as unknown as Record<symbol, unknown>)[kept];
  }
}

interface OwnFunction {
  readonly target: object;
  readonly name: string;
  readonly value: unknown;
}

/** The functions of a module and of its default export. */
function functionsOf(exports: unknown): OwnFunction[] {
  if (!isObject(exports)) return [];
  const byDefault = contained(() => Object.getOwnPropertyDescriptor(exports, 'default')?.value as unknown);
  return [exports, byDefault].filter(isObject).flatMap(ownFunctions);
}

/** Accessors are left alone, for some of them do things. A module in a circle of imports cannot be read yet. */
function ownFunctions(target: object): OwnFunction[] {
  return (
    contained(() =>
      Object.getOwnPropertyNames(target)
        .map((name) => ({ target, name, value: Object.getOwnPropertyDescriptor(target, name)?.value as unknown }))
        .filter(({ value }) => typeof value === 'function'),
    ) ?? []
  );
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A fault here costs the host neither its start nor its instrumentation. */
function contained<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    say('error', () => 'a fault of making way for an instrumentation was contained', error);
    return undefined;
  }
}
