// SPDX-License-Identifier: Apache-2.0
/**
 * Bags as text: unpadded base64url, which every header, metadata value and baggage member takes as it is. The names under
 * which they travel stand here too.
 *
 * Source: RFC 4648 section 5; W3C Baggage, which is for requests only, hence a header of our own for responses.
 */
import type { TextMapGetter } from '@opentelemetry/api';
import { PanoramaError } from '../../model/errors.js';
import { BAG_BYTES_READ_MAX } from '../../model/limits.js';
import { Baggage } from '../bag/baggage.js';
import { malformedBag } from '../bag/rows-wire.js';
import { countLoss } from '../scope.js';

/** The header, and the key of gRPC's metadata, that carries W3C baggage. */
export const BAGGAGE_HEADER = 'baggage';

/** The member of the W3C `baggage` header that carries the bag of a request. */
export const BAG_ENTRY = 'panorama.bag';

/** The response header, and the key of gRPC's trailing metadata, that carries the bag of a response. */
export const ANSWER_HEADER = 'panorama-baggage';

/** Characters of the longest text that is read. */
const TEXT_LENGTH_MAX = Math.ceil((BAG_BYTES_READ_MAX * 4) / 3);

/** The last bytes that were made text. Answers that say no more than who gave them are the same bytes each time. */
let last: { readonly bytes: Uint8Array; readonly text: string } | undefined;

export function textOfBag(bytes: Uint8Array): string {
  if (last?.bytes !== bytes) {
    last = { bytes, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url') };
  }
  return last.text;
}

/** The bag of a text. A malformed one is dropped and counted. Never throws. */
export function bagOfText(text: string): Baggage | undefined {
  try {
    const isText = text.length % 4 !== 1 && text.length <= TEXT_LENGTH_MAX && /^[A-Za-z0-9_-]+$/.test(text);
    if (!isText) throw malformedBag(0, 'it is not base64url');
    return Baggage.deserialize(Buffer.from(text, 'base64url'));
  } catch (error) {
    countLoss('malformed', PanoramaError.from(error).message);
    return undefined;
  }
}

/** A header of a carrier as one text; `undefined` where there is none. */
export function headerOf(carrier: unknown, name: string, getter: TextMapGetter): string | undefined {
  const value = getter.get(carrier, name);
  if (value === undefined || typeof value === 'string') return value;
  return value.length > 0 ? value.join(',') : undefined;
}
