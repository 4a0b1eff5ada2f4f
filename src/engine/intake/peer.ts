// SPDX-License-Identifier: Apache-2.0
/**
 * Whom spans name: the addresses that they give for it, and who it is by those. Hundreds of callers name the same one, in spans
 * of their own; what is known of it they have in common.
 */
import type { Identity } from '../../model/identity.js';
import { type AddressBook, addressKey, type KnownAddress } from '../identity/address-book.js';

/** What names a peer. */
export interface PeerNames {
  readonly environment: string;
  /** Addresses that a call gives for its peer, as its host means them. */
  readonly addresses: readonly string[];
  /** Those of them that name the subject if somebody is known there, first one first. */
  readonly asked: readonly string[];
  /** The subject where nobody is. */
  readonly unasked: Identity | undefined;
}

export class Peer implements PeerNames {
  readonly environment: string;
  readonly addresses: readonly string[];
  readonly asked: readonly string[];
  readonly unasked: Identity | undefined;
  readonly #keys: readonly string[];
  readonly #known: (KnownAddress | undefined)[];
  #subject: Identity | undefined;
  /** What the book knew when it was asked for the subject last. */
  #version = -1;

  constructor({ environment, addresses, asked, unasked }: PeerNames) {
    this.environment = environment;
    this.addresses = addresses;
    this.asked = asked;
    this.unasked = unasked;
    this.#keys = addresses.map((each) => addressKey(environment, each));
    this.#known = addresses.map(() => undefined);
  }

  /** Who answered last at its address of this number. */
  knownAt(number: number, book: AddressBook): KnownAddress | undefined {
    const known = this.#known[number];
    if (known && !known.isGone) return known;
    this.#known[number] = book.entryAt(this.#keys[number] as string);
    return this.#known[number];
  }

  /** Who it is by now. */
  subject(book: AddressBook): Identity | undefined {
    if (this.#version === book.version) return this.#subject;
    this.#version = book.version;
    this.#subject = this.unasked;
    for (const address of this.asked) {
      const resident = book.resolve(this.environment, address);
      if (!resident) continue;
      this.#subject = resident;
      break;
    }
    return this.#subject;
  }
}

/** Peers remembered to be shared. Forgetting all of them now and then costs nothing but that. */
const PEER_COUNT_MAX = 20_000;

/** One peer for all that name the same. */
export class Peers {
  readonly #known = new Map<string, Peer>();

  of(names: PeerNames): Peer {
    const key = keyOf(names);
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= PEER_COUNT_MAX) this.#known.clear();
    const peer = new Peer(names);
    this.#known.set(key, peer);
    return peer;
  }
}

function keyOf({ environment, addresses, asked, unasked }: PeerNames): string {
  return JSON.stringify([environment, addresses, asked, unasked?.text, unasked?.resolution]);
}
