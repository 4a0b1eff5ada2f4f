// SPDX-License-Identifier: Apache-2.0
/**
 * Pending work that travels. Where a request goes through a queue, a callback or another component, the call returns long
 * before the work is done, and what it returns says nothing of whoever does it. So a token rides along: whoever holds the
 * outcome in the end finds it, wherever the work has come to, and settles what was begun.
 *
 * It is an application like any other: two bags with a name.
 *
 * Source: Panorama (OSDI 2018), section 4.3, ob-origin and ob-sink.
 */
import { isIdentityText } from '../model/identity.js';
import { cut, ERROR_TYPE_LENGTH_MAX, OPERATION_LENGTH_MAX } from '../model/limits.js';
import { type Bag, bag } from './bag/packing.js';
import { activeScope, type BaggageScope } from './scope.js';

/** Work that somebody has begun and waits for. */
export interface PendingToken {
  /** Random, so that no two processes have one alike. */
  readonly id: string;
  readonly subject: string;
  readonly operation: string;
}

/** How work ended, as whoever settled it elsewhere said. */
export interface Settlement {
  readonly id: string;
  /** `undefined` where whoever settled it could not tell. */
  readonly isHealthy: boolean | undefined;
  /** The error's type where it did not end well; may be empty. */
  readonly errorType: string;
}

/** Tokens that one request carries; the newest stay. */
const TOKEN_COUNT_MAX = 16;

const TOKENS: Bag = bag('panorama.pending', { keep: 'recent', count: TOKEN_COUNT_MAX });
const SETTLEMENTS: Bag = bag('panorama.settled', { keep: 'recent', count: TOKEN_COUNT_MAX });

/** Lets a token ride along with the work at hand. Returns where its settlement will come home to; nothing outside a request. */
export function carryPending({ id, subject, operation }: PendingToken): BaggageScope | undefined {
  const scope = activeScope();
  scope?.pack(TOKENS, { id, subject, operation });
  return scope;
}

/** The tokens that came with the work at hand and are not settled yet, the newest first. */
export function carriedPending(): PendingToken[] {
  const scope = activeScope();
  if (!scope) return [];
  const settled = new Set(settlementsIn(scope).map(({ id }) => id));
  const tokens = scope
    .unpack(TOKENS)
    .flatMap(({ id, subject, operation }) =>
      typeof id === 'string' && typeof subject === 'string' && isIdentityText(subject) && typeof operation === 'string'
        ? [{ id, subject, operation: cut(operation, OPERATION_LENGTH_MAX) }]
        : [],
    );
  return tokens.filter(({ id }) => !settled.has(id)).reverse();
}

/** Says how work ended that another process has begun. It comes home with the answer. */
export function settleElsewhere({ id, isHealthy, errorType }: Settlement): void {
  // What has neither word is dropped by readers who know only two.
  const word = isHealthy === undefined ? { unknown: true } : { healthy: isHealthy, errorType };
  activeScope()?.pack(SETTLEMENTS, { id, ...word });
}

/** How work ended, where somebody has settled it elsewhere and the word has come home. */
export function settlementOf(id: string, scope: BaggageScope): Settlement | undefined {
  return settlementsIn(scope).find((settlement) => settlement.id === id);
}

/** What another process says is anything until it is looked at. */
function settlementsIn(scope: BaggageScope): Settlement[] {
  return scope.unpack(SETTLEMENTS).flatMap(({ id, healthy, unknown, errorType }) => {
    if (typeof id !== 'string' || (typeof healthy !== 'boolean' && unknown !== true)) return [];
    const isHealthy = typeof healthy === 'boolean' ? healthy : undefined;
    return [{ id, isHealthy, errorType: typeof errorType === 'string' ? cut(errorType, ERROR_TYPE_LENGTH_MAX) : '' }];
  });
}
