// SPDX-License-Identifier: Apache-2.0
/**
 * What an application logged as an error within a span, as the words of that span's evidence. Many instrumentations end a
 * failed span without a word, while the log has it all. Spans and logs travel apart, so either may come first: the words
 * wait for their observation, and evidence without words waits for them. Both memories are bounded and forget the oldest.
 */
import { SEMCONV, textOf } from '../model/attributes.js';
import { BoundedMap } from '../model/bounded-map.js';
import { cut, ERROR_MESSAGE_LENGTH_MAX, ERROR_TYPE_LENGTH_MAX } from '../model/limits.js';
import type { LogRecord } from '../model/log-record.js';
import type { Evidence, Observation } from '../model/observation.js';
import type { SpanRef } from '../model/span.js';

/**
 * Spans that wait on either side. Exporters of spans and of logs send within five seconds of each other; a thousand failing
 * spans a second are covered, in some megabytes.
 */
const WAITING_COUNT_MAX = 8192;

interface Words {
  readonly errorType: string | undefined;
  readonly message: string | undefined;
}

/** Evidence that is ours to complete: a copy, which nobody else has written. */
type OwnEvidence = { -readonly [K in keyof Evidence]: Evidence[K] };

export class ErrorWords {
  readonly #words: BoundedMap<string, Words>;
  readonly #wordless: BoundedMap<string, OwnEvidence>;

  constructor(waitingCountMax: number = WAITING_COUNT_MAX) {
    this.#words = new BoundedMap(waitingCountMax);
    this.#wordless = new BoundedMap(waitingCountMax);
  }

  /** Takes an error log of a span. Of several the last stays, being what the span ended with. */
  note(record: LogRecord): void {
    const words = wordsOf(record);
    if (words === undefined) return;
    const key = keyOf(record);
    const evidence = this.#wordless.take(key);
    if (evidence) complete(evidence, words);
    else this.#words.set(key, words);
  }

  /** The observation with the words that its evidence lacks, now or once they come. Most pass as they are. */
  worded(observation: Observation): Observation {
    if (observation.evidence.every(hasWords)) return observation;
    return {
      ...observation,
      evidence: observation.evidence.map((each) => (hasWords(each) ? each : this.#await(each))),
    };
  }

  #await(evidence: Evidence): Evidence {
    const own: OwnEvidence = { ...evidence };
    const key = keyOf(evidence);
    const words = this.#words.take(key);
    if (words) complete(own, words);
    else this.#wordless.set(key, own);
    return own;
  }
}

function wordsOf({ attributes, body }: LogRecord): Words | undefined {
  const message = textOf(attributes[SEMCONV.EXCEPTION_MESSAGE]) ?? textOf(body);
  const type = textOf(attributes[SEMCONV.EXCEPTION_TYPE], attributes[SEMCONV.ERROR_TYPE]);
  if (message === undefined && type === undefined) return undefined;
  return {
    message: message && cut(message, ERROR_MESSAGE_LENGTH_MAX),
    errorType: type && cut(type, ERROR_TYPE_LENGTH_MAX),
  };
}

/** What the span said itself goes before. */
function complete(evidence: OwnEvidence, { errorType, message }: Words): void {
  if (message !== undefined) evidence.message ??= message;
  if (errorType !== undefined) evidence.errorType ??= errorType;
}

function hasWords({ message }: Evidence): boolean {
  return message !== undefined;
}

function keyOf({ traceId, spanId }: SpanRef): string {
  return traceId + spanId;
}
