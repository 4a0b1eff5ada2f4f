// SPDX-License-Identifier: Apache-2.0
/**
 * The way back, for `node:http` on both sides and for `fetch` and undici: the `responseHook` of the stock
 * instrumentations. HTTP/1 frameworks (express, fastify, koa) all answer through `node:http`, so one hook serves them.
 *
 * What goes back is known only when the head of the response is written, and no hook or diagnostics channel of Node tells
 * of that moment. So this one method of this one response is wrapped, and only where the caller understands the answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Span } from '@opentelemetry/api';
import { activeScope, type BaggageScope, contained } from '../scope.js';
import { joinAnswers } from './calls.js';
import { ANSWER_HEADER, textOfBag } from './header-text.js';

/** A response as undici's instrumentation shows it: names and values in turn, as they came. */
interface UndiciResponse {
  readonly statusCode: number;
  readonly headers: readonly (Uint8Array | string)[];
}

/** An instrumentation, as far as it is configured here. */
interface Configurable {
  readonly instrumentationName: string;
  getConfig(): object;
  setConfig(config: object): void;
}

type Hook = (span: Span, response: never) => void;

/** Hooks by the name of the instrumentation whose `responseHook` they are. */
const RESPONSE_HOOKS: Readonly<Record<string, Hook>> = {
  '@opentelemetry/instrumentation-http': httpResponseHook,
  '@opentelemetry/instrumentation-undici': undiciResponseHook,
};

/**
 * Adds the response path to the HTTP and undici instrumentations among those given, before or after they are enabled.
 * A `responseHook` that is there already is called after ours. `startPanorama` does this for the instrumentations it is given.
 *
 * ```ts
 * new NodeSDK({ instrumentations: withResponses([new HttpInstrumentation(), new UndiciInstrumentation()]), … });
 * ```
 *
 * @returns what was given
 */
export function withResponses<T>(instrumentations: T): T {
  for (const each of Array.isArray(instrumentations) ? instrumentations.flat() : [instrumentations]) {
    contained(undefined, () => addHook(each as Partial<Configurable> | null | undefined));
  }
  return instrumentations;
}

/** Hooks that do our part already. */
const hooks = new WeakSet<Hook>([httpResponseHook, undiciResponseHook]);

function addHook(instrumentation: Partial<Configurable> | null | undefined): void {
  const name = instrumentation?.instrumentationName;
  const ours = name !== undefined && Object.hasOwn(RESPONSE_HOOKS, name) ? RESPONSE_HOOKS[name] : undefined;
  if (!instrumentation || !ours) return;
  const config = instrumentation.getConfig?.() as { responseHook?: Hook } | undefined;
  const theirs = config?.responseHook;
  if (theirs && hooks.has(theirs)) return;
  const responseHook: Hook = (span, response) => {
    ours(span, response);
    theirs?.(span, response);
  };
  hooks.add(responseHook);
  instrumentation.setConfig?.({ ...config, responseHook });
}

/** `responseHook` of `@opentelemetry/instrumentation-http`: it is called on both sides. Never throws. */
export function httpResponseHook(span: Span, response: IncomingMessage | ServerResponse): void {
  contained(undefined, () => {
    if ('writeHead' in response) {
      const scope = activeScope();
      if (scope?.answersTo(response.req.socket.remoteAddress)) answerWith(response, scope);
      return;
    }
    const answer = response.headers[ANSWER_HEADER];
    if (typeof answer === 'string') joinAnswers(span, answer.split(','));
  });
}

/** `responseHook` of `@opentelemetry/instrumentation-undici`. Never throws. */
export function undiciResponseHook(span: Span, shown: { readonly response: UndiciResponse }): void {
  contained(undefined, () => {
    const { response } = shown;
    // An informational response comes before the one that answers.
    if (response.statusCode < 200) return;
    const { headers } = response;
    const answers: string[] = [];
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const name = headers[at] as Uint8Array | string;
      if (name.length !== ANSWER_HEADER.length || textFrom(name).toLowerCase() !== ANSWER_HEADER) continue;
      answers.push(...textFrom(headers[at + 1] as Uint8Array | string).split(','));
    }
    if (answers.length > 0) joinAnswers(span, answers);
  });
}

function textFrom(value: Uint8Array | string): string {
  return typeof value === 'string' ? value : Buffer.from(value).toString('latin1');
}

/** Marks a response that will be answered with; where a user's hook calls ours too, once is enough. */
const ANSWERED = Symbol('panorama.answered');

/** Writes the answer into the head, at the last moment. */
function answerWith(response: ServerResponse & { [ANSWERED]?: true }, scope: BaggageScope): void {
  if (response[ANSWERED]) return;
  response[ANSWERED] = true;
  const writeHead = response.writeHead;
  // Several where Node refuses a head and the page of the error has another: each holds what was packed since the last.
  const texts: string[] = [];
  response.writeHead = function withAnswer(this: ServerResponse, ...args: unknown[]): ServerResponse {
    const answered = contained(args, () => {
      const bytes = this.headersSent ? undefined : scope.answer();
      if (bytes) texts.push(textOfBag(bytes));
      return texts.length > 0 && !this.headersSent ? argumentsWith(this, args, texts.join(',')) : args;
    });
    return Reflect.apply(writeHead, this, answered) as ServerResponse;
  };
}

/**
 * `setHeader` would do but for heads that are given as arguments: Node then forgets repeated headers, such as cookies. The
 * answer is added in the shape that is there: an object, or an array, flat or of pairs. One that is there already is what
 * a proxy was answered itself; ours holds that too, so it stands in its place.
 */
function argumentsWith(response: ServerResponse, args: unknown[], text: string): unknown[] {
  // As Node has it: after the reason phrase, unless there is nothing.
  const at = typeof args[1] === 'string' || (args[2] ?? undefined) !== undefined ? 2 : 1;
  const headers = args[at];
  if (Array.isArray(headers)) {
    const pairs = Array.isArray(headers[0]);
    const others = headers.filter((each, index) => !isAnswerHeader(pairs ? each[0] : headers[index - (index % 2)]));
    return args.with(at, pairs ? [...others, [ANSWER_HEADER, text]] : [...others, ANSWER_HEADER, text]);
  }
  if (typeof headers !== 'object' || headers === null) {
    response.setHeader(ANSWER_HEADER, text);
    return args;
  }
  const others = Object.entries(headers).filter(([name]) => !isAnswerHeader(name));
  return args.with(at, { ...Object.fromEntries(others), [ANSWER_HEADER]: text });
}

function isAnswerHeader(name: unknown): boolean {
  return typeof name === 'string' && name.length === ANSWER_HEADER.length && name.toLowerCase() === ANSWER_HEADER;
}
