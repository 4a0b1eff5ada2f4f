// SPDX-License-Identifier: Apache-2.0
/**
 * Which instance lives at an address. Callers know addresses, operators know instances; a client span and the server
 * span beneath it connect the two.
 *
 * One address can change hands (restarts: the old instances are not heard of again) or be shared (a load balancer: they
 * come back). The book tells them apart by that. For a shared address it answers with the service alone, because naming
 * one of several instances would accuse the wrong one; and where several services share it, as behind a proxy, with
 * nothing.
 */
import { BoundedMap } from '../../model/bounded-map.js';
import { type Identity, resolutionOf, serviceOf } from '../../model/identity.js';

/** Who answered at an address last. */
export interface KnownAddress {
  readonly current: Identity;
  /** Forgotten to make room: whoever keeps it looks for another. */
  readonly isGone: boolean;
}

interface Entry extends KnownAddress {
  current: Identity;
  isGone: boolean;
  /** Instances that answered since the last long streak. */
  readonly seen: Set<string>;
  /** Answers by `current` in a row. */
  streak: number;
  /** Returns of an instance that had been followed by another. */
  returns: number;
  /** Whether more than one service answered since the last long streak. */
  mixed: boolean;
}

/** A late span of the old instance after a restart makes two returns; a load balancer makes them without end. */
const RETURNS_MAX = 2;

/**
 * Answers in a row after which an address belongs to one instance (again). Of two instances behind a fair balancer one
 * answers a hundred times in a row once in 10^30.
 */
const STREAK_COUNT = 100;

/** Instances remembered per address; of more than these, balanced in turn, none would be seen to return. */
const SEEN_COUNT_MAX = 256;

/** By what an address is found. */
export function addressKey(environment: string, address: string): string {
  // Joined, and not a template: that would be kept as its parts, and put together at each look.
  return [environment, address].join(' ');
}

export class AddressBook {
  readonly #entries: BoundedMap<string, Entry>;
  #version = 0;

  /** @param addressCountMax addresses remembered; the one learned first is forgotten first. About 400 bytes each. */
  constructor(addressCountMax = 20_000) {
    this.#entries = new BoundedMap(addressCountMax, (entry) => this.#forgotten(entry));
  }

  /** Changes whenever somebody else may be named for an address than before. */
  get version(): number {
    return this.#version;
  }

  /** What is known of an address, to be looked at and confirmed, as long as it is not gone; `key` is of `addressKey`. */
  entryAt(key: string): KnownAddress | undefined {
    return this.#entries.get(key);
  }

  /**
   * Notes that who is known to live at an address has answered there again.
   *
   * @returns whether somebody else may be named for the address than before
   */
  confirm(known: KnownAddress): boolean {
    const entry = known as Entry;
    return ++entry.streak === STREAK_COUNT && this.#settle(entry);
  }

  /** Notes that an instance answered at an address. */
  learn(environment: string, address: string, instance: Identity): void {
    const entry = this.#entries.get(addressKey(environment, address));
    if (entry?.current.text === instance.text) {
      this.confirm(entry);
      return;
    }
    const before = this.resolve(environment, address)?.text;
    this.#note(environment, address, instance);
    if (this.resolve(environment, address)?.text !== before) this.#version++;
  }

  #note(environment: string, address: string, instance: Identity): void {
    const key = addressKey(environment, address);
    const entry = this.#entries.get(key);
    if (!entry) {
      this.#entries.set(key, {
        current: instance,
        isGone: false,
        seen: new Set([instance.text]),
        streak: 1,
        returns: 0,
        mixed: false,
      });
      return;
    }
    if (entry.seen.has(instance.text)) entry.returns++;
    if (entry.seen.size >= SEEN_COUNT_MAX) entry.seen.clear();
    entry.seen.add(instance.text);
    entry.mixed ||= serviceOf(entry.current.text) !== serviceOf(instance.text);
    entry.current = instance;
    entry.streak = 1;
  }

  /** The instance at an address; the service where its instances share it; `undefined` where nobody can be named. */
  resolve(environment: string, address: string): Identity | undefined {
    const entry = this.#entries.get(addressKey(environment, address));
    if (!entry) return undefined;
    if (entry.returns <= RETURNS_MAX) return entry.current;
    if (entry.mixed) return undefined;
    const service = serviceOf(entry.current.text);
    return { text: service, resolution: resolutionOf(service) };
  }

  /** Nobody is named for its address any more. */
  #forgotten(entry: Entry): void {
    entry.isGone = true;
    this.#version++;
  }

  /** Nobody else has been heard for long: the address is this instance's alone. */
  #settle(entry: Entry): boolean {
    const wasShared = entry.returns > 0 || entry.mixed;
    if (wasShared) this.#version++;
    entry.seen.clear();
    entry.seen.add(entry.current.text);
    entry.returns = 0;
    entry.mixed = false;
    return wasShared;
  }
}
