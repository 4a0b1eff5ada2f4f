// SPDX-License-Identifier: Apache-2.0
/**
 * What a trial comes to, from its record. Pure.
 *
 * A conviction is a verdict `unhealthy`, `dying` or `dead`. It is right when, between fault and repair, it names the fault's
 * subject with one of the operations that the fault breaks, and blames nobody else. Of the other convictions those are wrong
 * that blame anybody but that subject or its service, and all before the fault, however short they are.
 */
import type { Fault } from '../faults/fault.js';
import type { ToldConviction } from './conviction-log.js';
import { type ApiTransition, type ApiVerdict, culpritOf, isConviction } from './engine-api.js';
import type { TrialRecord } from './trial.js';

export interface Conviction {
  readonly subject: string;
  readonly status: string;
  readonly failure: string;
  readonly operations: readonly string[];
  /** Whom it blames; the subject itself where it names nobody. */
  readonly culprit: string;
  /** From the fault; negative before it, and `undefined` where there was none yet. */
  readonly afterFaultS: number | undefined;
}

export interface Figures {
  /** From the fault to the first failing observation in the verdict, s: the paper's clock. `undefined` where there was no right verdict. */
  readonly firstS: number | undefined;
  /** From the fault to the verdict. */
  readonly verdictS: number | undefined;
  /** From the repair until no verdict of this subject is failing any more. */
  readonly recoveryS: number | undefined;
  /** From the fault until a built-in detector calls one of the fault's nodes dead. */
  readonly builtinS: number | undefined;
  /** How long the fault was there, and they could have found it, s. */
  readonly heldS: number;
  /** The right conviction. */
  readonly verdict: ApiVerdict | undefined;
  readonly wrong: readonly Conviction[];
  /** What the clients met between fault and repair, by operation. */
  readonly failedOperations: Readonly<Record<string, number>>;
  /** What makes the trial itself worth nothing, in sentences. */
  readonly problems: readonly string[];
}

/** Whether a verdict says what is the case: this subject, one of these operations, and nobody else's fault. */
export function isRightConviction(verdict: ApiVerdict, fault: Fault): boolean {
  return (
    verdict.subject === fault.subject &&
    isConviction(verdict) &&
    culpritOf(verdict) === fault.subject &&
    failingOperations(verdict).some((operation) => breaks(fault, operation))
  );
}

/** Whether a fault breaks an operation. */
export function breaks({ operations }: Fault, operation: string): boolean {
  return operations === 'all' || operations.includes(operation);
}

/** Judges a record. */
export function figuresOf(record: TrialRecord, fault: Fault): Figures {
  const { faultMs, repairMs, transitions, convictions, missedTransitionCount, failedPollCount } = record;
  const right = rightIn(record, fault);
  const recoveryS = right && recoveryOf(transitions, fault, repairMs);
  const problems: string[] = [];
  if (missedTransitionCount > 0)
    problems.push(`${missedTransitionCount} changes of verdicts could not be read in time`);
  if (failedPollCount > 0) problems.push(`the engine did not answer ${failedPollCount} of the looks at its verdicts`);
  if (right && right.verdict.sinceMs < faultMs) problems.push('its first evidence is older than the fault');
  if (recoveryS !== undefined && recoveryS < 0) problems.push('its conviction was gone before the repair');
  return {
    firstS: right && secondsBetween(faultMs, right.verdict.sinceMs),
    verdictS: right && secondsBetween(faultMs, right.atMs),
    recoveryS,
    builtinS: builtinOf(record, fault),
    heldS: secondsBetween(faultMs, repairMs),
    verdict: right?.verdict,
    wrong: wrongConvictions(convictions, fault, faultMs),
    failedOperations: failedBetween(record),
    problems,
  };
}

/** The first right conviction: as a change of status told it, or a look, for operations may change without one. */
function rightIn({ transitions, found, faultMs, repairMs }: TrialRecord, fault: Fault): Told | undefined {
  const told = transitions.find(
    ({ atMs, verdict }) => atMs >= faultMs && atMs <= repairMs && isRightConviction(verdict, fault),
  );
  const seen = found && { atMs: found.judgedMs, verdict: found };
  return told && seen ? (seen.atMs < told.atMs ? seen : told) : (told ?? seen);
}

type Told = Pick<ApiTransition, 'atMs' | 'verdict'>;

/** Operations that a verdict finds failing. */
export function failingOperations(verdict: ApiVerdict): readonly string[] {
  return verdict.operations.filter(({ status }) => CONVICTED.has(status)).map(({ operation }) => operation);
}

const CONVICTED: ReadonlySet<string> = new Set(['unhealthy', 'dying', 'dead']);

/** Which convictions are wrong. @param faultMs `undefined` where the trial did not come to the fault: then all of them are */
export function wrongConvictions(
  convictions: readonly ToldConviction[],
  fault: Fault,
  faultMs: number | undefined,
): Conviction[] {
  const wrong = convictions.filter(({ atMs, verdict }) => {
    const culprit = culpritOf(verdict);
    // A service that blames itself says no more than that its instances fail.
    const isRight = culprit === fault.subject || isServiceOf(culprit, fault.subject);
    return faultMs === undefined || atMs < faultMs || !isRight;
  });
  return wrong.map(({ atMs, verdict }) => ({
    subject: verdict.subject,
    status: verdict.status,
    failure: verdict.failure,
    operations: failingOperations(verdict),
    culprit: culpritOf(verdict),
    afterFaultS: faultMs === undefined ? undefined : secondsBetween(faultMs, atMs),
  }));
}

/** `namenode` is the service of `namenode/nn1`: its verdict is drawn from its instances. */
function isServiceOf(service: string, subject: string): boolean {
  return subject.startsWith(`${service}/`);
}

function recoveryOf(transitions: readonly ApiTransition[], fault: Fault, repairMs: number): number | undefined {
  const own = transitions.filter(({ verdict }) => verdict.subject === fault.subject);
  const last = own.findLast(({ verdict }) => isConviction(verdict));
  const recovered = own.find(({ atMs, verdict }) => atMs > (last?.atMs ?? 0) && verdict.status === 'healthy');
  return recovered && secondsBetween(repairMs, recovered.atMs);
}

function builtinOf({ looks, faultMs, repairMs }: TrialRecord, fault: Fault): number | undefined {
  const found = looks.find(
    ({ atMs, beliefs }) =>
      atMs >= faultMs &&
      atMs <= repairMs &&
      Object.values(beliefs).some((believed) => fault.nodes.some((node) => believed[node] === 'dead')),
  );
  return found && secondsBetween(faultMs, found.atMs);
}

function failedBetween({ looks, faultMs, repairMs }: TrialRecord): Record<string, number> {
  const before = looks.findLast(({ atMs }) => atMs <= faultMs)?.tally.operations ?? {};
  const after = looks.findLast(({ atMs }) => atMs <= repairMs)?.tally.operations ?? {};
  const grown = Object.entries(after).map(
    ([name, { failed }]) => [name, failed - (before[name]?.failed ?? 0)] as const,
  );
  return Object.fromEntries(grown.filter(([, failed]) => failed > 0));
}

function secondsBetween(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / 1000;
}
