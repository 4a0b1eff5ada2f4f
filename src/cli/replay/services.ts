// SPDX-License-Identifier: Apache-2.0
/** The states of services: the worst of each service's own and its instances'. Pure. */
import type { ReplayedState } from '../../engine/replay.js';
import { serviceOf } from '../../model/identity.js';
import { HealthStatus } from '../../model/status.js';

export class Services {
  readonly #states = new Map<string, Map<string, ReplayedState>>();
  readonly #told = new Map<string, string>();

  /** The state of a subject's service, if the subject's changes it; whoever is blamed is a service too. */
  changed(state: ReplayedState): ReplayedState | undefined {
    const service = serviceOf(state.subject);
    const key = `${state.environment} ${service}`;
    const states = this.#states.get(key) ?? new Map<string, ReplayedState>();
    this.#states.set(key, states.set(state.subject, state));
    const worst = [...states.values()].reduce((a, b) => (severity(b) > severity(a) ? b : a));
    const blame = worst.blame === undefined ? undefined : serviceOf(worst.blame);
    const said = `${worst.status} ${worst.failure} ${blame}`;
    if (this.#told.get(key) === said) return undefined;
    this.#told.set(key, said);
    return { ...worst, atMs: state.atMs, subject: service, blame };
  }
}

/** A call that is out is a wait, not a finding. */
function severity({ status }: ReplayedState): number {
  return status === HealthStatus.PENDING ? HealthStatus.HEALTHY : status;
}
