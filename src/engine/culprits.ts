// SPDX-License-Identifier: Apache-2.0
/**
 * Whose fault it is: the ledgers of blame of each environment, asked with what is known of everybody's health. A culprit may
 * be known by its service where its accuser knows no more, and as an instance where somebody else does.
 */
import { BoundedMap } from '../model/bounded-map.js';
import { serviceOf } from '../model/identity.js';
import type { Observation } from '../model/observation.js';
import { HealthStatus, isFailing } from '../model/status.js';
import type { Blame, InstanceTally, Verdict } from '../model/verdict.js';
import type { SettledCall } from './calls/settled-call.js';
import { Chains } from './chains.js';
import type { Hearings, Support } from './hearings.js';
import type { Awaited } from './held-subjects.js';
import { isIll, NamedHealth, type NamedHealthParts } from './named-health.js';
import type { Panoramas, SubjectRef } from './store/panoramas.js';
import type { SubjectRecord, View } from './store/records.js';
import { BlameLedgers, blameEvidenceOf, type Explainers, gravestOf, toldShare } from './verdict/blame.js';
import type { HeardView } from './verdict/quadrant.js';
import { isOwnFaultPossible } from './verdict/trust.js';

/** Environments whose ledgers and chains are held; the one of which nothing bad was heard for longest is forgotten first. */
const ENVIRONMENT_COUNT_MAX = 100;

/** Whoever has become well explains what was heard until so long after that: calls that waited for it come back after its own. In ms. */
const COMING_BACK_MS = 2000;

export interface CulpritsParts extends NamedHealthParts {
  /** What others make of all that an observer has against a subject. */
  readonly supportFor: Hearings['supportFor'];
  /** Told of each subject of which it is learned why it fails, but for whom the news itself was about. */
  readonly onReason: (environment: string, subject: string) => void;
}

export class Culprits {
  readonly #panoramas: Panoramas;
  readonly #verdictOf: (subject: SubjectRecord) => Verdict | undefined;
  readonly #named: NamedHealth;
  readonly #supportFor: CulpritsParts['supportFor'];
  readonly #onReason: CulpritsParts['onReason'];
  readonly #ledgers = new BoundedMap<string, BlameLedgers>(ENVIRONMENT_COUNT_MAX);
  readonly #chains = new BoundedMap<string, Chains>(ENVIRONMENT_COUNT_MAX);

  constructor(parts: CulpritsParts) {
    this.#panoramas = parts.panoramas;
    this.#verdictOf = parts.verdictOf;
    this.#named = new NamedHealth(parts);
    this.#supportFor = parts.supportFor;
    this.#onReason = parts.onReason;
  }

  /** Notes whom the answers to failing calls blamed, if anybody: an answer that blames nobody takes the failure on itself. */
  told(observation: Observation, atMs: number): void {
    const { environment, subject, status, count, source, observerLagSeconds } = observation;
    const isOut = status === HealthStatus.PENDING;
    if (source !== 'caller' || !(isOut || isFailing(status))) return;
    // Whoever has no guest is known by its spans, and what they explain is not told twice.
    if (isOut || observerLagSeconds !== undefined) this.#link(observation, atMs);
    if (isOut) return;
    this.#ledgersOf(environment).add(subject, blameEvidenceOf(observation), atMs, count);
  }

  /** Notes a call that failed or was slow, with what its callee met. */
  settled(call: SettledCall): void {
    const trouble = call.failing ? 'failing' : 'slow';
    this.#ledgersOf(call.environment).add(call.subject, { trouble, ...call.story() }, call.atMs);
    this.#onReason(call.environment, call.subject);
  }

  /** Whether anything is known of the reasons of what a subject is accused of. */
  isReasonKnown(environment: string, subject: string, nowMs: number): boolean {
    return this.#ledgers.get(environment)?.isKnown(subject, nowMs) === true;
  }

  /** Whom a subject waits for itself, by most of what these views find, while it is not known yet whether that one can be why. */
  waitsFor({ environment, identity }: SubjectRecord, ill: readonly HeardView[], nowMs: number): Awaited | undefined {
    const isGuest = this.#panoramas.guest(environment, identity.text) !== undefined;
    const anybody = { canExplain: () => true, canExplainRest: () => isGuest };
    const deeper = this.#ledgers.get(environment)?.deeperOf(identity.text, gravestOf(ill), nowMs, anybody);
    if (!deeper) return undefined;
    const { name, isMost } = deeper;
    const support = this.#supportAgainst(environment, name, identity.text, nowMs);
    const isIll = this.#named.isIll(environment, name);
    // Then it is known: it can be why, or it cannot.
    const record = this.#panoramas.subject({ environment, subject: name });
    const isSure = isMost ? isIll : this.#isConvicted(record);
    if (support === 'contradicted' || (isSure && support === 'shared')) return undefined;
    return record && record.viewCount > 0 ? { name, isIll } : undefined;
  }

