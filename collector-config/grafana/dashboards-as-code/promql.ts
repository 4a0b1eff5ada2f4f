// SPDX-License-Identifier: Apache-2.0
/**
 * Every question about verdicts that the dashboards ask Prometheus. `$environment` and `$subject` are the dashboards' variables. Two
 * engines may tell of one subject while one takes over from the other: then the worst counts, so that a line stays one line.
 */
import { DOUBTFUL, FAILING, NOT_KNOWN } from './scales.js';

export const ENVIRONMENT = 'deployment_environment_name';
export const SUBJECT = 'panorama_subject';
export const OBSERVER = 'panorama_observer';
export const CULPRIT = 'panorama_culprit';
export const STATUS = 'panorama_status';
export const FAILURE_KIND = 'panorama_failure';
export const REASON = 'panorama_reason';
export const SPLIT = 'panorama_split';

/** Of the environments chosen, and of the one subject where there is one. */
export const CHOSEN = `${ENVIRONMENT}=~"$environment"`;
const ONE = `${CHOSEN}, ${SUBJECT}="$subject"`;
const BY_IT = `${CHOSEN}, ${OBSERVER}="$subject"`;
/** What makes a subject one. */
export const IDENTITY = `${ENVIRONMENT}, ${SUBJECT}`;

export const worst = (metric: string, where: string, ...labels: readonly string[]): string =>
  `max by (${[IDENTITY, ...labels].join(', ')}) (${metric}{${where}})`;

/** Zero where nothing is counted: a panel without a number would leave open whether anybody looked. */
export const orZero = (query: string): string => `${query} or vector(0)`;

/** A series of these labels alone. */
const nobody = (labels: Readonly<Record<string, string>>, state = 0): string =>
  Object.entries(labels).reduce(
    (inner, [label, value]) => `label_replace(${inner}, "${label}", "${value}", "", "")`,
    `vector(${state})`,
  );

/** One in place of none, for panels that cannot show an answer without columns. */
export const orNobody = (query: string, labels: Readonly<Record<string, string>>): string =>
  `${query} or on () ${nobody(labels)}`;

/**
 * What is wrong, a series each. Two engines may have different words for one subject, and a reader that missed the end of a series
 * shows the old words beside the new ones: so only of those that have a problem now, and of each one row.
 */
export const problemsOf = (where: string): string =>
  `topk by (${IDENTITY}) (1, ${worst('panorama_subject_problem', where, STATUS, FAILURE_KIND, REASON, SPLIT, CULPRIT)})
and on (${IDENTITY}) (${worst('panorama_subject_health', where)} >= ${DOUBTFUL} or ${worst('panorama_subject_failure', where)} > 0)`;

/** The same with the time since when, in ms, as the value. */
const problemsSince = (where: string): string =>
  `(${problemsOf(where)})
* on (${IDENTITY}) group_left () ${worst('panorama_subject_since_seconds', where)} * 1000`;

/**
 * How much a counter grew in each step, which `increase` only estimates: of a step that has two samples it sees half. A series that is
 * smaller than before is that of an engine that has started again, and counts whole.
 */
const grown = (counter: string, by: string): string => {
  const before = `${counter} offset $__interval`;
  return `sum by (${by}) (${counter} - ${before} >= 0 or ${counter} and ${before})`;
};

/** What there is at any time of what is shown, the whole time long, at its highest. */
const ever = (metric: string, where: string): string => `max_over_time(${metric}{${where}}[$__range] @ end())`;

/** Like {@link orNobody} through time: a series of its own only where the other has nothing at any time shown. */
const orNobodyEver = (query: string, all: string, labels: Readonly<Record<string, string>>): string =>
  `${query}\nor on () (${nobody(labels, NOT_KNOWN)} unless on () ${all})`;

/** Those that have a problem at any time of what is shown, the whole time long. */
const troubledEver = (query: string, metric: string, by: string, who: Readonly<Record<string, string>>): string => {
  const troubled = `max by (${by}) (${ever(metric, CHOSEN)}) >= ${DOUBTFUL}`;
  return orNobodyEver(`${query}\nand on (${by}) ${troubled}`, troubled, who);
};

