// SPDX-License-Identifier: Apache-2.0
/**
 * Which instance lives at an address. Callers know addresses, operators know instances; a client span and the server
 * span beneath it connect the two.
 *
 * One address can change hands (a restart: the old instance is never heard of again) or be shared (a load balancer: the
 * old one comes back). The book tells them apart by exactly that, and for a shared address answers with the service
 * alone, because naming one of several instances would accuse the wrong one.
 */
import { type Identity, resolutionOf, serviceOf } from '../../model/identity.js';
import { BoundedMap } from './bounded-map.js';

interface Entry {
  current: Identity;
  /** Instances that lived here before, newest last. */
  readonly former: string[];
  shared: boolean;
}

/** Instances remembered per address: enough to see one come back. */
const FORMER_COUNT_MAX = 8;

export class AddressBook {
  readonly #entries: BoundedMap<string, Entry>;

  /** @param addressCountMax addresses remembered; the one learned first is forgotten first. About 300 bytes each. */
  constructor(addressCountMax = 20_000) {
    this.#entries = new BoundedMap(addressCountMax);
  }

  /** Notes that an instance answered at an address. Returns whether the answer of `resolve` has changed by it. */
  learn(environment: string, address: string, instance: Identity): boolean {
    const key = `${environment} ${address}`;
    const entry = this.#entries.get(key);
    if (!entry) {
      this.#entries.set(key, { current: instance, former: [], shared: false });
      return true;
    }
    if (entry.current.text === instance.text) return false;
    const wasShared = entry.shared;
    if (entry.former.includes(instance.text)) entry.shared = serviceOf(entry.current.text) === serviceOf(instance.text);
    entry.former.push(entry.current.text);
    if (entry.former.length > FORMER_COUNT_MAX) entry.former.shift();
    entry.current = instance;
    return !(wasShared && entry.shared);
  }

  /** The instance at an address; the service where several share it; `undefined` where nobody has answered yet. */
  resolve(environment: string, address: string): Identity | undefined {
    const entry = this.#entries.get(`${environment} ${address}`);
    if (!entry) return undefined;
    if (!entry.shared) return entry.current;
    const service = serviceOf(entry.current.text);
    return { text: service, resolution: resolutionOf(service) };
  }
}
