// SPDX-License-Identifier: Apache-2.0
/**
 * Blame: whose failure a caller met while it served a request. It goes back with the response, so that whoever asked
 * knows that the one who answered badly was let down itself. One row for each pair of observer and subject in an
 * operation, with a count; following the rows from observer to subject leads to the root.
 *
 * It is an application like any other: a bag with a name.
 */
import { isIdentityText, serviceOf } from '../model/identity.js';
import { BLAMED_COUNT_MAX } from '../model/limits.js';
import { type Bag, bag } from './bag/packing.js';
import type { BaggageScope } from './scope.js';

/** One failing call, or work that was announced, as its caller saw it: identity texts, the operation, a word of the outcome table. */
export interface Blame {
  readonly observer: string;
  readonly subject: string;
  readonly operation: string;
  readonly reason: string;
}

/** Where blame is packed. */
export const BLAME: Bag = bag('panorama.blame', {
  keep: 'combined',
  by: ['observer', 'subject', 'operation', 'reason'],
  values: { calls: 'count' },
});

export function packBlame(scope: BaggageScope, { observer, subject, operation, reason }: Blame): void {
  scope.pack(BLAME, { observer, subject, operation, reason });
}

/**
 * Who is to blame in the end: subjects of failing calls that blame nobody else. Where all blame each other, the one
 * blamed last.
 */
export function rootsOf(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const observers = new Set(rows.map(({ observer }) => observer));
  // Whom one calls by its service another one knows as an instance.
  for (const observer of [...observers]) if (isName(observer)) observers.add(serviceOf(observer));
  const subjects = [...new Set(rows.map(({ subject }) => subject))].filter(isName);
  const roots = subjects.filter((subject) => !observers.has(subject));
  return (roots.length > 0 ? roots : subjects.slice(-1)).slice(0, BLAMED_COUNT_MAX);
}

/** What another process calls a subject is anything until it is looked at. */
function isName(subject: unknown): subject is string {
  return typeof subject === 'string' && isIdentityText(subject);
}
