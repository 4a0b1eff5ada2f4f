// SPDX-License-Identifier: Apache-2.0
/**
 * Finds the two ends of one call. A server span whose parent is a client span was answered at the address that the
 * client span called. Either end may arrive first, in another batch, from another process; what has not found its other
 * end waits in a bounded memory. A call that was found is remembered there too: a request that is delivered again would else
 * show a restart that has been over for long, or make a restarted instance look like one of several behind a balancer.
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

interface ServerEnd {
  readonly instance: Identity;
  /** When it answered, by its own clock. */
  readonly answeredNano: bigint;
}

/** A call whose two ends are known: who answered at which addresses, in whose environment. */
export interface Pairing extends ClientEnd, ServerEnd {}

/** Both ends were here. */
const FOUND = 'found';

export class SpanPairing {
  readonly #ends: BoundedMap<string, ClientEnd | ServerEnd | typeof FOUND>;

  /** @param callCountMax calls remembered, found or half; about 250 bytes each. At 1000 calls/s 40 000 is 40 s. */
  constructor(callCountMax = 40_000) {
    this.#ends = new BoundedMap(callCountMax);
  }

  /** A client span of an observer in `environment` on `host`. A subject is in its observer's environment. */
  client(span: SpanRecord, environment: string, host: string): Pairing | undefined {
    const addresses = addressesOf(span.attributes).map(({ text }) => addressOnHost(text, host));
    if (addresses.length === 0) return undefined;
    const key = span.traceId + span.spanId;
    const other = this.#ends.get(key);
    if (other === undefined) this.#ends.set(key, { environment, addresses });
    if (other === undefined || other === FOUND || !('instance' in other)) return undefined;
    this.#ends.set(key, FOUND);
    return { environment, addresses, ...other };
  }

  /** A server span of the component `instance`. */
  server(span: SpanRecord, instance: Identity): Pairing | undefined {
    if (span.parentSpanId === '') return undefined;
    const key = span.traceId + span.parentSpanId;
    const other = this.#ends.get(key);
    const own = { instance, answeredNano: span.endUnixNano };
    if (other === undefined) this.#ends.set(key, own);
    if (other === undefined || other === FOUND || 'instance' in other) return undefined;
    this.#ends.set(key, FOUND);
    return { ...other, ...own };
  }
}

/** In order of time, so that the order of delivery decides nothing. */
export function byAnswer(a: Pairing, b: Pairing): number {
  if (a.answeredNano !== b.answeredNano) return a.answeredNano < b.answeredNano ? -1 : 1;
  return a.instance.text < b.instance.text ? -1 : 1;
}
