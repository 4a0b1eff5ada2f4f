// SPDX-License-Identifier: Apache-2.0
/** Subjects, observers and services by their names, each environment by itself. Whoever is recorded of nowhere has no name here. */
import { type Identity, serviceOf } from '../../model/identity.js';
import type { ObservationSource } from '../../model/observation.js';
import type { ObserverRecord, SubjectRecord } from './records.js';

interface Environment {
  readonly subjects: Map<string, SubjectRecord>;
  readonly observers: Readonly<Record<ObservationSource, Map<string, ObserverRecord>>>;
  /** Subjects that are instances, by service. */
  readonly services: Map<string, Set<SubjectRecord>>;
}

const NOBODY: ReadonlySet<SubjectRecord> = new Set();

export class Names {
  readonly #environments = new Map<string, Environment>();
  #subjectCount = 0;
  #observerCount = 0;

  get subjectCount(): number {
    return this.#subjectCount;
  }

  get observerCount(): number {
    return this.#observerCount;
  }

  subject(environment: string, name: string): SubjectRecord | undefined {
    return this.#environments.get(environment)?.subjects.get(name);
  }

  observer(environment: string, name: string, source: ObservationSource): ObserverRecord | undefined {
    return this.#environments.get(environment)?.observers[source].get(name);
  }

  *subjects(): Iterable<SubjectRecord> {
    for (const { subjects } of this.#environments.values()) yield* subjects.values();
  }

  *observers(): Iterable<ObserverRecord> {
    for (const { observers } of this.#environments.values()) {
      for (const ofSource of Object.values(observers)) yield* ofSource.values();
    }
  }

  /** The known instances of a service. */
  instancesOf(environment: string, service: string): ReadonlySet<SubjectRecord> {
    return this.#environments.get(environment)?.services.get(service) ?? NOBODY;
  }

  subjectOf(environment: string, text: string, resolution: Identity['resolution']): SubjectRecord {
    const { subjects, services } = this.#environmentOf(environment);
    let subject = subjects.get(text);
    if (subject) {
      // An instance or a service is known better than an address; never the other way round.
      const isBetter = subject.identity.resolution === 'address' && resolution !== 'address';
      if (isBetter) subject.identity = { text, resolution };
      return subject;
    }
    subject = {
      environment,
      identity: { text, resolution },
      operations: new Map(),
      viewCount: 0,
      suspicion: undefined,
      absence: undefined,
      slowTogetherMs: 0,
    };
    subjects.set(text, subject);
    this.#subjectCount++;
    if (resolution === 'instance') {
      const service = serviceOf(text);
      const siblings = services.get(service);
      if (siblings) siblings.add(subject);
      else services.set(service, new Set([subject]));
    }
    return subject;
  }

  observerOf(environment: string, name: string, source: ObservationSource): ObserverRecord {
    const { observers } = this.#environmentOf(environment);
    let observer = observers[source].get(name);
    if (!observer) {
      observer = {
        environment,
        name,
        source,
        viewCount: 0,
        subjects: new Map(),
        trust: 1,
        observationCount: 0,
        laggedCount: 0,
        isGuest: false,
        suspicion: undefined,
      };
      observers[source].set(name, observer);
      this.#observerCount++;
    }
    return observer;
  }

  dropSubject(subject: SubjectRecord): void {
    const { environment, identity } = subject;
    const known = this.#environments.get(environment);
    if (known?.subjects.get(identity.text) !== subject) return;
    known.subjects.delete(identity.text);
    this.#subjectCount--;
    const service = serviceOf(identity.text);
    const siblings = known.services.get(service);
    siblings?.delete(subject);
    if (siblings?.size === 0) known.services.delete(service);
    if (known.subjects.size === 0) this.#environments.delete(environment);
  }

  dropObserver({ environment, name, source }: ObserverRecord): void {
    if (this.#environments.get(environment)?.observers[source].delete(name)) this.#observerCount--;
  }

  #environmentOf(name: string): Environment {
    let environment = this.#environments.get(name);
    if (!environment) {
      environment = {
        subjects: new Map(),
        observers: { caller: new Map(), probe: new Map(), self: new Map(), report: new Map() },
        services: new Map(),
      };
      this.#environments.set(name, environment);
    }
    return environment;
  }
}
