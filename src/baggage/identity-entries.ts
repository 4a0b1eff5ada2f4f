// SPDX-License-Identifier: Apache-2.0
/**
 * Three entries of W3C baggage that any OpenTelemetry SDK in any language can read:
 *
 * | entry | says | on its way |
 * |---|---|---|
 * | `panorama.observer` | who makes this call | rewritten at each hop |
 * | `panorama.origin` | who made the first request | kept |
 * | `panorama.subject` | whom the caller believes it calls | rewritten at each hop |
 *
 * The callee writes `panorama.observer` on its server span, so a pair is known from either end of the call.
 */
import { type Baggage, type BaggageEntry, propagation } from '@opentelemetry/api';
import { PANORAMA } from '../model/attributes.js';
import { isIdentityText } from '../model/identity.js';

/** Who asks whom, and on whose behalf: identity texts. */
export interface IdentityEntries {
  readonly observer?: string | undefined;
  readonly origin?: string | undefined;
  readonly subject?: string | undefined;
}

const ENTRY_KEYS = [PANORAMA.OBSERVER, PANORAMA.ORIGIN, PANORAMA.SUBJECT] as const;

/** The identity entries of a baggage; an entry of the wrong shape is as if absent. Never throws. */
export function readIdentity(baggage: Baggage | undefined): IdentityEntries {
  if (!baggage) return {};
  const known = alone.get(baggage);
  if (known) return known;
  return {
    observer: entryOf(baggage, PANORAMA.OBSERVER),
    origin: entryOf(baggage, PANORAMA.ORIGIN),
    subject: entryOf(baggage, PANORAMA.SUBJECT),
  };
}

/** The baggage with exactly the given identity entries: one not given is removed. All other entries are untouched. */
export function writeIdentity(baggage: Baggage | undefined, entries: IdentityEntries): Baggage {
  // Made in one go: every call of the host passes here, and each change of a baggage copies it.
  const written: Record<string, BaggageEntry> = {};
  for (const [key, entry] of baggage?.getAllEntries() ?? []) written[key] = entry;
  put(written, PANORAMA.OBSERVER, entries.observer);
  put(written, PANORAMA.ORIGIN, entries.origin);
  put(written, PANORAMA.SUBJECT, entries.subject);
  return propagation.createBaggage(written);
}

function put(entries: Record<string, BaggageEntry>, key: string, value: string | undefined): void {
  if (value === undefined) delete entries[key];
  else entries[key] = { value };
}

/** The baggage without identity entries of the wrong shape: itself where it has none, as nearly always. */
export function withoutMalformedIdentity(baggage: Baggage): Baggage {
  const malformed = ENTRY_KEYS.filter((key) => baggage.getEntry(key) && entryOf(baggage, key) === undefined);
  return malformed.length > 0 ? baggage.removeEntries(...malformed) : baggage;
}

/** Baggage that holds identity entries and nothing else, all of them well-formed, and that is met again and again. */
const alone = new WeakMap<Baggage, IdentityEntries>();

/** Keeps in mind what a baggage says, where that is identity alone. @returns whether it is */
export function rememberIdentityAlone(baggage: Baggage): boolean {
  const isAlone = baggage
    .getAllEntries()
    .every(([key, { metadata }]) => ENTRY_KEYS.some((ours) => ours === key) && !metadata && entryOf(baggage, key));
  if (isAlone) alone.set(baggage, readIdentity(baggage));
  return isAlone;
}

/** Whether a baggage is known to hold identity entries and nothing else. */
export function isIdentityAlone(baggage: Baggage): boolean {
  return alone.has(baggage);
}

/** The baggage without any identity entry. */
export function removeIdentity(baggage: Baggage | undefined): Baggage {
  return (baggage ?? propagation.createBaggage()).removeEntries(...ENTRY_KEYS);
}

function entryOf(baggage: Baggage, key: string): string | undefined {
  const value: unknown = baggage.getEntry(key)?.value;
  return typeof value === 'string' && isIdentityText(value) ? value : undefined;
}
