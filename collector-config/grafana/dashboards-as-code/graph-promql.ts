// SPDX-License-Identifier: Apache-2.0
/**
 * Questions whose answers are graphs. The node graph of Grafana wants two tables with columns of certain names; Prometheus can give
 * both, for in a table each label is a column. So names, words and colours are made of labels here, and no transformation is needed,
 * which could only change how a column is called on the screen. The panel breaks where there is no column of ids, so where all is well
 * there is a node that says so; edges may be missing.
 */
import {
  CHOSEN,
  CULPRIT,
  ENVIRONMENT,
  FAILURE_KIND,
  IDENTITY,
  OBSERVER,
  orNobody,
  problemsOf,
  REASON,
  STATUS,
  SUBJECT,
  worst,
} from './promql.js';
import { DOUBTFUL, GREY, HEALTH, ORANGE, RED, YELLOW } from './scales.js';

/** What has edges: each leads from the one of a label to that of another. */
interface Edges {
  readonly query: string;
  readonly from: string;
  readonly to: string;
  /** Labels, made of the value of an edge, which stands in `mainstat`. */
  readonly words: readonly Word[];
}

/** Sets a label where another one matches. */
type Word = readonly [label: string, value: string, from: string, pattern: string];

const labelled = (query: string, words: readonly Word[]): string =>
  words.reduce(
    (inner, [label, value, from, pattern]) =>
      `label_replace(${inner}, "${label}", "${value}", "${from}", "${pattern}")`,
    query,
  );

/** Who it is, across environments. An edge to a node that is not there would end the panel, so both sides are named here. */
const named = (query: string, id: string, ...labels: readonly string[]): string =>
  `label_join(${query}, "${id}", "/", "${[ENVIRONMENT, ...labels].join('", "')}")`;

const edgesOf = ({ query, from, to, words }: Edges): string => {
  const withValue = `count_values by (${ENVIRONMENT}, ${from}, ${to}) ("mainstat", ${query})`;
  return labelled(named(named(named(withValue, 'id', from, to), 'source', from), 'target', to), words);
};

/** All who are at an end of an edge, as subjects. */
const endsOf = ({ query, from, to }: Edges): string => {
  const asSubject = (label: string) =>
    labelled(`group by (${ENVIRONMENT}, ${label}) (${query})`, [[SUBJECT, '$1', label, '(.*)']]);
  return `group by (${IDENTITY}) (${asSubject(from)} or ${asSubject(to)})`;
};

const NODE_WORDS: readonly Word[] = [
  ['title', '$1', SUBJECT, '(.*)'],
  ['mainstat', '$1', STATUS, '(.+)'],
  ['mainstat', 'no problem', STATUS, ''],
  ['secondarystat', '$1', FAILURE_KIND, '(.+)'],
  ['subtitle', '$1', REASON, '(.+)'],
  ['color', GREY, STATUS, ''],
  ['color', YELLOW, STATUS, 'maybe_unhealthy'],
  ['color', RED, STATUS, 'unhealthy|dying|dead'],
];

const nodesOf = (edges: Edges, allIsWell: string): string => {
  const ends = endsOf(edges);
  const problems = problemsOf(CHOSEN);
  const nodes = labelled(
    named(`(((${problems}) and on (${IDENTITY}) ${ends}) or on (${IDENTITY}) ${ends})`, 'id', SUBJECT),
    NODE_WORDS,
  );
  return orNobody(nodes, { id: 'nobody', title: allIsWell, color: GREY });
};

const BLAME_EDGES: Edges = {
  query: `round(100 * ${worst('panorama_blame_ratio', CHOSEN, CULPRIT)})`,
  from: SUBJECT,
  to: CULPRIT,
  words: [
    ['mainstat', '$1 %', 'mainstat', '(.*)'],
    ['color', ORANGE, '', ''],
  ],
};

const COMPLAINT_EDGES: Edges = {
  query: `${worst('panorama_view_health', CHOSEN, OBSERVER)} >= ${DOUBTFUL}`,
  from: OBSERVER,
  to: SUBJECT,
  words: HEALTH.filter(({ value }) => value >= DOUBTFUL).flatMap(({ value, name, color }): Word[] => [
    ['color', color, 'mainstat', String(value)],
    ['mainstat', name, 'mainstat', String(value)],
  ]),
};

export const GRAPH = {
  blameNodes: nodesOf(BLAME_EDGES, 'Nobody fails because of another'),
  blameEdges: edgesOf(BLAME_EDGES),
  complaintNodes: nodesOf(COMPLAINT_EDGES, 'Nobody complains'),
  complaintEdges: edgesOf(COMPLAINT_EDGES),
  blame: `sort_desc(${worst('panorama_blame_ratio', CHOSEN, CULPRIT)})`,
  culprits: `sort_desc(count by (${CULPRIT}) (${problemsOf(CHOSEN)}))`,
} as const;
