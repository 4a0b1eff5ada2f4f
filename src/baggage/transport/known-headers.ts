// SPDX-License-Identifier: Apache-2.0
/**
 * `baggage` headers that were read or written before. Nearly every header holds who asks whom and nothing else: the same few
 * callers, the same few callees, the same texts again and again. To take such a text apart and put the next one together takes
 * longer than all else that baggage does for a request, so what came of it is kept.
 *
 * Headers with anything else in them are made and read each time: a deadline, a bag, what the host itself sends.
 */
import type { Baggage as W3CBaggage } from '@opentelemetry/api';
import { BoundedMap } from '../../model/bounded-map.js';
import { rememberIdentityAlone } from '../identity-entries.js';

/** Texts that are kept, of headers read and of headers written for each of them. */
const READ_COUNT_MAX = 256;
const WRITTEN_COUNT_MAX = 64;

/** Characters of the longest text that is kept: several times what the names of Kubernetes' pods come to. */
const TEXT_LENGTH_MAX = 1024;

/** What headers say that go out with one baggage, by the callee; one caller at a time, since a process has one name. */
interface Written {
  observer: string;
  texts: BoundedMap<string, string>;
}

export class KnownHeaders {
  readonly #read = new BoundedMap<string, W3CBaggage>(READ_COUNT_MAX);
  readonly #written = new WeakMap<W3CBaggage, Written>();
  /** For calls that begin without any baggage. */
  readonly #first: Written = newWritten();

  /** The baggage that a header's text is known to hold. */
  read(text: string): W3CBaggage | undefined {
    return this.#read.get(text);
  }

  /** Keeps what a text holds, where it is worth it. */
  learn(text: string, baggage: W3CBaggage | undefined): void {
    if (!baggage || text.length > TEXT_LENGTH_MAX || !rememberIdentityAlone(baggage)) return;
    this.#read.set(text, baggage);
    this.#written.set(baggage, newWritten());
  }

  /**
   * The header of a call; `undefined` where it must be made of the baggage, which is then somebody else's too.
   *
   * @param make makes the text when it is not known yet
   */
  written(
    baggage: W3CBaggage | undefined,
    observer: string,
    subject: string,
    make: () => string | undefined,
  ): string | undefined {
    const written = baggage ? this.#written.get(baggage) : this.#first;
    if (!written) return undefined;
    if (written.observer !== observer) Object.assign(written, newWritten(observer));
    const known = written.texts.get(subject);
    if (known !== undefined) return known;
    const text = make();
    if (text !== undefined) written.texts.set(subject, text);
    return text;
  }
}

function newWritten(observer = ''): Written {
  return { observer, texts: new BoundedMap<string, string>(WRITTEN_COUNT_MAX) };
}
