// SPDX-License-Identifier: Apache-2.0
/** The history of an engine under attack: how it fares, and what stands in it. */
import type { JournalStatus } from '../../src/engine/engine-reader.js';
import { until } from '../support/until.js';
import type { Siege } from './siege.js';

async function ask<T>({ engine }: Siege, route: string): Promise<T> {
  return (await (await fetch(`http://${engine.addresses.api}${route}`)).json()) as T;
}

/** Waits until it fares so. */
export function historyIs(
  siege: Siege,
  what: string,
  isSo: (status: JournalStatus) => boolean,
): Promise<JournalStatus> {
  return until(
    `the history to be ${what}`,
    async () => {
      const { journal } = await ask<{ journal: JournalStatus }>(siege, '/api/v1/counts');
      return isSo(journal) ? journal : undefined;
    },
    60_000,
  );
}

/** What was said of a subject, newest first. */
export async function statusesInHistory(siege: Siege, subject: string): Promise<string[]> {
  const route = `/api/v1/history?subject=${subject}`;
  const { transitions } = await ask<{ transitions: { verdict: { status: string } }[] }>(siege, route);
  return transitions.map(({ verdict }) => verdict.status);
}
