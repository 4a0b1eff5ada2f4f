// SPDX-License-Identifier: Apache-2.0
/**
 * Finds the two ends of one call. A server span whose parent is a client span was answered at the address that the
 * client span called. Either end may arrive first, in another batch, from another process; what has not found its other
 * end waits in a bounded memory.
 */

import { BoundedMap } from '../../model/bounded-map.js';
import type { Identity } from '../../model/identity.js';
import type { SpanRecord } from '../../model/span.js';
import { addressOnHost } from '../../observe/loopback.js';
import { addressesOf } from '../../observe/subject.js';

interface ClientEnd {
  readonly environment: string;
  readonly addresses: readonly string[];
}

/** A call whose two ends are known: who answered at which addresses, in whose environment. */
export interface Pairing extends ClientEnd {
  readonly instance: Identity;
}

export class SpanPairing {
  readonly #clients: BoundedMap<string, ClientEnd>;
  readonly #servers: BoundedMap<string, Identity>;

  /** @param waitingCountMax ends that wait on each side; about 250 bytes each. At 1000 calls/s 20 000 is 20 s. */
  constructor(waitingCountMax = 20_000) {
    this.#clients = new BoundedMap(waitingCountMax);
    this.#servers = new BoundedMap(waitingCountMax);
  }

  /** A client span of an observer in `environment` on `host`. A subject is in its observer's environment. */
  client(span: SpanRecord, environment: string, host: string): Pairing | undefined {
    const addresses = addressesOf(span.attributes).map(({ text }) => addressOnHost(text, host));
    if (addresses.length === 0) return undefined;
    const key = span.traceId + span.spanId;
    const instance = this.#servers.take(key);
    if (instance) return { environment, addresses, instance };
    this.#clients.set(key, { environment, addresses });
    return undefined;
  }

  /** A server span of the component `instance`. */
  server(span: SpanRecord, instance: Identity): Pairing | undefined {
    if (span.parentSpanId === '') return undefined;
    const key = span.traceId + span.parentSpanId;
    const client = this.#clients.take(key);
    if (client) return { ...client, instance };
    this.#servers.set(key, instance);
    return undefined;
  }
}
