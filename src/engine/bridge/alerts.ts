// SPDX-License-Identifier: Apache-2.0
/**
 * Verdicts as alerts, in the words of Prometheus's Alertmanager: a subject that is found failing fires one, under the name of how it
 * fails, and resolves it when it does no more. What an alert is known by are its labels, so those that change meanwhile (who
 * is to blame, on whose word) are annotations.
 *
 * Source: Prometheus documentation, "Alertmanager configuration", `webhook_config`: the message's version 4.
 */
import { createHash } from 'node:crypto';
import type { Evidence } from '../../model/observation.js';
import { isFailing, statusName } from '../../model/status.js';
import type { FailureKind, Transition, Verdict } from '../../model/verdict.js';

export interface Alert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339; the end of one that is firing is the year 1. */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  /** 16 hexadecimal digits, the same for the same labels. */
  readonly fingerprint: string;
}

/** What a webhook of Alertmanager sends. */
export interface AlertMessage {
  readonly version: '4';
  readonly groupKey: string;
  readonly truncatedAlerts: number;
  readonly status: Alert['status'];
  readonly receiver: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  readonly alerts: readonly Alert[];
}

/** Names of alerts by how a subject fails. A failure that nobody can tell the kind of is an unhealthy subject. */
const NAMES: Readonly<Record<FailureKind, string>> = {
  gray: 'PanoramaGrayFailure',
  crash: 'PanoramaCrash',
  masked: 'PanoramaUnhealthy',
  none: 'PanoramaUnhealthy',
};

const NEVER = '0001-01-01T00:00:00Z';

/** Alerts that are firing, by the subjects that they are about. */
export class Alerts {
  readonly #engineUrl: string;
  readonly #firing = new Map<string, Alert>();

  /** @param engineUrl where the engine's API is, for whoever reads an alert */
  constructor(engineUrl: string) {
    this.#engineUrl = engineUrl;
  }

  /** What is to be told of a transition; `undefined` where it changes no alert. */
  messageOf({ atMs, from, verdict }: Transition): AlertMessage | undefined {
    const key = JSON.stringify([verdict.environment, verdict.subject]);
    // What an earlier life of the engine has fired is resolved by this one.
    const wasFiring = isFailing(from.status) ? this.#alertOf({ ...verdict, failure: from.failure }) : undefined;
    const before = this.#firing.get(key) ?? wasFiring;
    const after = isFailing(verdict.status) ? this.#alertOf(verdict) : undefined;
    if (before?.fingerprint === after?.fingerprint) {
      // Told with the end, as Alertmanager does: annotations that change wake nobody again.
      if (after) this.#firing.set(key, after);
      return undefined;
    }
    const alerts: Alert[] = [];
    if (before) alerts.push({ ...before, status: 'resolved', endsAt: timeOf(atMs) });
    if (after) alerts.push(after);
    if (after) this.#firing.set(key, after);
    else this.#firing.delete(key);
    return messageWith(alerts, groupOf(verdict, this.#engineUrl));
  }

  #alertOf(verdict: Verdict): Alert {
    const { environment, subject, failure, sinceMs } = verdict;
    const labels = { alertname: NAMES[failure], environment, subject, failure };
    return {
      ...{ status: 'firing', labels, annotations: annotationsOf(verdict), startsAt: timeOf(sinceMs), endsAt: NEVER },
      generatorURL: `${this.#engineUrl}/api/v1/subjects/${pathOf(subject)}?environment=${encodeURIComponent(environment)}`,
      fingerprint: fingerprintOf(labels),
    };
  }
}

function annotationsOf(verdict: Verdict): Readonly<Record<string, string>> {
  const { subject, status, failure, reason, split, observersAgainst, observersFor, operations, evidence, blame } =
    verdict;
  const failing = operations.filter((each) => isFailing(each.status)).map(({ operation }) => operation);
  const kind = failure === 'none' ? '' : `, a ${failure} failure${split.length > 0 ? ` (by ${split.join(', ')})` : ''}`;
  const said = `${observersAgainst.length} of ${observersAgainst.length + observersFor.length} observers find it failing`;
  return {
    summary: `${subject} is ${statusName(status)}${kind}: ${reason}`,
    description: `${said}${failing.length > 0 ? `, in ${failing.join(', ')}` : ''}.`,
    culprit: blame?.root ?? subject,
    observers_against: observersAgainst.join(', '),
    evidence: evidence[0] ? evidenceOf(evidence[0]) : '',
  };
}

/** The trace, and what went wrong in the words that there are. */
function evidenceOf({ traceId, message, errorType }: Evidence): string {
  return `${traceId} ${message || errorType || ''}`.trim();
}

/** How it is by the later of two messages about one subject, with what only the earlier one tells. */
export function merged(earlier: AlertMessage, later: AlertMessage): AlertMessage {
  const newest = new Map([...earlier.alerts, ...later.alerts].map((alert) => [alert.fingerprint, alert]));
  const alerts = [...newest.values()];
  const isFiring = ({ status }: Alert) => status === 'firing';
  return messageWith([...alerts.filter((each) => !isFiring(each)), ...alerts.filter(isFiring)], later);
}

type Group = Pick<AlertMessage, 'groupKey' | 'groupLabels' | 'externalURL'>;

/** Alerts of one subject go together. */
function groupOf({ environment, subject }: Verdict, engineUrl: string): Group {
  return {
    groupKey: `{}:{environment=${JSON.stringify(environment)}, subject=${JSON.stringify(subject)}}`,
    groupLabels: { environment, subject },
    externalURL: engineUrl,
  };
}

function messageWith(alerts: readonly Alert[], { groupKey, groupLabels, externalURL }: Group): AlertMessage {
  return {
    version: '4',
    groupKey,
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    receiver: 'panorama',
    groupLabels,
    commonLabels: commonTo(alerts.map(({ labels }) => labels)),
    commonAnnotations: commonTo(alerts.map(({ annotations }) => annotations)),
    externalURL,
    alerts,
  };
}

/** What all of them have, with the same value. */
function commonTo([first, ...others]: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const pairs = Object.entries(first ?? {});
  return Object.fromEntries(pairs.filter(([name, value]) => others.every((each) => each[name] === value)));
}

function pathOf(subject: string): string {
  return subject.split('/').map(encodeURIComponent).join('/');
}

function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const named = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(named)).digest('hex').slice(0, 16);
}

function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
