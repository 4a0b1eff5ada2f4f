// SPDX-License-Identifier: Apache-2.0
/**
 * Which instance lives at an address. Callers know addresses, operators know instances; a client span and the server
 * span beneath it connect the two.
 *
 * One address can change hands (a restart: the old instance is not heard of again) or be shared (a load balancer: the
 * answers alternate). The book tells them apart by that, and for a shared address answers with the service alone,
 * because naming one of several instances would accuse the wrong one.
 */

import { BoundedMap } from '../../model/bounded-map.js';
import { type Identity, resolutionOf, serviceOf } from '../../model/identity.js';

interface Entry {
  current: Identity;
  /** Answers by `current` in a row. */
  streak: number;
  /** Changes of hands since the last long streak. */
  changes: number;
  shared: boolean;
}

/** A restart is one change, and a late span of the old instance makes it three; a load balancer changes without end. */
const CHANGES_MAX = 3;

/**
 * Answers in a row after which an address belongs to one instance (again). Of two instances behind a fair balancer one
 * answers a hundred times in a row once in 10^30.
 */
const STREAK_COUNT = 100;

export class AddressBook {
  readonly #entries: BoundedMap<string, Entry>;

  /** @param addressCountMax addresses remembered; the one learned first is forgotten first. About 300 bytes each. */
  constructor(addressCountMax = 20_000) {
    this.#entries = new BoundedMap(addressCountMax);
  }

  /**
   * Notes that an instance answered at an address.
   *
   * @param host the caller's machine or pod, to which a loopback address is confined
   * @returns whether the answer of `resolve` has changed by it
   */
  learn(environment: string, host: string, address: string, instance: Identity): boolean {
    const key = keyOf(environment, host, address);
    const entry = this.#entries.get(key);
    if (!entry) {
      this.#entries.set(key, { current: instance, streak: 1, changes: 0, shared: false });
      return true;
    }
    const wasShared = entry.shared;
    if (entry.current.text === instance.text) {
      if (++entry.streak < STREAK_COUNT) return false;
      entry.changes = 0;
      entry.shared = false;
      return wasShared;
    }
    const sameService = serviceOf(entry.current.text) === serviceOf(instance.text);
    entry.changes = sameService ? entry.changes + 1 : 1;
    entry.shared = sameService && entry.changes > CHANGES_MAX;
    entry.current = instance;
    entry.streak = 1;
    return !(wasShared && entry.shared);
  }

  /** The instance at an address; the service where several share it; `undefined` where nobody has answered yet. */
  resolve(environment: string, host: string, address: string): Identity | undefined {
    const entry = this.#entries.get(keyOf(environment, host, address));
    if (!entry) return undefined;
    if (!entry.shared) return entry.current;
    const service = serviceOf(entry.current.text);
    return { text: service, resolution: resolutionOf(service) };
  }
}

/** `127.0.0.1:9000` is another process on each machine. */
const LOOPBACK = /^(?:127\.|localhost(?::|$)|\[::1\])/;

function keyOf(environment: string, host: string, address: string): string {
  return `${environment} ${LOOPBACK.test(address) ? host : ''} ${address}`;
}
