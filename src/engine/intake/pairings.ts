// SPDX-License-Identifier: Apache-2.0
/**
 * Learns who lives at which address: a server span whose parent is a client span was answered at the address that the client
 * span called. What was found in one request is learned in order of time, so that the order of delivery decides nothing.
 */
import { serviceOf } from '../../model/identity.js';
import type { AddressBook, KnownAddress } from '../identity/address-book.js';
import type { IntakeSink } from './intake-sink.js';
import type { Peer } from './peer.js';
import type { SpanSite } from './span-site.js';

interface Pairing {
  /** Whom the client span named. */
  readonly peer: Peer;
  readonly server: SpanSite;
  /** When it answered, by its own clock. */
  readonly answeredMs: number;
}

export class Pairings {
  readonly #book: AddressBook;
  /** Those of the request that is being read. */
  #found: Pairing[] = [];
  #known: KnownAddress[] = [];

  constructor(book: AddressBook) {
    this.#book = book;
  }

  /** Notes a call whose two ends are here. */
  note(client: SpanSite, server: SpanSite, answeredMs: number): void {
    if (client.peer && client.peer.addresses.length > 0) this.#found.push({ peer: client.peer, server, answeredMs });
  }

  /** Learns from what was found. */
  learn(sink: IntakeSink, nowMs: number): void {
    if (this.#found.length === 0) return;
    // Where all is as it is known, order does not matter.
    if (this.#areKnown()) this.#confirm(sink, nowMs);
    else {
      for (const { peer, server } of this.#found.sort(byAnswer)) {
        for (const address of peer.addresses) this.#learnAt(address, peer, server, sink, nowMs);
      }
    }
    this.#found = [];
    this.#known = [];
  }

  #areKnown(): boolean {
    for (const { peer, server } of this.#found) {
      for (let number = 0; number < peer.addresses.length; number++) {
        const known = peer.knownAt(number, this.#book);
        if (known?.current.text !== server.component) return false;
        this.#known.push(known);
      }
    }
    return true;
  }

  /** An address that was shared may be somebody's alone by now. */
  #confirm(sink: IntakeSink, nowMs: number): void {
    let at = 0;
    for (const { peer } of this.#found) {
      const { environment, addresses } = peer;
      for (const from of addresses) {
        const known = this.#known[at++] as KnownAddress;
        if (this.#book.confirm(known)) sink.renamed({ environment, from, to: known.current }, nowMs);
      }
    }
  }

  #learnAt(from: string, { environment }: Peer, server: SpanSite, sink: IntakeSink, nowMs: number): void {
    const before = this.#book.resolve(environment, from);
    this.#book.learn(environment, from, server.speaker.observer);
    const to = this.#book.resolve(environment, from);
    if (!to || to.text === before?.text) return;
    const isSuccessor = before?.resolution === 'instance' && to.resolution === 'instance';
    if (isSuccessor && serviceOf(before.text) === serviceOf(to.text)) {
      sink.replaced({ environment, subject: before.text }, nowMs);
    }
    sink.renamed({ environment, from, to }, nowMs);
  }
}

function byAnswer(a: Pairing, b: Pairing): number {
  return a.answeredMs - b.answeredMs || (a.server.component < b.server.component ? -1 : 1);
}
