// SPDX-License-Identifier: Apache-2.0
/**
 * What the intake makes of a form, once: who speaks, of which kind its spans are, whom they concern, and whether they went well
 * whatever else they say. Only what is learned later is asked for again: who lives at an address.
 */
import { type Attributes, PANORAMA, SEMCONV } from '../../model/attributes.js';
import type { Identity } from '../../model/identity.js';
import type { ObservationSource } from '../../model/observation.js';
import { SpanKind } from '../../model/span.js';
import { componentOf, environmentOf, hostOf } from '../../observe/component.js';
import { addressOnHost, subjectOnHost } from '../../observe/loopback.js';
import { operationOf } from '../../observe/operation.js';
import type { Outcome } from '../../observe/outcome.js';
import type { ObserveRules } from '../../observe/rules.js';
import { useOf } from '../../observe/span-use.js';
import { addressesOf } from '../../observe/subject.js';
import type { SpanOrigin } from '../calls/span-table.js';
import { addressKey } from '../identity/address-book.js';
import type { ResourceForm, SpanForm } from '../wire/span-form.js';
import type { KnownPair } from './known-pair.js';

/** Whose spans are read. */
export class Speaker {
  readonly observer: Identity;
  readonly environment: string;
  readonly host: string;

  constructor({ attributes }: ResourceForm) {
    this.observer = componentOf(attributes);
    this.environment = environmentOf(attributes);
    this.host = hostOf(attributes);
  }

  static of(form: ResourceForm): Speaker {
    form.known ??= new Speaker(form);
    return form.known as Speaker;
  }
}

const NOWHERE: readonly string[] = [];
const NOTHING: Attributes = {};

export class SpanSite implements SpanOrigin {
  readonly speaker: Speaker;
  readonly kind: SpanKind;
  readonly component: string;
  readonly environment: string;
  readonly isCall: boolean;
  readonly isServed: boolean;
  readonly isObservation: boolean;
  /** A guest has counted its calls. */
  readonly isAccounted: boolean;
  /** Nothing beneath it is the callee's work: a message is taken by its broker, and a database tells of no calls of its own. */
  readonly isLeaf: boolean;
  readonly source: ObservationSource;
  readonly operation: string;
  /** How its spans went, where that is the same for all and good; the others are looked at one by one. */
  readonly outcome: Outcome | undefined;
  /** Addresses that a call gives for its peer, as its host means them. */
  readonly addresses: readonly string[];
  readonly addressKeys: readonly string[];
  /** Addresses that name the subject if somebody is known there, first one first. */
  readonly asked: readonly string[];
  /** The subject where nobody is. */
  readonly unasked: Identity | undefined;
  /** As its subject is known by now. */
  pair: KnownPair | undefined = undefined;
  /** What was known when the pair was made. */
  version = -1;

  constructor(form: SpanForm, rules: ObserveRules) {
    const { kind, name, attributes, resource } = form;
    this.speaker = Speaker.of(resource);
    this.kind = kind;
    this.component = this.speaker.observer.text;
    this.environment = this.speaker.environment;
    const { host } = this.speaker;
    const asked: string[] = [];
    const use = useOf(form, rules, (address) => void asked.push(addressOnHost(address, host)));
    const { call } = use;
    this.isObservation = use.isObservation;
    this.isCall = use.isCall;
    this.isServed = use.isServed;
    this.outcome = use.outcome;
    this.isAccounted = this.isCall && attributes[PANORAMA.OBSERVED] === true;
    this.isLeaf =
      kind === SpanKind.PRODUCER ||
      attributes[SEMCONV.DB_SYSTEM_NAME] !== undefined ||
      attributes[SEMCONV.DB_SYSTEM] !== undefined;
    this.source = this.isServed ? 'self' : (call?.source ?? 'caller');
    this.operation = call?.operation ?? (this.isServed ? operationOf(name, attributes, rules.operations) : '');
    this.unasked = this.isServed ? this.speaker.observer : call && subjectOnHost(call.subject, host);
    const isClient = kind === SpanKind.CLIENT && this.isCall;
    this.addresses = isClient ? addressesOf(attributes).map(({ text }) => addressOnHost(text, host)) : NOWHERE;
    // Mostly the same ones.
    this.asked = asked.join() === this.addresses.join() ? this.addresses : [...asked];
    this.addressKeys = this.addresses.map((each) => addressKey(this.environment, each));
    // What was made of them is all that is asked for from now on.
    form.attributes = NOTHING;
  }

  static of(form: SpanForm, rules: ObserveRules): SpanSite {
    form.known ??= new SpanSite(form, rules);
    return form.known as SpanSite;
  }
}
