// SPDX-License-Identifier: Apache-2.0
/**
 * The health of a subject, in the words and with the numbers of the paper's interface definition, so that a status
 * stored or sent by either system means the same in the other. The export is called `HealthStatus` because
 * OpenTelemetry owns `SpanStatus`.
 *
 * Source: Panorama (OSDI 2018), section 3.2; original IDL `health.proto`.
 */
export const HealthStatus = {
  INVALID: 0,
  /** Nothing is known, or all that was known has expired. Silence is never health. */
  NA: 1,
  HEALTHY: 2,
  /** A call has started and not come back for longer than its operation's history allows. */
  PENDING: 3,
  /** It answered, but not as it should: throttled, slow, or only a minority finds it failing. */
  MAYBE_UNHEALTHY: 4,
  UNHEALTHY: 5,
  DYING: 6,
  DEAD: 7,
} as const;

export type HealthStatus = (typeof HealthStatus)[keyof typeof HealthStatus];

/** The name of a status as it stands on the wire and in JSON: lower case, words joined by `_`. */
export type HealthStatusName =
  | 'invalid'
  | 'na'
  | 'healthy'
  | 'pending'
  | 'maybe_unhealthy'
  | 'unhealthy'
  | 'dying'
  | 'dead';

const NAMES: readonly HealthStatusName[] = [
  'invalid',
  'na',
  'healthy',
  'pending',
  'maybe_unhealthy',
  'unhealthy',
  'dying',
  'dead',
];

/** The names of all statuses that something can have, for whoever gave another. */
export const STATUS_NAMES: string = NAMES.slice(HealthStatus.NA).join(', ');

/** The wire name of a status. */
export function statusName(status: HealthStatus): HealthStatusName {
  return NAMES[status] ?? 'invalid';
}

/** The status of a wire name, in either case; `undefined` for a word that is none. */
export function statusFromName(name: string): HealthStatus | undefined {
  const index = NAMES.indexOf(name.toLowerCase() as HealthStatusName);
  return index < 0 ? undefined : (index as HealthStatus);
}

/** UNHEALTHY or worse: the statuses that convict. */
export function isFailing(status: HealthStatus): boolean {
  return status >= HealthStatus.UNHEALTHY;
}
