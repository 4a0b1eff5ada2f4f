// SPDX-License-Identifier: Apache-2.0
/**
 * What the intake makes of a form, once: who speaks, of which kind its spans are, whom they concern, and whether they went well
 * whatever else they say. Only what is learned later is asked for again: who lives at an address.
 *
 * There may be as many as there are views and more, so they are small, and what many have in common stands elsewhere.
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
import { type SpanUse, useOf } from '../../observe/span-use.js';
import { addressesOf } from '../../observe/subject.js';
import type { SpanOrigin } from '../calls/span-rows.js';
import type { ResourceForm, SpanForm } from '../wire/span-form.js';
import type { KnownPair } from './known-pair.js';
import { Peer, Peers } from './peer.js';

const NOWHERE: readonly string[] = [];
const NOTHING: Attributes = {};

/** Whose spans are read. */
export class Speaker {
  readonly observer: Identity;
  readonly environment: string;
  readonly host: string;
  /** Whom its server spans are about. */
  readonly itself: Peer;

  constructor({ attributes }: ResourceForm) {
    this.observer = componentOf(attributes);
    this.environment = environmentOf(attributes);
    this.host = hostOf(attributes);
    const { environment, observer } = this;
    this.itself = new Peer({ environment, addresses: NOWHERE, asked: NOWHERE, unasked: observer });
  }

  static of(form: ResourceForm): Speaker {
    form.known ??= new Speaker(form);
    return form.known as Speaker;
  }
}

/** What its spans are, a bit each. */
const IS_CALL = 1;
const IS_SERVED = 2;
const IS_OBSERVATION = 4;
const IS_ACCOUNTED = 8;
const IS_LEAF = 16;

export interface SpanSiteParts {
  readonly speaker: Speaker;
  readonly kind: SpanKind;
  readonly flags: number;
  readonly source: ObservationSource;
  readonly operation: string;
  readonly outcome: Outcome | undefined;
  readonly peer: Peer | undefined;
}

export class SpanSite implements SpanOrigin {
  readonly speaker: Speaker;
  readonly kind: SpanKind;
  readonly #flags: number;
  readonly source: ObservationSource;
  readonly operation: string;
  /** How its spans went, where that is the same for all and good; the others are looked at one by one. */
  readonly outcome: Outcome | undefined;
  /** Whom they name; `undefined` of work within a process. */
  readonly peer: Peer | undefined;
  /** As its subject is known by now. */
  pair: KnownPair | undefined = undefined;
  /** What was known when the pair was made. */
  version = -1;

  constructor({ speaker, kind, flags, source, operation, outcome, peer }: SpanSiteParts) {
    this.speaker = speaker;
    this.kind = kind;
    this.#flags = flags;
    this.source = source;
    this.operation = operation;
    this.outcome = outcome;
    this.peer = peer;
  }

  get component(): string {
    return this.speaker.observer.text;
  }

  get environment(): string {
    return this.speaker.environment;
  }

  get isCall(): boolean {
    return (this.#flags & IS_CALL) !== 0;
  }

  get isServed(): boolean {
    return (this.#flags & IS_SERVED) !== 0;
  }

  get isObservation(): boolean {
    return (this.#flags & IS_OBSERVATION) !== 0;
  }

  /** Whether any of them is looked at, and not only its place in its trace. */
  get isRead(): boolean {
    return (this.#flags & (IS_CALL | IS_SERVED | IS_OBSERVATION)) !== 0;
  }

  /** A guest has counted its calls. */
  get isAccounted(): boolean {
    return (this.#flags & IS_ACCOUNTED) !== 0;
  }

  /** Nothing beneath it is the callee's work: a message is taken by its broker, and a database tells of no calls of its own. */
  get isLeaf(): boolean {
    return (this.#flags & IS_LEAF) !== 0;
  }
}

/** Operations remembered to be shared. Forgetting all of them now and then costs nothing but that. */
const OPERATION_COUNT_MAX = 10_000;

/** Makes a form's site when it is asked for first. */
export class SpanSites {
  readonly #rules: ObserveRules;
  readonly #peers = new Peers();
  /** Each text once, by itself. */
  readonly #operations = new Map<string, string>();

  constructor(rules: ObserveRules) {
    this.#rules = rules;
  }

  of(form: SpanForm): SpanSite {
    return (form.known as SpanSite | undefined) ?? this.#make(form);
  }

  #make(form: SpanForm): SpanSite {
    const { kind, name, attributes, resource } = form;
    const speaker = Speaker.of(resource);
    const asked: string[] = [];
    const use = useOf(form, this.#rules, (address) => void asked.push(addressOnHost(address, speaker.host)));
    const { call, isServed, outcome } = use;
    const site = new SpanSite({
      ...{ speaker, kind, outcome, flags: flagsOf(use, kind, attributes) },
      source: isServed ? 'self' : (call?.source ?? 'caller'),
      operation: this.#once(call?.operation ?? (isServed ? operationOf(name, attributes, this.#rules.operations) : '')),
      peer: isServed ? speaker.itself : this.#peerOf(use, kind, attributes, speaker, asked),
    });
    form.known = site;
    // What was made of them is all that is asked for from now on.
    form.attributes = NOTHING;
    return site;
  }

  #once(operation: string): string {
    const known = this.#operations.get(operation);
    if (known !== undefined) return known;
    if (this.#operations.size >= OPERATION_COUNT_MAX) this.#operations.clear();
    this.#operations.set(operation, operation);
    return operation;
  }

  #peerOf(
    { isCall, call }: SpanUse,
    kind: SpanKind,
    attributes: Attributes,
    { environment, host }: Speaker,
    asked: readonly string[],
  ): Peer | undefined {
    if (!isCall) return undefined;
    const addresses =
      kind === SpanKind.CLIENT ? addressesOf(attributes).map(({ text }) => addressOnHost(text, host)) : NOWHERE;
    return this.#peers.of({ environment, addresses, asked, unasked: call && subjectOnHost(call.subject, host) });
  }
}

function flagsOf({ isCall, isServed, isObservation }: SpanUse, kind: SpanKind, attributes: Attributes): number {
  const isAccounted = isCall && attributes[PANORAMA.OBSERVED] === true;
  const isLeaf =
    kind === SpanKind.PRODUCER ||
    attributes[SEMCONV.DB_SYSTEM_NAME] !== undefined ||
    attributes[SEMCONV.DB_SYSTEM] !== undefined;
  return (
    (isCall ? IS_CALL : 0) |
    (isServed ? IS_SERVED : 0) |
    (isObservation ? IS_OBSERVATION : 0) |
    (isAccounted ? IS_ACCOUNTED : 0) |
    (isLeaf ? IS_LEAF : 0)
  );
}
