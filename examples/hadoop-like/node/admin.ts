// SPDX-License-Identifier: Apache-2.0
/**
 * The port by which whoever runs an experiment reaches a node: it breaks a mechanism and mends it, and asks a built-in
 * detector what it believes. Nobody in the cluster calls it.
 */
import { type Handlers, listen } from './http-server.js';

/** How one mechanism is broken and mended. */
export interface FaultControl {
  readonly fault: () => Promise<void> | void;
  readonly repair: () => Promise<void> | void;
}

/** What a node's failure detector believes of the others, by their names. */
export type Beliefs = Readonly<Record<string, 'alive' | 'dead'>>;

/**
 * Listens on the port `admin`: `POST /faults/{id}`, `POST /repairs/{id}`, `GET /detector`.
 *
 * @param controls by the fault's id
 * @param beliefs of a node that has a failure detector
 * @returns the port
 */
export function listenAdmin(
  controls: Readonly<Record<string, FaultControl>>,
  beliefs?: () => Beliefs,
): Promise<number> {
  const switchTo =
    (action: keyof FaultControl): Handlers[string] =>
    async ({ id }) => {
      const control = controls[id];
      if (!control) return { status: 404, body: { error: `this node has no fault ${id}` } };
      await control[action]();
      return { body: { fault: id, state: action === 'fault' ? 'broken' : 'mended' } };
    };
  return listen('admin', {
    'POST /faults/{id}': switchTo('fault'),
    'POST /repairs/{id}': switchTo('repair'),
    ...(beliefs && { 'GET /detector': () => ({ body: beliefs() }) }),
  });
}
