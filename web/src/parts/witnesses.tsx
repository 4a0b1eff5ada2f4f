// SPDX-License-Identifier: Apache-2.0
/** Who says what of a subject: the vote on each operation, every caller's view, and the subject's own. */
import type { JSX } from 'preact';
import type { ReportJson, ViewJson } from '../../../src/engine/api/shapes.js';
import { badness } from '../state/fleet.js';
import { ageText, reasonWords } from '../state/words.js';
import { now } from '../store.js';
import { Status } from './status.js';
import { TableHead } from './table-head.js';

/** Names of a list that are read at once; of more it is said how many there are. */
const NAME_COUNT_MAX = 8;

export function Witnesses({ report: { verdict, views } }: { readonly report: ReportJson }): JSX.Element {
  const own = views.filter(isOwn);
  const others = views.filter((view) => !isOwn(view));
  const operations = [...verdict.operations].sort((a, b) => badness(a.status) - badness(b.status));
  return (
    <>
      <section aria-labelledby="votes-title">
        <h2 id="votes-title">Observers for and against</h2>
        {operations.length === 0 ? (
          <p class="dim">Nobody votes on it at the moment.</p>
        ) : (
          <div class="table-wrap">
            <table>
              <TableHead heads={['Operation', 'Verdict', 'Against', 'For']} />
              <tbody>
                {operations.map(({ operation, status, observersAgainst, observersFor }) => (
                  <tr key={operation}>
                    <td>{operation}</td>
                    <td>
                      <Status status={status} />
                    </td>
                    <td>
                      <Names names={observersAgainst} />
                    </td>
                    <td>
                      <Names names={observersFor} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <section aria-labelledby="views-title">
        <h2 id="views-title">What each observer sees</h2>
        {others.length === 0 ? <p class="dim">No caller has said anything lately.</p> : <Views views={others} />}
      </section>
      <section aria-labelledby="own-title">
        <h2 id="own-title">What it says of itself</h2>
        {own.length === 0 ? (
          <p class="dim">Nothing: it sends no server spans, and nobody probes it.</p>
        ) : (
          <Views views={own} />
        )}
      </section>
    </>
  );
}

function isOwn({ source }: ViewJson): boolean {
  return source === 'self' || source === 'probe';
}

function Names({ names }: { readonly names: readonly string[] }): JSX.Element {
  const left = names.length - NAME_COUNT_MAX;
  return (
    <span title={names.join('\n')}>
      {names.length > 0 && <b>{names.length}</b>} {names.slice(0, NAME_COUNT_MAX).join(', ')}
      {left > 0 && ` and ${left} more`}
    </span>
  );
}

function Views({ views }: { readonly views: readonly ViewJson[] }): JSX.Element {
  const rows = [...views].sort(
    (a, b) => badness(a.status) - badness(b.status) || b.failingCount - a.failingCount || b.lastMs - a.lastMs,
  );
  return (
    <div class="table-wrap tall">
      <table>
        <TableHead
          heads={['Observer', 'Operation', 'Source', 'Finds it', 'Met', 'Failed', 'Well', 'Last']}
          numbers={['Failed', 'Well', 'Last']}
        />
        <tbody>
          {rows.map((view) => (
            <tr key={`${view.observer}\n${view.operation}\n${view.source}`}>
              <td>{view.observer}</td>
              <td>{view.operation}</td>
              <td>{view.source}</td>
              <td>
                <Status status={view.status} />
              </td>
              <td>{view.reason === 'ok' ? '' : reasonWords(view.reason)}</td>
              <td class="number">{view.failingCount.toLocaleString('en')}</td>
              <td class="number">{view.healthyCount.toLocaleString('en')}</td>
              <td class="number">{ageText(now.value - view.lastMs)} ago</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
