// SPDX-License-Identifier: Apache-2.0
/**
 * A span keeps the entry of its call as a property, because a map would cost more than all the rest of watching. Spans are the
 * host's, and some keep nothing.
 */
import type { CallInFlight } from './in-flight.js';

/** In place of an entry, for a call that was not watched and has ended: a span that is ended twice ends once. */
export const OVER = null;

type Entry = CallInFlight | typeof OVER;

export function watched(span: object): Record<symbol, Entry | undefined> {
  return span as Record<symbol, Entry | undefined>;
}

/** Whether a span keeps an entry. One that is frozen, or wrapped by somebody, may not. */
export function keeps(span: object, key: symbol, entry: Entry): boolean {
  try {
    watched(span)[key] = entry;
    return watched(span)[key] === entry;
  } catch {
    return false;
  }
}
