// SPDX-License-Identifier: Apache-2.0
/** Who fails because of whom, and who complains of whom, as graphs: where the arrows of blame end is the place to look. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { environment, frame, toSubject, UIDS } from './frame.js';
import { GRAPH } from './graph-promql.js';
import { columns, nodeGraph, table } from './panels.js';
import { CULPRIT, ENVIRONMENT, SUBJECT } from './promql.js';

const THIS = '${__value.raw:percentencode}';

export function blameGraph(): Dashboard {
  return frame(UIDS.blame, 'Panorama: blame', 'Who fails because of whom, and who complains of whom.')
    .withVariable(environment())
    .withPanel(
      nodeGraph('Whose fault it is', GRAPH.blameNodes, GRAPH.blameEdges)
        .height(10)
        .description(
          'An arrow leads from who fails to who it fails because of; how much of what could be known says so.',
        )
        .overrideByName(SUBJECT, [{ id: 'links', value: [toSubject(THIS).build()] }]),
    )
    .withPanel(culprits())
    .withPanel(shares())
    .withPanel(
      nodeGraph('Who complains of whom', GRAPH.complaintNodes, GRAPH.complaintEdges)
        .description('An arrow leads from an observer to a subject that it finds doubtful or worse.')
        .height(20)
        .overrideByName(SUBJECT, [{ id: 'links', value: [toSubject(THIS).build()] }]),
    )
    .build();
}

function culprits() {
  return table('Culprits', GRAPH.culprits)
    .description('How many problems each is at the root of, its own among them.')
    .height(6)
    .span(10)
    .noValue('Nothing fails.')
    .withTransformation(columns({ [CULPRIT]: 'Culprit', Value: 'Problems' }))
    .overrideByName('Culprit', [{ id: 'links', value: [toSubject(THIS).build()] }]);
}

function shares() {
  return table('Steps of blame', GRAPH.blame)
    .height(6)
    .span(14)
    .noValue('Nobody fails because of another.')
    .withTransformation(
      columns({ [SUBJECT]: 'Who fails', [CULPRIT]: 'Because of', Value: 'Share', [ENVIRONMENT]: 'Environment' }),
    )
    .overrideByName('Share', [{ id: 'unit', value: 'percentunit' }]);
}
