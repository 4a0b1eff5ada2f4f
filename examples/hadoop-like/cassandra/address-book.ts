// SPDX-License-Identifier: Apache-2.0
/** Where the nodes of the ring are, by name. A node listens before it is told where the others are, so the book is filled later. */
import { type Addresses, addressOf } from '../node/parent.js';

export class AddressBook {
  readonly self: string;
  #addresses: Addresses = {};

  constructor(self: string) {
    this.self = self;
  }

  fill(addresses: Addresses): void {
    this.#addresses = addresses;
  }

  /** Every node of the cluster's configuration, this one included. */
  get nodes(): readonly string[] {
    return Object.keys(this.#addresses).filter((name) => this.#addresses[name]?.['gossip']);
  }

  /** Base URL of a node's port. */
  url(node: string, port: 'gossip' | 'storage'): string {
    return `http://${addressOf(this.#addresses, node, port)}`;
  }
}