/** Only of those that were counted at all: a counter has all its series from the beginning, and a legend of zeros says nothing. */
const met = (counter: string, by: string): string => `and on (${by}) sum by (${by}) (${counter}) > 0`;

const health = worst('panorama_subject_health', CHOSEN);
const failure = worst('panorama_subject_failure', CHOSEN);
const suspicion = worst('panorama_subject_suspicion', CHOSEN, 'panorama_suspicion_reason');
const delays = 'panorama_detection_delay_seconds';
const KIND = `${STATUS}, ${FAILURE_KIND}`;

export const FLEET = {
  health,
  healthOfTroubled: troubledEver(health, 'panorama_subject_health', IDENTITY, { [SUBJECT]: 'none had a problem' }),
  subjects: orZero(`count(${health})`),
  failing: orZero(`count(${health} >= ${FAILING})`),
  gray: orZero(`count(${failure} == 2)`),
  suspected: orZero(`count(${suspicion})`),
  having: (status: number): string => orZero(`count(${health} == ${status})`),
  problems: problemsSince(CHOSEN),
  transitions: `${grown('panorama_transitions_total', KIND)}\n${met('panorama_transitions_total', KIND)}`,
  delayBuckets: grown(`${delays}_bucket`, 'le'),
  delayQuantile: (quantile: number): string =>
    `histogram_quantile(${quantile}, sum by (le) (increase(${delays}_bucket[$__range])))`,
  calls: `sum by (${STATUS}) (rate(panorama_observations_total[$__rate_interval]))\n${met('panorama_observations_total', STATUS)}`,
  instances: `sum by (${IDENTITY}, panorama_instance_state) (panorama_service_instances{${CHOSEN}})`,
} as const;

const views = worst('panorama_view_health', CHOSEN, OBSERVER);
const PAIR = `${IDENTITY}, ${OBSERVER}`;

export const MATRIX = {
  now: `max by (${SUBJECT}, ${OBSERVER}) (panorama_view_health{${CHOSEN}})`,
  complaints: troubledEver(views, 'panorama_view_health', PAIR, { [OBSERVER]: 'nobody', [SUBJECT]: 'anybody' }),
  observers: orZero(`count(count by (${OBSERVER}) (${views}))`),
  pairs: orZero(`count(${views})`),
  complaining: orZero(`count(${views} >= ${DOUBTFUL})`),
  leftOut: orZero('sum(panorama_views_left_out)'),
  complaintsBy: `count by (${OBSERVER}) (${views} >= ${DOUBTFUL}) or 0 * count by (${OBSERVER}) (${views})`,
  suspicions: orNobody(suspicion, { [SUBJECT]: 'nobody' }),
} as const;

export const ALONE = {
  health: worst('panorama_subject_health', ONE),
  failure: worst('panorama_subject_failure', ONE),
  sinceMs: `${worst('panorama_subject_since_seconds', ONE)} * 1000`,
  confidence: worst('panorama_subject_confidence_ratio', ONE),
  votes: worst('panorama_subject_votes', ONE, 'panorama_vote'),
  problem: problemsSince(ONE),
  seenBy: orNobodyEver(worst('panorama_view_health', ONE, OBSERVER), ever('panorama_view_health', ONE), {
    [OBSERVER]: 'nobody',
  }),
  sees: orNobodyEver(worst('panorama_view_health', BY_IT), ever('panorama_view_health', BY_IT), {
    [SUBJECT]: 'nobody',
  }),
  suspicion: orZero(`count(${worst('panorama_subject_suspicion', ONE, 'panorama_suspicion_reason')})`),
  blames: orZero(`count(${worst('panorama_blame_ratio', ONE, CULPRIT)})`),
  isBlamedBy: orZero(`count(${worst('panorama_blame_ratio', `${CHOSEN}, ${CULPRIT}="$subject"`)})`),
} as const;
