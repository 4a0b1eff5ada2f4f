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
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  type TextMapPropagator,
} from '@opentelemetry/api';
import { asMessage } from '../message-context.js';
import { activeScope, contained } from '../scope.js';
import { ANSWER_HEADER, bagOfText, textOfBag } from './header-text.js';

/** Headers of a message: what a broker's client takes as text by name. */
export type MessageHeaders = Record<string, string>;

/** How a message's headers are written and read. Default: by the global propagator, which the SDK's set-up registers. */
type Carries = Pick<TextMapPropagator, 'inject' | 'extract'>;

/** The headers, with trace context, identity and the bag of the work at hand. What is there already stays. Never throws. */
export function injectMessage<H extends MessageHeaders>(headers: H, propagator: Carries = propagation): H {
  contained(undefined, () => propagator.inject(asMessage(context.active()), headers, defaultTextMapSetter));
  return headers;
}

/**
 * Runs `work` under what the headers carry, in a scope of its own.
 *
 * @returns what `work` returns
 */
export function withMessage<T>(headers: MessageHeaders, work: () => T, propagator: Carries = propagation): T {
  const begun = contained(ROOT_CONTEXT, () => propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter));
  return context.with(begun, work);
}

/** The headers of a reply, with what was packed while the message was worked on. Never throws. */
export function replyMessage<H extends MessageHeaders>(headers: H): H {
  contained(undefined, () => {
    const bytes = activeScope()?.answer();
    if (bytes) Object.assign(headers, { [ANSWER_HEADER]: textOfBag(bytes) });
  });
  return headers;
}

/** Takes in what a reply's headers bring. @returns who replied, where the reply says so. Never throws. */
export function joinReply(headers: Readonly<Record<string, unknown>>): string | undefined {
  return contained(undefined, () => {
    const text = headers[ANSWER_HEADER];
    const answer = typeof text === 'string' ? bagOfText(text) : undefined;
    const subject = answer?.subject;
    if (answer) activeScope()?.join(answer);
    return subject;
  });
}
