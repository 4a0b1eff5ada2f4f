// SPDX-License-Identifier: Apache-2.0
/** Incidents to read, the newest first: from when to when, how bad, in what, and below each who suffered from it. */
import type { JSX } from 'preact';
import { culpritOfIncident, type Incident, type IncidentGroup } from '../state/incidents.js';
import { subjectHash } from '../state/route.js';
import { ageText, countText, momentText } from '../state/words.js';
import { now } from '../store.js';
import { Status } from './status.js';
import { TableHead } from './table-head.js';

/** Groups that are drawn; of a night with more the newest. */
const GROUP_COUNT_MAX = 100;

/** Of the victims of one culprit those who fell first. */
const VICTIM_COUNT_MAX = 20;

const HEADS = ['Began', 'Ended', 'Lasted', 'Component', 'Worst', 'Failure', 'Culprit', 'Operations'];

export function IncidentList({ groups }: { readonly groups: readonly IncidentGroup[] }): JSX.Element {
  return (
    <section aria-labelledby="incidents-title">
      <h2 id="incidents-title">Incidents</h2>
      <div class="table-wrap">
        <table class="incidents">
          <TableHead heads={HEADS} />
          {groups.slice(0, GROUP_COUNT_MAX).map(({ root, victims }) => (
            <tbody key={`${subjectHash(root)} ${root.startMs}`}>
              <Row incident={root} />
              {victims.slice(0, VICTIM_COUNT_MAX).map((victim) => (
                <Row key={`${subjectHash(victim)} ${victim.startMs}`} incident={victim} isVictim />
              ))}
              {victims.length > VICTIM_COUNT_MAX && (
                <tr class="victim">
                  <td colSpan={HEADS.length}>and {countText(victims.length - VICTIM_COUNT_MAX, 'more victim')}</td>
                </tr>
              )}
            </tbody>
          ))}
        </table>
      </div>
      {groups.length > GROUP_COUNT_MAX && (
        <p class="dim">
          The newest {GROUP_COUNT_MAX} of {groups.length}; choose a shorter time, or search.
        </p>
      )}
    </section>
  );
}

function Row({
  incident,
  isVictim = false,
}: {
  readonly incident: Incident;
  readonly isVictim?: boolean;
}): JSX.Element {
  const { environment, subject, startMs, isOlder, endMs, worst, failures, operations, returns } = incident;
  const culprit = culpritOfIncident(incident);
  return (
    <tr class={isVictim ? 'victim' : ''}>
      <td title={new Date(startMs).toISOString()}>
        {isOlder && 'before '}
        {momentText(startMs, now.value)}
      </td>
      <td>{endMs === undefined ? <b class="s-unhealthy">still going on</b> : momentText(endMs, now.value)}</td>
      <td>
        {isOlder && 'over '}
        {ageText((endMs ?? now.value) - startMs)}
        {returns > 0 && <small title="well for less than a minute, and failing again"> came back {returns}×</small>}
      </td>
      <td class="who">
        {isVictim && <span aria-hidden="true">└ </span>}
        <a href={subjectHash(incident)}>{subject}</a>
      </td>
      <td>
        <Status status={worst} />
      </td>
      <td>{failures.join(', then ')}</td>
      <td>
        {culprit === undefined ? (
          <em>itself</em>
        ) : (
          <a href={subjectHash({ environment, subject: culprit })}>{culprit}</a>
        )}
      </td>
      <td class="operations" title={operations.join('\n')}>
        {operations.join(', ')}
      </td>
    </tr>
  );
}