  /** Whether a root that was found before may still be the one: it is ill, and nothing is known that says otherwise. */
  isStillRoot({ environment, identity }: SubjectRecord, root: string, nowMs: number): boolean {
    return this.#named.isIll(environment, root) && !this.isReasonKnown(environment, identity.text, nowMs);
  }

  rename(environment: string, from: string, to: string): void {
    this.#ledgers.get(environment)?.rename(from, to);
    this.#chains.get(environment)?.rename(from, to);
  }

  /** Whether somebody deeper explains what is wrong with a subject. */
  isVictim(subject: SubjectRecord, nowMs: number): boolean {
    const { environment, identity } = subject;
    return this.#rootOf(environment, identity.text, nowMs).path.length > 1;
  }

  /** Who is to blame where these views find a subject failing. Where only suspects do, they are. */
  blameOf(record: SubjectRecord, failing: readonly HeardView[], nowMs: number): Blame {
    const { environment, identity, suspicion, slowTogetherMs } = record;
    const subject = identity.text;
    const accusers = [...new Set(failing.map(({ observer }) => observer))].sort();
    const [suspect] = accusers;
    if (suspect !== undefined && failing.every(({ weight }) => weight === 0)) {
      return { root: suspect, path: [subject, suspect], share: 1 };
    }
    if (suspicion && failing.length === 0) return { root: subject, path: [subject], share: 1 };
    const trouble = failing.length === 0 && slowTogetherMs > 0 ? 'slow' : gravestOf(failing);
    this.#named.noteTrouble(record, trouble);
    const blame = this.#rootOf(environment, subject, nowMs);
    const accuser =
      blame.path.length === 1 && failing.every(isOwnFaultPossible)
        ? this.#sickAmong(environment, accusers, subject, nowMs)
        : undefined;
    if (accuser !== undefined) return { root: accuser, path: [subject, accuser], share: 1 };
    // What made it ill is not its own evidence, whatever that says, where nobody finds it failing by its name.
    const isOwn = blame.root !== subject || failing.length > 0;
    const isRoot = isOwn && this.#ledgers.get(environment)?.isKnown(blame.root, nowMs);
    return isRoot ? blame : this.#asInstancesHaveIt(environment, blame);
  }

  /**
   * The sick one where all accusers are sick themselves, by the word of others and by nobody else's fault: who is short of
   * processors finds everybody slow.
   */
  #sickAmong(environment: string, accusers: readonly string[], accused: string, nowMs: number): string | undefined {
    const sick = accusers.map((name) =>
      // By its own name, or by its service's where it is known no better.
      [name, serviceOf(name)]
        .map((each) => this.#panoramas.subject({ environment, subject: each }))
        .find(
          (record) =>
            record !== undefined &&
            isIll(this.#verdictOf(record)) &&
            !this.isVictim(record, nowMs) &&
            isAccusedBy(record, ({ observer }) => serviceOf(observer.name) !== serviceOf(accused)),
        ),
    );
    return sick.includes(undefined) ? undefined : sick[0]?.identity.text;
  }

  /** Of a service that is drawn from its instances. */
  blameOfService({ environment, subject: service }: SubjectRef): Blame {
    return this.#asInstancesHaveIt(environment, { root: service, path: [service], share: 1 });
  }

  /** How many instances of a service are failing; `undefined` where none is known. */
  instancesOf(environment: string, service: string): InstanceTally | undefined {
    let failing = 0;
    let doubtful = 0;
    let total = 0;
    for (const instance of this.#panoramas.instancesOf(environment, service)) {
      const status = this.#verdictOf(instance)?.status ?? HealthStatus.NA;
      // A suspect observer is no failing instance.
      if (status === HealthStatus.NA || instance.viewCount === 0) continue;
      total++;
      if (isFailing(status)) failing++;
      else if (status === HealthStatus.MAYBE_UNHEALTHY) doubtful++;
    }
    return total === 0 ? undefined : { failing, doubtful, total };
  }

  /** A root that is known as a service is what its instance says that is worst, of equals the first. */
  #asInstancesHaveIt(environment: string, blame: Blame): Blame {
    let worst: Verdict | undefined;
    for (const instance of this.#panoramas.instancesOf(environment, blame.root)) {
      const verdict = this.#verdictOf(instance);
      if (instance.viewCount > 0 && isIll(verdict) && verdict.status > (worst?.status ?? 0)) worst = verdict;
    }
    if (!worst?.blame || worst.blame.path.some((name) => blame.path.includes(name))) return blame;
    const { root, path, share } = worst.blame;
    return { root, path: [...blame.path, ...path], share: toldShare(blame.share * share) };
  }

