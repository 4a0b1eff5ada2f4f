// SPDX-License-Identifier: Apache-2.0
/**
 * Baggage and trace context in the headers of messages: brokers, job queues, `worker_threads`. Whoever sends puts them in,
 * whoever receives runs its work under them, and a reply brings back what was packed.
 *
 * ```ts
 * await queue.send({ job, headers: injectMessage({}) });                      // the sender
 * await withMessage(message.headers, async () => {                            // the consumer
 *   await run(message.job);
 *   await replies.send({ result, headers: replyMessage({}) });
 * });
 * joinReply(reply.headers);                                                   // the sender again
 * ```
 *
 * Calling `injectMessage` is the permission to send: no list of destinations is asked.
 */
import {
  context,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapPropagator,
} from '@opentelemetry/api';
import { asMessage } from '../message-context.js';
import { activeScope, contained } from '../scope.js';
import { ANSWER_HEADER, bagOfText, textOfBag } from './header-text.js';

/** Headers as brokers' clients give them: text or bytes by name, or a list of them, among fields of any other type. */
const headersGetter: TextMapGetter<object> = { keys: Object.keys, get: headerOf };

/** How a message's headers are written and read. Default: by the global propagator, which the SDK's set-up registers. */
type Carries = Pick<TextMapPropagator, 'inject' | 'extract'>;

/**
 * Puts trace context, identity and the bag of the work at hand into a message's headers, as text under the propagators'
 * names (`traceparent`, `tracestate`, `baggage`). What stands under other names stays as it is. Never throws.
 *
 * @returns the headers
 */
export function injectMessage<H extends object>(headers: H, propagator: Carries = propagation): H {
  contained(undefined, () => propagator.inject(asMessage(context.active()), headers, defaultTextMapSetter));
  return headers;
}

/**
 * Runs `work` under what the headers carry, in a scope of its own.
 *
 * @param headers text or bytes by name; the message itself will do where its fields are the headers
 * @returns what `work` returns
 */
export function withMessage<T>(headers: object, work: () => T, propagator: Carries = propagation): T {
  const begun = contained(ROOT_CONTEXT, () => propagator.extract(ROOT_CONTEXT, headers, headersGetter));
  return context.with(begun, work);
}

/**
 * Puts into a reply's headers what was packed while the message was worked on and, where that was done under a SERVER or
 * CONSUMER span of this process, who replies. Never throws.
 *
 * @returns the headers
 */
export function replyMessage<H extends object>(headers: H): H {
  contained(undefined, () => {
    const bytes = activeScope()?.answer();
    if (bytes) Object.assign(headers, { [ANSWER_HEADER]: textOfBag(bytes) });
  });
  return headers;
}

/** Takes in what a reply's headers bring. @returns who replied, where the reply says so. Never throws. */
export function joinReply(headers: object): string | undefined {
  return contained(undefined, () => {
    const text = headerOf(headers, ANSWER_HEADER);
    const answer = typeof text === 'string' ? bagOfText(text) : undefined;
    const subject = answer?.subject;
    if (answer) activeScope()?.join(answer);
    return subject;
  });
}

function headerOf(headers: object, name: string): string | string[] | undefined {
  const value: unknown = (headers as Record<string, unknown>)[name];
  return Array.isArray(value) ? value.map(textFrom).filter((text) => text !== undefined) : textFrom(value);
}

function textFrom(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return typeof value === 'string' ? value : undefined;
}
