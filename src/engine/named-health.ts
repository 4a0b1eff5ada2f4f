// SPDX-License-Identifier: Apache-2.0
/**
 * How somebody is who is spoken of by name. A caller may know a callee as an instance, by its service, or by a name under which nobody
 * is known: then it is whoever of that name anything is known of.
 */
import { serviceOf } from '../model/identity.js';
import { HealthStatus } from '../model/status.js';
import type { Verdict } from '../model/verdict.js';
import type { Panoramas } from './store/panoramas.js';
import type { SubjectRecord } from './store/records.js';
import { type Trouble, troubleOf } from './verdict/blame.js';

export interface NamedHealthParts {
  readonly panoramas: Panoramas;
  readonly verdictOf: (subject: SubjectRecord) => Verdict | undefined;
  /** When a subject that was convicted has become well, epoch ms; `undefined` where it has not, or long ago. */
  readonly recoveredMs: (subject: SubjectRecord) => number | undefined;
}

export class NamedHealth {
  readonly #parts: NamedHealthParts;
  /** What was found wrong with each when it was last asked whose fault that is. */
  readonly #troubles = new WeakMap<SubjectRecord, Trouble>();

  constructor(parts: NamedHealthParts) {
    this.#parts = parts;
  }

  isIll(environment: string, name: string): boolean {
    return this.#first(environment, name, (subject) => isIll(this.#parts.verdictOf(subject))) !== undefined;
  }

  /** Whether a subject of just this name is well by its verdict. */
  isWell(environment: string, name: string): boolean {
    const subject = this.#parts.panoramas.subject({ environment, subject: name });
    return subject !== undefined && this.#parts.verdictOf(subject)?.status === HealthStatus.HEALTHY;
  }

  /** Notes what is wrong with a subject, so that it is the same whoever asks. */
  noteTrouble(subject: SubjectRecord, trouble: Trouble): void {
    this.#troubles.set(subject, trouble);
  }

  /** What is wrong with whoever is ill of that name; `failing` where nothing is known of that. */
  troubleOf(environment: string, name: string): Trouble {
    const { verdictOf } = this.#parts;
    // Its first verdict is still to be given when it is asked whose fault it is.
    const found = this.#first(environment, name, (subject) => this.#troubles.has(subject) || isIll(verdictOf(subject)));
    if (!found) return 'failing';
    return this.#troubles.get(found) ?? troubleOf(verdictOf(found)?.reason ?? 'reported');
  }

  /** Whether one of that name was convicted and has become well after that moment, epoch ms. */
  hasRecoveredSince(environment: string, name: string, sinceMs: number): boolean {
    const { recoveredMs } = this.#parts;
    return this.#first(environment, name, (subject) => (recoveredMs(subject) ?? 0) > sinceMs) !== undefined;
  }

  /** The first of whom it is so: the subject of this name, its service where there is none, or an instance of it. */
  #first(environment: string, name: string, isSo: (subject: SubjectRecord) => boolean): SubjectRecord | undefined {
    const { panoramas } = this.#parts;
    const exact = panoramas.subject({ environment, subject: name });
    if (exact && isSo(exact)) return exact;
    const service = serviceOf(name);
    if (service !== name) {
      const whole = panoramas.subject({ environment, subject: service });
      return exact === undefined && whole !== undefined && isSo(whole) ? whole : undefined;
    }
    for (const instance of panoramas.instancesOf(environment, name)) if (isSo(instance)) return instance;
    return undefined;
  }
}

export function isIll(verdict: Verdict | undefined): verdict is Verdict {
  return verdict !== undefined && verdict.status >= HealthStatus.MAYBE_UNHEALTHY;
}
