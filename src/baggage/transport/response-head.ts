// SPDX-License-Identifier: Apache-2.0
/**
 * The head of a response of `node:http`, at the moment it is written. Where the caller is answered, the answer goes in.
 * Where it is not, an answer goes out: gateways copy the headers that they were answered with, and what those say is not
 * for everybody.
 *
 * What goes back is known only then, and no hook or diagnostics channel of Node tells of that moment. So this one method of
 * each response is covered, by one function for all of them: a closure each would cost more than the look itself.
 */
import type { ServerResponse } from 'node:http';
import { BAG_ANSWER_BYTES_MAX } from '../../model/limits.js';
import { type BaggageScope, contained } from '../scope.js';
import { ANSWER_HEADER, textOfBag } from './header-text.js';

interface Head {
  readonly writeHead: (...args: never[]) => ServerResponse;
  /** Whose tuples go back; `undefined` where the caller is not answered. */
  readonly scope: BaggageScope | undefined;
  /** The answer so far: several where Node refuses a head and the page of the error has another. */
  text: string | undefined;
}

/** Where a response keeps what its head needs; where a user's hook calls ours too, once is enough. */
const HEAD = Symbol('panorama.head');

type WatchedResponse = ServerResponse & { [HEAD]?: Head };

/**
 * Puts the answer of a scope into the head of a response, at the last moment.
 *
 * @param scope the scope of the request; `undefined` where the caller may have no answer, not even another's
 */
export function watchHead(response: ServerResponse, scope: BaggageScope | undefined): void {
  const watched: WatchedResponse = response;
  if (watched[HEAD]) return;
  watched[HEAD] = { writeHead: response.writeHead, scope, text: undefined };
  response.writeHead = writeHeadWatched as ServerResponse['writeHead'];
}

function writeHeadWatched(this: WatchedResponse, ...args: unknown[]): ServerResponse {
  const head = this[HEAD];
  // Somebody may have lent the method to another object.
  const writeHead = (head ?? (Object.getPrototypeOf(this) as ServerResponse)).writeHead;
  return Reflect.apply(writeHead, this, head ? argumentsOf(this, head, args) : args);
}

function argumentsOf(response: ServerResponse, head: Head, args: unknown[]): unknown[] {
  return contained(args, () => {
    if (response.headersSent) return args;
    // Each holds what was packed since the last.
    const bytes = head.scope?.answer(BAG_ANSWER_BYTES_MAX - Math.ceil(((head.text?.length ?? 0) * 3) / 4));
    if (bytes) head.text = head.text === undefined ? textOfBag(bytes) : `${head.text},${textOfBag(bytes)}`;
    return head.text === undefined ? argumentsWithout(response, args) : argumentsWith(response, args, head.text);
  });
}

/**
 * `setHeader` would do but for heads that are given as arguments: Node then forgets repeated headers, such as cookies. The
 * answer is added in the shape that is there: an object, or an array, flat or of pairs. One that is there already is what
 * a proxy was answered itself; ours holds that too, so it stands in its place.
 */
function argumentsWith(response: ServerResponse, args: unknown[], text: string): unknown[] {
  const at = placeOfHeaders(args);
  const headers = args[at];
  if (typeof headers !== 'object' || headers === null) {
    response.setHeader(ANSWER_HEADER, text);
    return args;
  }
  const others = withoutAnswer(headers);
  if (!Array.isArray(others)) return args.with(at, { ...others, [ANSWER_HEADER]: text });
  const pairs = Array.isArray((headers as unknown[])[0]);
  return args.with(at, pairs ? [...others, [ANSWER_HEADER, text]] : [...others, ANSWER_HEADER, text]);
}

function argumentsWithout(response: ServerResponse, args: unknown[]): unknown[] {
  if (response.hasHeader(ANSWER_HEADER)) response.removeHeader(ANSWER_HEADER);
  const at = placeOfHeaders(args);
  const headers = args[at];
  if (typeof headers !== 'object' || headers === null || !hasAnswer(headers)) return args;
  return args.with(at, withoutAnswer(headers));
}

/** As Node has it: after the reason phrase, unless there is nothing. */
function placeOfHeaders(args: unknown[]): number {
  return typeof args[1] === 'string' || (args[2] ?? undefined) !== undefined ? 2 : 1;
}

function hasAnswer(headers: object): boolean {
  if (Array.isArray(headers)) return headers.some((each) => isAnswerHeader(Array.isArray(each) ? each[0] : each));
  for (const name in headers) if (isAnswerHeader(name)) return true;
  return false;
}

function withoutAnswer(headers: object): object {
  if (!Array.isArray(headers)) {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !isAnswerHeader(name)));
  }
  const pairs = Array.isArray(headers[0]);
  return headers.filter((each, index) => !isAnswerHeader(pairs ? each[0] : headers[index - (index % 2)]));
}

function isAnswerHeader(name: unknown): boolean {
  return typeof name === 'string' && name.length === ANSWER_HEADER.length && name.toLowerCase() === ANSWER_HEADER;
}
