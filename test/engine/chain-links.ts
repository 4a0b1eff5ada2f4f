// SPDX-License-Identifier: Apache-2.0
/** Calls that hang or fail in one trace, as `web/1 waits for cart/1`. */
import type { Chains, Explained } from '../../src/engine/chains.js';
import { resolutionOf } from '../../src/model/identity.js';
import type { Observation, OutcomeReason } from '../../src/model/observation.js';
import { HealthStatus } from '../../src/model/status.js';

export const BEGAN_MS: number = 1_700_000_000_000;
/** How long whoever is called has to tell of a call of its own. */
export const TIME_TO_TELL_MS: number = 1000;

/** `web/1 waits for cart/1`, or `web/1 fails at cart/1`, in these traces. */
export function link(said: string, traceIds: readonly string[] = ['t1']): Observation {
  const [observer = '', subject = ''] = said.split(/ waits for | fails at /);
  const hasFailed = said.includes(' fails at ');
  return {
    ...{ id: said, environment: '', observer, subject, resolution: resolutionOf(subject) },
    ...{ operation: 'GET', source: 'caller', count: 1, observedMs: BEGAN_MS, windowMs: 0 },
    status: hasFailed ? HealthStatus.UNHEALTHY : HealthStatus.PENDING,
    reason: hasFailed ? 'timeout' : 'hung',
    evidence: traceIds.map((traceId) => ({ traceId, spanId: 'b'.repeat(16) })),
  };
}

export const failed = (
  said: string,
  content: { readonly reason?: OutcomeReason; readonly blamed?: readonly string[] } = {},
): Observation => ({
  ...link(said),
  ...content,
});

export const shown = ({ subject, deeper, countedMs }: Explained): string =>
  `${subject} by ${deeper}${countedMs === undefined ? '' : `, counted after ${countedMs - BEGAN_MS} ms`}`;

/** What each of these explains, told one after the other: `cart/1 by db/1`. */
export function told(chains: Chains, ...observations: readonly Observation[]): string[][] {
  return observations.map((each) => chains.told(each, BEGAN_MS).map(shown));
}

/** Whose trouble is its own, as far as anybody has told within so long, where all would have told. */
export const ownAfter = (chains: Chains, ms: number): readonly string[] => chains.takeOwn(BEGAN_MS + ms, () => true);
