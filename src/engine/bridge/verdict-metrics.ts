// SPDX-License-Identifier: Apache-2.0
/**
 * The metrics that verdicts become: one row each. A name of a subject or an observer is an attribute here, which is the point of
 * it, and both are bounded: subjects by what the engine keeps, pairs by an option. A subject that is known no more has no points.
 * Names follow OpenTelemetry's conventions; what Prometheus makes of them stands in `docs/bridge.md`, which is checked against
 * this table.
 */
import type { Attributes } from '@opentelemetry/api';
import { PANORAMA, SEMCONV } from '../../model/attributes.js';
import { HealthStatus, statusName } from '../../model/status.js';
import type { FailureKind, Verdict } from '../../model/verdict.js';
import type { ViewStatus } from '../engine-reader.js';
import { type BridgeRow, type Point, STATUSES } from './bridge-row.js';

/** Failures by their numbers, the worse the higher. */
export const FAILURE_NUMBERS: Readonly<Record<FailureKind, number>> = { none: 0, masked: 1, gray: 2, crash: 3 };

/** Attributes of metrics that spans do not have. */
export const BRIDGE = {
  FAILURE: 'panorama.failure',
  SPLIT: 'panorama.split',
  VOTE: 'panorama.vote',
  CULPRIT: 'panorama.culprit',
  SUSPICION: 'panorama.suspicion.reason',
  INSTANCE_STATE: 'panorama.instance.state',
} as const;

const OF_SUBJECT = [SEMCONV.DEPLOYMENT_ENVIRONMENT_NAME, PANORAMA.SUBJECT] as const;

export const BRIDGE_ROWS: readonly BridgeRow[] = [
  {
    name: 'panorama.subject.health',
    kind: 'gauge',
    unit: '{status}',
    description: 'Health of a subject: 1 na, 2 healthy, 3 pending, 4 maybe_unhealthy, 5 unhealthy, 6 dying, 7 dead.',
    attributes: OF_SUBJECT,
    read: ({ verdicts }) => verdicts.map((each) => ({ value: each.status, attributes: ofSubject(each) })),
  },
  {
    name: 'panorama.subject.failure',
    kind: 'gauge',
    unit: '{failure}',
    description: 'How a subject fails: 0 none, 1 masked, 2 gray, 3 crash.',
    attributes: OF_SUBJECT,
    read: ({ verdicts }) =>
      verdicts.map((each) => ({ value: FAILURE_NUMBERS[each.failure], attributes: ofSubject(each) })),
  },
  {
    name: 'panorama.subject.problem',
    kind: 'gauge',
    unit: '{problem}',
    description:
      'Of a subject that fails or is in doubt, 1, with what is wrong as attributes. One that is well has none.',
    attributes: [...OF_SUBJECT, PANORAMA.STATUS, BRIDGE.FAILURE, PANORAMA.REASON, BRIDGE.SPLIT, BRIDGE.CULPRIT],
    read: ({ verdicts }) => verdicts.filter(hasProblem).map((each) => ({ value: 1, attributes: problemOf(each) })),
  },
  {
    name: 'panorama.subject.since',
    kind: 'gauge',
    unit: 's',
    description: 'Since when health and failure of a subject are what they are, in seconds since 1970.',
    attributes: OF_SUBJECT,
    read: ({ verdicts }) => verdicts.map((each) => ({ value: each.sinceMs / 1000, attributes: ofSubject(each) })),
  },
  {
    name: 'panorama.subject.confidence',
    kind: 'gauge',
    unit: '1',
    description: 'How sure the verdict on a subject is, 0 to 1.',
    attributes: OF_SUBJECT,
    read: ({ verdicts }) => verdicts.map((each) => ({ value: each.confidence, attributes: ofSubject(each) })),
  },
  {
    name: 'panorama.subject.votes',
    kind: 'gauge',
    unit: '{observer}',
    description: 'Observers for a subject, against it, and those whose word does not count (`doubted`).',
    attributes: [...OF_SUBJECT, BRIDGE.VOTE],
    read: ({ verdicts }) => verdicts.flatMap(votesOn),
  },
  {
    name: 'panorama.subject.suspicion',
    kind: 'gauge',
    unit: '{suspicion}',
    description:
      'Of a component that is suspected by what it says of others, 1: it is `alone` with it, or `overloaded`.',
    attributes: [...OF_SUBJECT, BRIDGE.SUSPICION],
    read: ({ verdicts }) =>
      verdicts.flatMap((each) => {
        if (!each.suspicion) return [];
        return [{ value: 1, attributes: { ...ofSubject(each), [BRIDGE.SUSPICION]: each.suspicion.reason } }];
      }),
  },
  {
    name: 'panorama.service.instances',
    kind: 'gauge',
    unit: '{instance}',
    description: 'Instances of a service by how they are: `failing`, `doubtful` or `other`.',
    attributes: [...OF_SUBJECT, BRIDGE.INSTANCE_STATE],
    read: ({ verdicts }) => verdicts.flatMap(instancesOf),
  },
  {
    name: 'panorama.blame',
    kind: 'gauge',
    unit: '1',
    description:
      'Of each step from a failing subject to the root of it, how much of what could be known leads along the whole path, 0 to 1.',
    attributes: [...OF_SUBJECT, BRIDGE.CULPRIT],
    isShared: true,
    read: ({ verdicts }) => blameEdges(verdicts),
  },
  {
    name: 'panorama.view.health',
    kind: 'gauge',
    unit: '{status}',
    description: 'Health of a subject as one observer finds it, the worst of its operations. Numbers as of a subject.',
    attributes: [...OF_SUBJECT, PANORAMA.OBSERVER],
    read: ({ views }) => views.map((each) => ({ value: each.status, attributes: ofView(each) })),
  },
  {
    name: 'panorama.views.left_out',
    kind: 'gauge',
    unit: '{view}',
    description: 'Pairs of observer and subject without a point above, because there are too many.',
    attributes: [],
    read: ({ viewsLeftOut }) => [{ value: viewsLeftOut, attributes: {} }],
  },
  {
    name: 'panorama.observations',
    kind: 'counter',
    unit: '{call}',
    description:
      'Calls that were judged, by what each of them said of its callee; what components say of themselves is among them.',
    attributes: [PANORAMA.STATUS],
    read: ({ callsByStatus }) =>
      STATUSES.map((status) => ({
        value: callsByStatus.get(status) ?? 0,
        attributes: { [PANORAMA.STATUS]: statusName(status) },
      })),
  },
  {
    name: 'panorama.transitions',
    kind: 'counter',
    unit: '{transition}',
    description: 'Changes of status or failure, by what they changed to.',
    attributes: [PANORAMA.STATUS, BRIDGE.FAILURE],
    read: ({ tallies }) =>
      [...tallies.transitions()].map(({ status, failure, count, exemplar }) => ({
        ...{ value: count, exemplar },
        attributes: { [PANORAMA.STATUS]: status, [BRIDGE.FAILURE]: failure },
      })),
  },
];

