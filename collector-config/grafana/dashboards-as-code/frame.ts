// SPDX-License-Identifier: Apache-2.0
/** What every dashboard has: where its data come from, of which environment, and links to the others. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { PROMETHEUS } from './panels.js';
import { CHOSEN, ENVIRONMENT, SUBJECT } from './promql.js';

export const UIDS = {
  fleet: 'panorama-fleet',
  matrix: 'panorama-matrix',
  subject: 'panorama-subject',
  blame: 'panorama-blame',
  engine: 'panorama-engine',
} as const;

/** All of them, so that each finds the others. */
const TAG = 'panorama';

/** An empty dashboard. The time that is shown is short: who looks asks what is wrong now. */
export function frame(uid: string, title: string, description: string): dashboard.DashboardBuilder {
  return new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .readonly()
    .timezone('browser')
    .time({ from: 'now-30m', to: 'now' })
    .refresh('10s')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(
      new dashboard.DashboardLinkBuilder('Panorama')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new dashboard.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
}

/** All of them unless somebody chooses: then also those whose spans name no environment. */
export function environment(): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder('environment')
    .label('Environment')
    .datasource(PROMETHEUS)
    .query({ query: `label_values(panorama_subject_health, ${ENVIRONMENT})`, refId: 'environment' })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: 'All', value: '$__all' });
}

export function subject(): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder('subject')
    .label('Subject')
    .datasource(PROMETHEUS)
    .query({ query: `label_values(panorama_subject_health{${CHOSEN}}, ${SUBJECT})`, refId: 'subject' })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
}

export const SUBJECT_ENVIRONMENT = 'subject_environment';

/** The environment of the subject, the first where several have one of its name; empty where none is named. */
export function environmentOfSubject(): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(SUBJECT_ENVIRONMENT)
    .datasource(PROMETHEUS)
    .query({
      query: `label_values(panorama_subject_health{${CHOSEN}, ${SUBJECT}="$subject"}, ${ENVIRONMENT})`,
      refId: SUBJECT_ENVIRONMENT,
    })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .hide(dashboard.VariableHide.HideVariable);
}

export const LAST_PART = 'subject_part';
export const SERVICE = 'subject_service';

/** What spans call the subject: of `service/instance#part` the instance, and of a name without an instance all of it. */
export const lastPartOfSubject = (): dashboard.QueryVariableBuilder =>
  partOfSubject(LAST_PART, '/^(?:.*\\/)?([^\\/#"\\\\]+)/');

/** Of the same name the service. */
export const serviceOfSubject = (): dashboard.QueryVariableBuilder => partOfSubject(SERVICE, '/^([^\\/#"\\\\]+)/');

/** It has no quotation mark and no backslash, which would end the words of a query that it is put into. */
function partOfSubject(name: string, pattern: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .datasource(PROMETHEUS)
    .query({
      query: `label_values(panorama_subject_health{${CHOSEN}, ${SUBJECT}="$subject"}, ${SUBJECT})`,
      refId: name,
    })
    .regex(pattern)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .hide(dashboard.VariableHide.HideVariable);
}

export function engine(): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder('engine')
    .label('Engine')
    .datasource(PROMETHEUS)
    .query({ query: 'label_values(panorama_engine_subjects, instance)', refId: 'engine' })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: 'All', value: '$__all' });
}

/** From a cell or a row that names a subject to its own dashboard. */
export function toSubject(name: string): dashboard.DashboardLinkBuilder {
  const query = `var-subject=${name}&\${environment:queryparam}&\${datasource:queryparam}&\${__url_time_range}`;
  return new dashboard.DashboardLinkBuilder('This subject in depth')
    .type(dashboard.DashboardLinkType.Link)
    .url(`/d/${UIDS.subject}?${query}`);
}
