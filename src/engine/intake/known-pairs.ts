// SPDX-License-Identifier: Apache-2.0
/** Finds the pair that the spans of a site are about, by whom its addresses belong to now. */
import type { Identity } from '../../model/identity.js';
import type { OperationCap } from '../../observe/operation-cap.js';
import type { Outcome } from '../../observe/outcome.js';
import type { UsualLatency } from '../../observe/usual-latency.js';
import type { AddressBook } from '../identity/address-book.js';
import { KnownPair } from './known-pair.js';
import type { SpanSite } from './span-site.js';

export interface KnownPairsParts {
  readonly addresses: AddressBook;
  readonly operations: OperationCap;
  readonly usualLatency: UsualLatency;
}

export class KnownPairs {
  readonly #parts: KnownPairsParts;

  constructor(parts: KnownPairsParts) {
    this.#parts = parts;
  }

  /** The pair of a site whose spans went well; `undefined` where they name nobody. */
  of(site: SpanSite): KnownPair | undefined {
    const { addresses, operations } = this.#parts;
    const before = site.pair;
    if (site.version !== addresses.version) {
      site.version = addresses.version;
      site.pair = this.#look(site);
    }
    // Of a new pair the cap itself has counted it.
    if (before && site.pair === before && before.operation !== site.operation) operations.noteFolded();
    return site.pair;
  }

  #look(site: SpanSite): KnownPair | undefined {
    const subject = site.peer?.subject(this.#parts.addresses);
    if (!subject || !site.outcome) return undefined;
    const { pair } = site;
    if (pair?.subject === subject.text && pair.resolution === subject.resolution) return pair;
    return this.#make(site, site.outcome, subject);
  }

  #make(site: SpanSite, { reason }: Outcome, subject: Identity): KnownPair {
    const { operations, usualLatency } = this.#parts;
    const { environment, component, source } = site;
    const operation = operations.admit(`${environment} ${subject.text}`, site.operation);
    const usual = site.isCall
      ? usualLatency.of(`${environment} ${component}`, subject.text, site.operation)
      : undefined;
    return new KnownPair(environment, component, subject.text, subject.resolution, operation, source, reason, usual);
  }
}
