// SPDX-License-Identifier: Apache-2.0
/** The dashboard to begin with: how every subject is and was, what is wrong, and how soon it was found. */
import { GraphDrawStyle } from '@grafana/grafana-foundation-sdk/common';
import { type Dashboard, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { environment, frame, toSubject, UIDS } from './frame.js';
import { heatmap, lines, stacked, stat, stateTimeline, thresholds } from './panels.js';
import { problemsOfAll } from './problem-table.js';
import { ENVIRONMENT, FAILURE_KIND, FLEET, STATUS, SUBJECT } from './promql.js';
import { GREEN, GREY, HEALTH, ORANGE, RED, YELLOW } from './scales.js';

const NAME = `{{${SUBJECT}}} {{${ENVIRONMENT}}}`;

const isBad = (color: string) => thresholds({ from: null, color: GREEN }, { from: 1, color });

export function fleetOverview(): Dashboard {
  return frame(UIDS.fleet, 'Panorama: fleet', 'Which component fails while its health checks are green.')
    .withVariable(environment())
    .withPanel(stat('Subjects', [{ query: FLEET.subjects }]).thresholds(thresholds({ from: null, color: GREY })))
    .withPanel(
      stat('Failing', [{ query: FLEET.failing }])
        .description('Unhealthy or worse.')
        .thresholds(isBad(RED)),
    )
    .withPanel(
      stat('Gray failures', [{ query: FLEET.gray }])
        .description('Failing for some callers or some operations, and well for others or by their own word.')
        .thresholds(isBad(ORANGE)),
    )
    .withPanel(
      stat('Suspects', [{ query: FLEET.suspected }])
        .description('Observers whose word does not count at the moment.')
        .thresholds(isBad(YELLOW)),
    )
    .withPanel(
      stat('Median delay', [{ query: FLEET.delayQuantile(0.5) }])
        .description('Of the failures found in the time shown: from the first evidence until the verdict.')
        .unit('s')
        .noValue('none found')
        .thresholds(thresholds({ from: null, color: GREY })),
    )
    .withPanel(
      stat('Longest delay', [{ query: FLEET.delayQuantile(1) }])
        .description('Of the same failures, up to the bound of its bucket.')
        .unit('s')
        .noValue('none found')
        .thresholds(thresholds({ from: null, color: GREY })),
    )
    .withPanel(problemsOfAll('Problems', FLEET.problems).height(7).noValue('Nothing fails.'))
    .withPanel(
      stateTimeline(
        'Subjects with a problem at any time shown',
        { query: FLEET.healthOfTroubled, legend: NAME },
        HEALTH,
      )
        .height(9)
        .dataLinks([toSubject('${__field.labels.panorama_subject:percentencode}')]),
    )
    .withRow(new RowBuilder('How many, how often, how soon'))
    .withPanel(byStatus())
    .withPanel(changes())
    .withPanel(heatmap('Detection delay', FLEET.delayBuckets, 's').interval('30s'))
    .withRow(new RowBuilder('All'))
    .withPanel(
      lines('Instances of services', [{ query: FLEET.instances, legend: `{{${SUBJECT}}} {{panorama_instance_state}}` }])
        .stacking(stacked())
        .span(16)
        .height(7),
    )
    .withPanel(calls().height(7))
    .withPanel(
      stateTimeline('Every subject', { query: FLEET.health, legend: NAME }, HEALTH)
        .height(12)
        .dataLinks([toSubject('${__field.labels.panorama_subject:percentencode}')]),
    )
    .build();
}

function byStatus() {
  const panel = lines(
    'Subjects by health',
    HEALTH.map(({ value, name }) => ({ query: FLEET.having(value), legend: name })),
  );
  return inColoursOfHealth(panel).stacking(stacked()).fillOpacity(70);
}

function calls() {
  const panel = lines('Calls by what they say', [{ query: FLEET.calls, legend: `{{${STATUS}}}` }], 'cps');
  return inColoursOfHealth(panel).stacking(stacked()).fillOpacity(70);
}

function inColoursOfHealth(panel: ReturnType<typeof lines>): ReturnType<typeof lines> {
  for (const { name, color } of HEALTH)
    panel.overrideByName(name, [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }]);
  return panel;
}

function changes() {
  const legend = `to {{${STATUS}}} {{${FAILURE_KIND}}}`;
  const panel = lines('Changes of verdicts', [{ query: FLEET.transitions, legend, exemplars: true }]);
  for (const { name, color } of HEALTH)
    panel.overrideByRegexp(`/^to ${name} /`, [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }]);
  return panel.drawStyle(GraphDrawStyle.Bars).fillOpacity(80).stacking(stacked()).interval('10s');
}
