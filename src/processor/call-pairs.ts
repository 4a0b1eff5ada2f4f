// SPDX-License-Identifier: Apache-2.0
/**
 * Which pair a call is of. Before its answer a call knows its callee by address, and with the answer perhaps by name: which
 * instance it was. News is of the name. History is of what is known while a call is out, because that is when it is asked.
 */
import type { ReadableSpan, Span } from '@opentelemetry/sdk-trace';
import { subjectBeforeAnswer } from '../baggage/transport/told-by-processor.js';
import { PANORAMA } from '../model/attributes.js';
import { type Call, callOf } from '../observe/observe.js';
import { type ObserveRules, overrideOf, rulesBeforeAnswer } from '../observe/rules.js';
import { knowsNoAddress } from '../observe/subject.js';
import type { ObservationWindow } from './observation-window.js';
import type { Pair } from './pair.js';
import { named, observable } from './sdk-span.js';

export class CallPairs {
  readonly #rules: ObserveRules;
  readonly #rulesBeforeAnswer: ObserveRules;
  readonly #window: ObservationWindow;

  constructor(rules: ObserveRules, window: ObservationWindow) {
    this.#rules = rules;
    this.#rulesBeforeAnswer = rulesBeforeAnswer(rules);
    this.#window = window;
  }

  /** The call that a span is now; `undefined` where it names nobody. */
  callOf(span: ReadableSpan): Call | undefined {
    return callOf(named(span), knowsNoAddress, this.#rules);
  }

  /** The pair of a call that is out; none for one that the user wants to be ignored. */
  ofOpen(span: Span): Pair | undefined {
    const call = this.#callBeforeAnswer(span) ?? this.callOf(span);
    if (!call) return undefined;
    const { outcomes } = this.#rules;
    if (overrideOf(observable(span), call.subject.text, call.operation, outcomes) === 'ignore') return undefined;
    return this.#window.pairOf(call);
  }

  /** The pair that a call was of while it was out: whose history it belongs to. */
  whileOut(span: ReadableSpan, pair: Pair): Pair {
    const call = this.#callBeforeAnswer(span);
    const before = call && this.#window.pairOf(call);
    if (!before) return pair;
    this.#window.touch(before);
    return before;
  }

  /** What a call was before an answer named its callee; `undefined` where none has. */
  #callBeforeAnswer(span: ReadableSpan): Call | undefined {
    const before = subjectBeforeAnswer(span);
    if (before === undefined) return undefined;
    const { name, attributes } = named(span);
    if (before === null) return callOf({ name, attributes }, knowsNoAddress, this.#rulesBeforeAnswer);
    return callOf({ name, attributes: { ...attributes, [PANORAMA.SUBJECT]: before } }, knowsNoAddress, this.#rules);
  }
}
