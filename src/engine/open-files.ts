// SPDX-License-Identifier: Apache-2.0
/** How many connections a receiver may hold by what the system lets the process open: without a file left it could not even read its tokens. */
import { readFileSync } from 'node:fs';

/** Where Linux tells it. Node has raised its own limit as far as it may by then. */
const LIMITS = '/proc/self/limits';

/** Kept for the API's thousand connections, the history and whatever else there is. */
const OTHER_FILES = 1500;

const RECEIVERS = 2;

/** A process that may open almost nothing shall still take what few senders there are. */
const LEAST_CONNECTIONS = 100;

/**
 * @param limits the text of `/proc/self/limits`; without one nothing is known
 * @param countMax connections that a receiver may have where there are files enough
 */
export function connectionsWithin(limits: string | undefined, countMax: number): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? '') ?? [];
  const openFiles = Number(soft);
  // Unlimited, or unknown.
  if (Number.isNaN(openFiles)) return countMax;
  const each = Math.floor((openFiles - OTHER_FILES) / RECEIVERS);
  return Math.min(countMax, Math.max(LEAST_CONNECTIONS, each));
}

/** Likewise, of this process. */
export function connectionsPossible(countMax: number): number {
  try {
    return connectionsWithin(readFileSync(LIMITS, 'utf8'), countMax);
  } catch {
    return connectionsWithin(undefined, countMax);
  }
}
