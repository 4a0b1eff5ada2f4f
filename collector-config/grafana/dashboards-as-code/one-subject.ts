// SPDX-License-Identifier: Apache-2.0
/** One subject in depth: how it is, who finds it so, whose fault it is, and ways to the evidence: the engine's API and the traces. */
import {
  type Dashboard,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  TextBoxVariableBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  environment,
  environmentOfSubject,
  frame,
  lastPartOfSubject,
  SUBJECT_ENVIRONMENT,
  serviceOfSubject,
  subject,
  UIDS,
} from './frame.js';
import { lines, stacked, stat, stateTimeline, thresholds } from './panels.js';
import { problemsOfOne } from './problem-table.js';
import { ALONE, ENVIRONMENT, OBSERVER, SUBJECT } from './promql.js';
import { BLUE, byNumber, FAILURE, GREEN, GREY, HEALTH, ORANGE, RED, YELLOW } from './scales.js';
import { inJaeger, inTempo } from './trace-links.js';

/** Where the engine's API and Jaeger are, as the reader's browser reaches them. */
const API = 'http://127.0.0.1:16688';
const JAEGER = 'http://127.0.0.1:16686';

/** Subjects of one name in several environments are several. */
const IN_ENVIRONMENT = `environment=\${${SUBJECT_ENVIRONMENT}:percentencode}`;

export function oneSubject(): Dashboard {
  const plain = thresholds({ from: null, color: GREY });
  return frame(
    UIDS.subject,
    'Panorama: one subject',
    'One subject in depth: its verdict, who says so, whose fault it is.',
  )
    .withVariable(new DatasourceVariableBuilder('traces').label('Traces').type('tempo'))
    .withVariable(environment())
    .withVariable(subject())
    .withVariable(environmentOfSubject())
    .withVariable(lastPartOfSubject())
    .withVariable(serviceOfSubject())
    .withVariable(
      new TextBoxVariableBuilder('api')
        .label('Engine API')
        .description('As your browser reaches it. Where the engine wants a token, it answers 401: a link shows none.')
        .defaultValue(API),
    )
    .withVariable(new TextBoxVariableBuilder('jaeger').label('Jaeger').defaultValue(JAEGER))
    .link(
      link(
        'Its evidence, from the engine',
        `\${api}/api/v1/subjects/\${subject:percentencode}?${IN_ENVIRONMENT}`,
        'Each view of it, for and against, with the ids of traces that show it.',
      ),
    )
    .link(
      link(
        'Its history, from the engine',
        `\${api}/api/v1/history?subject=\${subject:percentencode}&${IN_ENVIRONMENT}`,
        'Each change of its verdict.',
      ),
    )
    .link(
      link(
        'Calls that did not go well, in Tempo',
        inTempo('traces'),
        'A TraceQL search of the time shown, in Explore.',
      ),
    )
    .link(
      link(
        'Calls that did not go well, in Jaeger',
        inJaeger('jaeger'),
        'A search of the time shown for what its service found wrong, at the address in the field Jaeger.',
      ),
    )
    .withPanel(stat('Health', [{ query: ALONE.health }]).mappings(byNumber(HEALTH)))
    .withPanel(stat('Failure', [{ query: ALONE.failure }]).mappings(byNumber(FAILURE)))
    .withPanel(
      stat('Since', [{ query: ALONE.sinceMs }])
        .unit('dateTimeFromNow')
        .thresholds(plain),
    )
    .withPanel(
      stat('Confidence', [{ query: ALONE.confidence }])
        .description('(agreeing + 1) / (voting + 2) over the observers of the operation that decides.')
        .unit('percentunit')
        .thresholds(plain),
    )
    .withPanel(
      stat('Blames others', [{ query: ALONE.blames }])
        .description('Whether it fails because of what it calls.')
        .thresholds(thresholds({ from: null, color: GREY }, { from: 1, color: BLUE })),
    )
    .withPanel(
      stat('Blamed by', [{ query: ALONE.isBlamedBy }])
        .description('How many fail because of it.')
        .thresholds(thresholds({ from: null, color: GREY }, { from: 1, color: ORANGE })),
    )
    .withPanel(problemsOfOne('What is wrong', ALONE.problem).height(4).noValue('Nothing.'))
    .withPanel(
      stateTimeline('Health', { query: ALONE.health, legend: `Health {{${ENVIRONMENT}}}` }, HEALTH)
        .height(4)
        .span(24),
    )
    .withPanel(
      stateTimeline('Failure', { query: ALONE.failure, legend: `Failure {{${ENVIRONMENT}}}` }, FAILURE)
        .height(4)
        .span(24),
    )
    .withPanel(
      stateTimeline('How each observer finds it', { query: ALONE.seenBy, legend: `{{${OBSERVER}}}` }, HEALTH).height(9),
    )
    .withPanel(votes())
    .withPanel(
      lines('Confidence', [{ query: ALONE.confidence, legend: `{{${SUBJECT}}}` }], 'percentunit')
        .span(12)
        .max(1),
    )
    .withPanel(
      stateTimeline('How it finds others', { query: ALONE.sees, legend: `{{${SUBJECT}}}` }, HEALTH)
        .height(9)
        .span(18),
    )
    .withPanel(
      stat('Suspected itself', [{ query: ALONE.suspicion }])
        .description('Its word does not count while it is suspected.')
        .mappings(
          byNumber([
            { value: 0, name: 'no', color: GREEN },
            { value: 1, name: 'yes', color: YELLOW },
          ]),
        )
        .height(9)
        .span(6),
    )
    .build();
}

function votes() {
  const panel = lines('Votes', [{ query: ALONE.votes, legend: '{{panorama_vote}}' }]).span(12);
  for (const [vote, color] of [
    ['for', GREEN],
    ['against', RED],
    ['doubted', YELLOW],
  ] as const)
    panel.overrideByName(vote, [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }]);
  return panel.stacking(stacked()).fillOpacity(60).decimals(0);
}

function link(title: string, url: string, tooltip: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .url(url)
    .tooltip(tooltip)
    .icon('external link')
    .targetBlank(true);
}
