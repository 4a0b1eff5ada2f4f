// SPDX-License-Identifier: Apache-2.0
/** Who finds whom how: a row for each observer, a column for each subject. A red column is a sick subject, a red row a sick observer. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { environment, frame, UIDS } from './frame.js';
import { COLOURED, columns, lines, stat, stateTimeline, table, thresholds } from './panels.js';
import { ENVIRONMENT, MATRIX, OBSERVER, SUBJECT } from './promql.js';
import { byNumber, GREEN, GREY, HEALTH, ORANGE, YELLOW } from './scales.js';

/** Grafana's name for the column that has the rows' names. */
const CORNER = `${OBSERVER}\\${SUBJECT}`;

export function observerMatrix(): Dashboard {
  return frame(UIDS.matrix, 'Panorama: observers and subjects', 'Who finds whom how, and who complains alone.')
    .withVariable(environment())
    .withPanel(
      stat('Observers', [{ query: MATRIX.observers }])
        .span(6)
        .thresholds(thresholds({ from: null, color: GREY })),
    )
    .withPanel(
      stat('Pairs', [{ query: MATRIX.pairs }])
        .span(6)
        .thresholds(thresholds({ from: null, color: GREY })),
    )
    .withPanel(
      stat('Complaints', [{ query: MATRIX.complaining }])
        .description('Pairs of which the observer finds the subject doubtful or worse.')
        .span(6)
        .thresholds(thresholds({ from: null, color: GREEN }, { from: 1, color: ORANGE })),
    )
    .withPanel(
      stat('Pairs not shown', [{ query: MATRIX.leftOut }])
        .description('Left out by the engine, which tells of so many pairs at the most (`--bridge-pair-count-max`).')
        .span(6)
        .thresholds(thresholds({ from: null, color: GREEN }, { from: 1, color: YELLOW })),
    )
    .withPanel(matrix())
    .withPanel(
      stateTimeline(
        'Pairs with a complaint at any time shown',
        { query: MATRIX.complaints, legend: `{{${OBSERVER}}} → {{${SUBJECT}}} {{${ENVIRONMENT}}}` },
        HEALTH,
      ).height(10),
    )
    .withPanel(
      lines('Of how many subjects each observer complains', [{ query: MATRIX.complaintsBy, legend: `{{${OBSERVER}}}` }])
        .description('One that complains of many, while others find them well, is sick itself.')
        .span(16),
    )
    .withPanel(suspects())
    .build();
}

function matrix() {
  return table('How each observer (row) finds each subject (column)', MATRIX.now)
    .height(10)
    .mappings(byNumber(HEALTH))
    .cellOptions(COLOURED.value)
    .withTransformation({
      id: 'groupingToMatrix',
      options: { columnField: SUBJECT, rowField: OBSERVER, valueField: 'Value', emptyValue: 'null' },
    })
    .overrideByName(CORNER, [
      { id: 'custom.cellOptions', value: { type: 'auto' } },
      { id: 'displayName', value: 'Observer' },
      { id: 'custom.width', value: 220 },
    ]);
}

function suspects() {
  return table('Suspected observers', MATRIX.suspicions)
    .description('Their word does not count at the moment: they are alone with it, or overloaded.')
    .height(8)
    .span(8)
    .withTransformation(
      columns({ [SUBJECT]: 'Observer', panorama_suspicion_reason: 'Why', [ENVIRONMENT]: 'Environment' }, [
        'Time',
        'Value',
      ]),
    );
}