  #rootOf(environment: string, subject: string, nowMs: number): Blame {
    return this.#rootBy(environment, subject, nowMs, (...asked) => this.#canExplainRest(environment, ...asked, nowMs));
  }

  #rootBy(environment: string, subject: string, nowMs: number, canExplainRest: Explainers['canExplainRest']): Blame {
    const ledgers = this.#ledgers.get(environment);
    if (!ledgers) return { root: subject, path: [subject], share: 1 };
    const troubleOf = (name: string) => this.#named.troubleOf(environment, name);
    const canExplain = (name: string, victim: string) => this.#canExplain(environment, name, victim, nowMs);
    return ledgers.rootOf(subject, nowMs, troubleOf, { canExplain, canExplainRest });
  }

  /**
   * Whether a callee is why a guest fails also where nobody says so: it is convicted, by somebody besides who cannot have itself to
   * blame, while nobody contradicts what the guest has against it; or it was, and is well again since. And it does not fail because
   * of that guest.
   */
  #canExplainRest(environment: string, name: string, victim: string, nowMs: number): boolean {
    if (!this.#named.isIll(environment, name)) return this.#canExplain(environment, name, victim, nowMs);
    const callee = this.#panoramas.subject({ environment, subject: name });
    const caller = this.#panoramas.guest(environment, victim);
    if (!callee || !caller || !this.#isConvicted(callee)) return false;
    const isSound = ({ complains, observer }: View) => !complains || !this.#named.isIll(environment, observer.name);
    if (!isAccusedBy(callee, (view) => view.observer.name !== victim && isSound(view))) return false;
    if (this.#supportFor(caller, callee, nowMs) !== 'shared') return false;
    return !this.#rootBy(environment, name, nowMs, () => false).path.includes(victim);
  }

  #isConvicted(subject: SubjectRecord | undefined): boolean {
    return subject !== undefined && isFailing(this.#verdictOf(subject)?.status ?? HealthStatus.NA);
  }

  /**
   * Whether a callee can be why somebody fails: it is ill, and not by that one's word alone, while whoever else asks it for the
   * same is content (what is wrong then is with the one who complains, or on its way there); or it was convicted and is well
   * again, and since then, but for the calls that waited for it, nothing was heard against that one either.
   */
  #canExplain(environment: string, name: string, victim: string, nowMs: number): boolean {
    if (this.#named.isIll(environment, name)) {
      return this.#supportAgainst(environment, name, victim, nowMs) !== 'contradicted';
    }
    const heardMs = this.#ledgers.get(environment)?.heardMs(victim, this.#named.troubleOf(environment, victim), nowMs);
    return heardMs !== undefined && this.#named.hasRecoveredSince(environment, name, heardMs - COMING_BACK_MS);
  }

  /** What others make of all that a victim has against a callee. Who has no guest is taken at its spans' word. */
  #supportAgainst(environment: string, name: string, victim: string, nowMs: number): Support {
    const callee = this.#panoramas.subject({ environment, subject: name });
    const caller = this.#panoramas.guest(environment, victim);
    return callee && caller ? this.#supportFor(caller, callee, nowMs) : 'shared';
  }

  /** Counts calls that hang or failed as their subjects' own trouble where nobody has told of a deeper one in time. */
  countUnexplained(nowMs: number): void {
    for (const [environment, chains] of this.#chains.entries()) {
      // Who has no guest does not tell whom it calls. And of who is well by now the call has come back: else a moment without
      // processors would be its own fault when it next fails because of another.
      const tells = (subject: string) =>
        this.#panoramas.guest(environment, subject) !== undefined && !this.#named.isWell(environment, subject);
      for (const subject of chains.takeOwn(nowMs, tells)) {
        this.#ledgersOf(environment).add(subject, { trouble: 'failing', isCalleeSeen: true, deeper: [] }, nowMs);
        this.#onReason(environment, subject);
      }
      if (chains.isOver(nowMs)) this.#chains.take(environment);
    }
  }

  /** Notes calls that hang or failed as links of their chains, and whose trouble explains whose. */
  #link(observation: Observation, atMs: number): void {
    const { environment } = observation;
    const ledgers = this.#ledgersOf(environment);
    const chains = this.#chains.take(environment) ?? new Chains();
    this.#chains.set(environment, chains);
    for (const { subject, deeper, countedMs } of chains.told(observation, atMs)) {
      if (countedMs !== undefined) ledgers.explain(subject, deeper, countedMs, atMs);
      else
        ledgers.add(subject, { trouble: 'failing', isCalleeSeen: true, deeper: [{ subject: deeper, share: 1 }] }, atMs);
      this.#onReason(environment, subject);
    }
  }

  #ledgersOf(environment: string): BlameLedgers {
    const ledgers = this.#ledgers.take(environment) ?? new BlameLedgers();
    this.#ledgers.set(environment, ledgers);
    return ledgers;
  }
}

/** Whether such a view finds a subject ill. */
function isAccusedBy({ operations }: SubjectRecord, isSuch: (view: View) => boolean): boolean {
  for (const { illCount, views } of operations.values()) {
    if (illCount === 0) continue;
    for (const view of views.values()) if (view.status >= HealthStatus.MAYBE_UNHEALTHY && isSuch(view)) return true;
  }
  return false;
}
