// SPDX-License-Identifier: Apache-2.0
/** What is wrong, a row for each subject with a problem, in the words and colours that it has everywhere: of a fleet, or of one subject. */
import { toSubject } from './frame.js';
import { COLOURED, columns, table } from './panels.js';
import { CULPRIT, ENVIRONMENT, FAILURE_KIND, REASON, SPLIT, STATUS, SUBJECT } from './promql.js';
import { byName, FAILURE, HEALTH } from './scales.js';

const SHOWN = {
  [STATUS]: 'Status',
  [FAILURE_KIND]: 'Failure',
  [REASON]: 'Reason',
  [CULPRIT]: 'Culprit',
  Value: 'Since',
  [SPLIT]: 'Looks well by',
  [ENVIRONMENT]: 'Environment',
};

/** Of all subjects, each with its name, and how long ago it began. */
export function problemsOfAll(title: string, query: string): ReturnType<typeof table> {
  return problems(title, query, 'dateTimeFromNow')
    .withTransformation(columns({ [SUBJECT]: 'Subject', ...SHOWN }, ['Time']))
    .overrideByName('Subject', [linked()]);
}

/** Of the one subject that the dashboard is about, and when it began. */
export function problemsOfOne(title: string, query: string): ReturnType<typeof table> {
  return problems(title, query, 'dateTimeAsIso').withTransformation(columns(SHOWN, ['Time', SUBJECT]));
}

function problems(title: string, query: string, unit: string): ReturnType<typeof table> {
  return table(title, query)
    .overrideByName('Culprit', [linked()])
    .overrideByName('Status', [{ id: 'mappings', value: byName(HEALTH) }, COLOURED])
    .overrideByName('Failure', [{ id: 'mappings', value: byName(FAILURE) }, COLOURED])
    .overrideByName('Since', [{ id: 'unit', value: unit }]);
}

/** A cell that names a subject leads to it. */
function linked() {
  return { id: 'links', value: [toSubject('${__value.raw:percentencode}').build()] };
}