/** Of the histogram, which is no row: its points are no single numbers. */
export const DETECTION_DELAY = {
  name: 'panorama.detection.delay',
  unit: 's',
  description: 'From the first evidence of a failure until its subject was found failing.',
} as const;

/** Whether two verdicts on one subject have the same series in all rows that are not shared: whether they say the same in attributes. */
export function haveSameSeries(one: Verdict, other: Verdict): boolean {
  return (
    one.status === other.status &&
    one.failure === other.failure &&
    one.reason === other.reason &&
    one.blame?.root === other.blame?.root &&
    one.split.join() === other.split.join() &&
    one.suspicion?.reason === other.suspicion?.reason &&
    (one.instances === undefined) === (other.instances === undefined)
  );
}

function ofSubject({ environment, subject }: Pick<Verdict, 'environment' | 'subject'>): Attributes {
  return { [SEMCONV.DEPLOYMENT_ENVIRONMENT_NAME]: environment, [PANORAMA.SUBJECT]: subject };
}

function ofView(view: ViewStatus): Attributes {
  return { ...ofSubject(view), [PANORAMA.OBSERVER]: view.observer };
}

function hasProblem({ status, failure }: Verdict): boolean {
  return failure !== 'none' || status >= HealthStatus.MAYBE_UNHEALTHY;
}

/** Whose fault a problem is: where nobody is blamed, of the subject itself. Empty of one that is well. */
export function culpritOf(verdict: Verdict): string {
  return verdict.blame?.root ?? (hasProblem(verdict) ? verdict.subject : '');
}

/** What an alert says. The attributes are all there, empty where nothing is known, so that a series has one set of labels. */
function problemOf(verdict: Verdict): Attributes {
  const { failure, reason, split } = verdict;
  return {
    ...ofSubject(verdict),
    [PANORAMA.STATUS]: statusName(verdict.status),
    [BRIDGE.FAILURE]: failure,
    [PANORAMA.REASON]: reason,
    [BRIDGE.SPLIT]: split.join(' '),
    [BRIDGE.CULPRIT]: culpritOf(verdict),
  };
}

function votesOn(verdict: Verdict): readonly Point[] {
  const votes = {
    for: verdict.observersFor.length,
    against: verdict.observersAgainst.length,
    doubted: verdict.observersDoubted.length,
  };
  return Object.entries(votes).map(([vote, value]) => ({
    value,
    attributes: { ...ofSubject(verdict), [BRIDGE.VOTE]: vote },
  }));
}

function instancesOf(verdict: Verdict): readonly Point[] {
  if (!verdict.instances) return [];
  const { failing, doubtful, total } = verdict.instances;
  return Object.entries({ failing, doubtful, other: total - failing - doubtful }).map(([state, value]) => ({
    value,
    attributes: { ...ofSubject(verdict), [BRIDGE.INSTANCE_STATE]: state },
  }));
}

/** One for each pair that any path goes along, with the greatest share of those paths. */
function blameEdges(verdicts: readonly Verdict[]): readonly Point[] {
  const edges = new Map<string, Point>();
  for (const { environment, blame } of verdicts) {
    for (let step = 1; blame && step < blame.path.length; step++) {
      const [subject, culprit] = [blame.path[step - 1] as string, blame.path[step] as string];
      const key = JSON.stringify([environment, subject, culprit]);
      if ((edges.get(key)?.value ?? 0) >= blame.share) continue;
      edges.set(key, {
        value: blame.share,
        attributes: { ...ofSubject({ environment, subject }), [BRIDGE.CULPRIT]: culprit },
      });
    }
  }
  return [...edges.values()];
}
