// SPDX-License-Identifier: Apache-2.0
/**
 * What is registered with OpenTelemetry's API. Whoever registers first keeps the place: a second SDK is turned away, its
 * traces are lost, and nobody hears of it. So whoever comes after us must be heard coming.
 *
 * All copies of `@opentelemetry/api` in a process keep what is registered in one object of `globalThis`. Asked to register
 * are the copies one by one: the one for `import`, the one for `require`, the application's.
 */
import { createRequire } from 'node:module';
import * as api from '@opentelemetry/api';
import { copiesOfAppModule } from './app-modules.js';
import { say } from './diagnostics.js';

/** What can be registered, with the function of the API that does it. */
const REGISTER = {
  context: 'setGlobalContextManager',
  propagation: 'setGlobalPropagator',
  metrics: 'setGlobalMeterProvider',
  logs: 'setGlobalLoggerProvider',
  trace: 'setGlobalTracerProvider',
} as const;

export type Slot = keyof typeof REGISTER;
export type Slots = Partial<Record<Slot, unknown>>;

const GLOBALS = Symbol.for('opentelemetry.js.api.1');

/** Logs have an API of their own, `@opentelemetry/api-logs`, in OpenTelemetry JS 2.x. */
const LOGS_GLOBAL = Symbol.for('io.opentelemetry.js.api.logs');

type Globals = typeof globalThis & { [GLOBALS]?: Slots; [LOGS_GLOBAL]?: unknown };

/** What is registered now. */
export function registered(): Slots {
  const { [GLOBALS]: slots, [LOGS_GLOBAL]: logs } = globalThis as Globals;
  const found: Slots = {};
  for (const slot of Object.keys(REGISTER) as Slot[]) {
    const value = slots?.[slot] ?? (slot === 'logs' ? logs : undefined);
    if (value !== undefined) found[slot] = value;
  }
  return found;
}

/** Takes back what is registered, so that somebody else can be; what is not `ours` stays. */
export function release(slot: Slot, ours: Slots): void {
  if (ours[slot] === undefined) return;
  const globals = globalThis as Globals;
  if (globals[GLOBALS]?.[slot] === ours[slot]) delete globals[GLOBALS][slot];
  if (slot === 'logs' && globals[LOGS_GLOBAL] === ours.logs) delete globals[LOGS_GLOBAL];
}

/** Puts something in the place of what is registered; for a copy of the API of another version, which would refuse. */
export function replace(slot: Slot, value: unknown): void {
  const slots = (globalThis as Globals)[GLOBALS];
  if (slots) slots[slot] = value;
}

/** The tracer provider behind the API's proxies; `undefined` where none has been registered. */
export function registeredTracerProvider(): object | undefined {
  const provider = behindProxies(registered().trace);
  return provider?.constructor?.name === 'NoopTracerProvider' ? undefined : provider;
}

/** Proxies stand in for proxies where several copies of the API are loaded, but not without end. */
const PROXY_DEPTH_MAX = 4;

export function behindProxies(provider: unknown): object | undefined {
  let found = provider;
  for (let depth = 0; depth < PROXY_DEPTH_MAX; depth++) {
    const proxy = found as { getDelegate?: () => unknown } | undefined;
    if (typeof proxy?.getDelegate !== 'function') break;
    found = proxy.getDelegate();
  }
  return typeof found === 'object' && found !== null ? found : undefined;
}

export interface RegistrationListener {
  /** Asked before something is registered; what it returns is registered in its place. */
  before(slot: Slot, candidate: unknown): unknown;
  /** Told when it has been, or has been turned away. */
  after(slot: Slot, candidate: unknown, accepted: boolean): void;
  /** Told of the name with which somebody asks for a tracer: that of an instrumentation, when it is made. */
  tracerAsked?(name: unknown): void;
}

/** Listens to everybody who registers something. There is no way to stop listening. */
export function listenToRegistrations(listener: RegistrationListener): void {
  for (const copy of copiesOfApi()) {
    for (const [slot, method] of Object.entries(REGISTER) as [Slot, string][]) {
      const target = copy[slot] as Record<string, unknown> | undefined;
      const register = target?.[method];
      if (!target || typeof register !== 'function') continue;
      target[method] = (candidate: unknown, ...rest: unknown[]): unknown => {
        let standIn = candidate;
        contained(() => {
          standIn = listener.before(slot, candidate);
        });
        const accepted: unknown = register.call(target, standIn, ...rest);
        contained(() => listener.after(slot, candidate, accepted !== false));
        return accepted;
      };
    }
    listenToTracers(copy['trace'] as TracerSource | undefined, listener);
  }
}

/** What goes wrong with us must not keep the application from registering what it has. */
function contained(work: () => void): void {
  try {
    work();
  } catch (error) {
    say('error', () => 'a fault of listening to registrations was contained', error);
  }
}

interface TracerSource {
  getTracer: (name: unknown, ...rest: unknown[]) => unknown;
}

function listenToTracers(source: TracerSource | undefined, listener: RegistrationListener): void {
  if (!source || !listener.tracerAsked) return;
  const getTracer = source.getTracer.bind(source);
  source.getTracer = (name, ...rest) => {
    contained(() => listener.tracerAsked?.(name));
    return getTracer(name, ...rest);
  };
}

type ApiCopy = Readonly<Record<string, unknown>>;

function copiesOfApi(): Set<ApiCopy> {
  const required = createRequire(import.meta.url)('@opentelemetry/api') as ApiCopy;
  const copies = [api, required, ...['@opentelemetry/api', '@opentelemetry/api-logs'].flatMap(copiesOfAppModule)];
  // The API's parts are singletons of their copy, also where a module's namespace stands for it twice.
  const parts = new Map<unknown, ApiCopy>();
  for (const copy of copies)
    if (copy) parts.set((copy as ApiCopy)['trace'] ?? (copy as ApiCopy)['logs'], copy as ApiCopy);
  return new Set(parts.values());
}
