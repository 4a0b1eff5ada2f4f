// SPDX-License-Identifier: Apache-2.0
/**
 * The way back, for `node:http` on both sides and for `fetch` and undici: the `responseHook` of the stock
 * instrumentations. HTTP/1 frameworks (express, fastify, koa) all answer through `node:http`, so one hook serves them.
 * Two hooks more see what a propagator cannot: the request target of `node:http`, and the headers that undici sends.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span } from '@opentelemetry/api';
import { activeScope, contained } from '../scope.js';
import { joinAnswers } from './calls.js';
import { ANSWER_HEADER } from './header-text.js';
import { withdrawFrom, withdrawnFromLines } from './leftovers.js';
import { noteTarget } from './request-target.js';
import { watchHead } from './response-head.js';

/** A response as undici's instrumentation shows it: names and values in turn, as they came. */
interface UndiciResponse {
  readonly statusCode: number;
  readonly headers: (Uint8Array | string)[];
}

/** A request as undici's instrumentation shows it: names and values in turn or, before undici 6, the lines of the head. */
interface UndiciRequest {
  readonly origin: unknown;
  readonly path: unknown;
  headers: unknown[] | string;
}

/** An instrumentation, as far as it is configured here. */
interface Configurable {
  readonly instrumentationName: string;
  getConfig(): object;
  setConfig(config: object): void;
}

type Hook = (...args: never[]) => unknown;

/** Our hooks, by the name of the instrumentation and of its option. */
const HOOKS: Readonly<Record<string, Readonly<Record<string, Hook>>>> = {
  '@opentelemetry/instrumentation-http': { responseHook: httpResponseHook, startOutgoingSpanHook: httpTargetHook },
  '@opentelemetry/instrumentation-undici': { responseHook: undiciResponseHook, requestHook: undiciRequestHook },
};

/**
 * Adds the response path to the HTTP and undici instrumentations among those given, before or after they are enabled.
 * A hook that is there already is called after ours. `startPanorama` does this for the instrumentations it is given.
 *
 * ```ts
 * new NodeSDK({ instrumentations: withResponses([new HttpInstrumentation(), new UndiciInstrumentation()]), … });
 * ```
 *
 * @returns what was given
 */
export function withResponses<T>(instrumentations: T): T {
  for (const each of Array.isArray(instrumentations) ? instrumentations.flat() : [instrumentations]) {
    contained(undefined, () => addHooks(each as Partial<Configurable> | null | undefined));
  }
  return instrumentations;
}

/** Hooks that do our part already. */
const hooks = new WeakSet<Hook>(Object.values(HOOKS).flatMap((each) => Object.values(each)));

function addHooks(instrumentation: Partial<Configurable> | null | undefined): void {
  const name = instrumentation?.instrumentationName;
  const ours = name !== undefined && Object.hasOwn(HOOKS, name) ? HOOKS[name] : undefined;
  if (!instrumentation || !ours) return;
  const config = instrumentation.getConfig?.() as Readonly<Record<string, Hook | undefined>> | undefined;
  const added: Record<string, Hook> = {};
  for (const [option, hook] of Object.entries(ours)) {
    const theirs = config?.[option];
    if (!theirs) added[option] = hook;
    else if (!hooks.has(theirs)) added[option] = both(hook, theirs);
  }
  if (Object.keys(added).length > 0) instrumentation.setConfig?.({ ...config, ...added });
}

function both(ours: Hook, theirs: Hook): Hook {
  const hook: Hook = (...args) => {
    ours(...args);
    return theirs(...args);
  };
  hooks.add(hook);
  return hook;
}

/**
 * `responseHook` of `@opentelemetry/instrumentation-http`: it is called on both sides. A response with an `Age` comes out of
 * a cache (RFC 9111, section 5.1), and its answer was for somebody else. Never throws.
 */
export function httpResponseHook(span: Span, response: IncomingMessage | ServerResponse): void {
  contained(undefined, () => {
    if ('writeHead' in response) {
      const scope = activeScope();
      watchHead(response, scope?.answersTo(response.req.socket.remoteAddress) ? scope : undefined);
      return;
    }
    const { headers } = response;
    const answer = headers[ANSWER_HEADER];
    if (typeof answer !== 'string') return;
    // It was for us. A gateway that copies what it was answered with finds it no more, whatever it copies it to. Node makes
    // the distinct headers when they are asked for, of as many raw ones as there were: so they must be made first.
    delete response.headersDistinct[ANSWER_HEADER];
    delete headers[ANSWER_HEADER];
    takenOut(response.rawHeaders, ANSWER_HEADER);
    if (headers.age === undefined) joinAnswers(span, answer.split(','));
  });
}

/** `responseHook` of `@opentelemetry/instrumentation-undici`. Never throws. */
export function undiciResponseHook(span: Span, shown: { readonly response: UndiciResponse }): void {
  contained(undefined, () => {
    const { response } = shown;
    // An informational response comes before the one that answers.
    if (response.statusCode < 200) return;
    const answers = takenOut(response.headers, ANSWER_HEADER).flatMap((value) => textFrom(value).split(','));
    // Out of a cache, as above.
    if (answers.length > 0 && !response.headers.some((name, at) => at % 2 === 0 && isNamed(name, 'age'))) {
      joinAnswers(span, answers);
    }
  });
}

/** Takes a header out of names and values in turn. @returns its values */
function takenOut<T extends Uint8Array | string>(headers: T[], wanted: string): T[] {
  const values: T[] = [];
  for (let at = headers.length - (headers.length % 2) - 2; at >= 0; at -= 2) {
    if (isNamed(headers[at] as T, wanted)) values.unshift(...headers.splice(at, 2).slice(1));
  }
  return values;
}

/** `requestHook` of `@opentelemetry/instrumentation-undici`, which shows no header to the propagator. Never throws. */
function undiciRequestHook(_span: Span, request: UndiciRequest): void {
  contained(undefined, () => {
    const { headers, origin, path } = request;
    // Its span shows the one in the path, so here it is the proxy that nobody else knows.
    noteTarget(typeof path === 'string' && path.startsWith('/') ? undefined : String(origin));
    if (typeof headers === 'string') request.headers = withdrawnFromLines(headers);
    else withdrawFrom(headers);
  });
}

/** `startOutgoingSpanHook` of `@opentelemetry/instrumentation-http`. Never throws. */
function httpTargetHook(options: { readonly path?: unknown }): void {
  contained(undefined, () => noteTarget(options.path));
}

function isNamed(name: Uint8Array | string, wanted: string): boolean {
  return name.length === wanted.length && textFrom(name).toLowerCase() === wanted;
}

function textFrom(value: Uint8Array | string): string {
  return typeof value === 'string' ? value : Buffer.from(value).toString('latin1');
}
