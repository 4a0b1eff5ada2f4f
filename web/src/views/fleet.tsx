// SPDX-License-Identifier: Apache-2.0
/** Everybody, the worst first: status, kind of failure, since when, in what, whose fault. */
import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { VerdictJson } from '../../../src/engine/api/shapes.js';
import { EmptyFleet } from '../parts/empty.js';
import { Filters } from '../parts/filters.js';
import { Status } from '../parts/status.js';
import { useVirtual } from '../parts/virtual.js';
import { culpritOf, failingOperations, isIll, keyOf } from '../state/fleet.js';
import { choosing, subjectHash } from '../state/route.js';
import { type Choice, COLUMNS, type Column, choiceIn, countsOf, rowsOf } from '../state/rows.js';
import { ageText, countText, failureWords, momentText } from '../state/words.js';
import { fleet, go, isLoaded, now, route, shown } from '../store.js';

const ROW_PX = 34;

const HEADS: Readonly<Record<Column, string>> = {
  subject: 'Subject',
  status: 'Status',
  failure: 'Failure',
  since: 'Since',
  operations: 'Failing operations',
  culprit: 'Culprit',
  against: 'Against',
};

export function FleetView(): JSX.Element {
  const rows = useComputed(() => {
    shown.value;
    return rowsOf(fleet.all(), choiceIn(route.value.chosen));
  });
  const counts = useComputed(() => {
    shown.value;
    return countsOf(fleet.all());
  });
  const choice = choiceIn(route.value.chosen);
  if (isLoaded.value && fleet.size === 0 && shown.value >= 0) return <EmptyFleet />;
  return (
    <section class="view fleet" aria-labelledby="fleet-title">
      <h1 id="fleet-title" class="sr">
        Fleet
      </h1>
      <Filters choice={choice} counts={counts.value} />
      <Table rows={rows.value} choice={choice} />
    </section>
  );
}

function Table({ rows, choice }: { readonly rows: readonly VerdictJson[]; readonly choice: Choice }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const { items, totalPx } = useVirtual({ count: rows.length, sizePx: ROW_PX, scroller, paddingPx: ROW_PX });
  const hasEnvironments = rows.some(({ environment }) => environment !== '');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled with keys as well
    <div class="scroller" ref={scroller} tabIndex={0} role="region" aria-label="Subjects, a list that scrolls">
      <div class="grid" role="table" aria-label="Verdicts" aria-rowcount={rows.length + 1}>
        <div class="row head" role="row" aria-rowindex={1}>
          {COLUMNS.map((column) => (
            <Head key={column} column={column} choice={choice} />
          ))}
        </div>
        {rows.length === 0 && isLoaded.value && (
          <div class="none" role="row">
            <span role="cell">
              Nothing that was chosen.{' '}
              <button type="button" onClick={() => go({ ...route.value, chosen: {} })}>
                Show all
              </button>
            </span>
          </div>
        )}
        <div role="rowgroup" style={{ height: `${totalPx}px`, position: 'relative' }}>
          {items.map(({ index, start }) => {
            const verdict = rows[index];
            return (
              verdict && (
                <Row
                  key={keyOf(verdict)}
                  verdict={verdict}
                  index={index}
                  startPx={start}
                  hasEnvironments={hasEnvironments}
                />
              )
            );
          })}
        </div>
      </div>
      <p class="sr" role="status">
        {countText(rows.length, 'subject')}
      </p>
    </div>
  );
}

function Head({ column, choice }: { readonly column: Column; readonly choice: Choice }): JSX.Element {
  const isSorted = choice.sort === column;
  const isReversed = isSorted && choice.isReversed;
  const sort = isSorted && !isReversed ? `${column}-reversed` : column;
  return (
    <div
      role="columnheader"
      aria-sort={isSorted ? (isReversed ? 'descending' : 'ascending') : 'none'}
      class={`c-${column}`}
    >
      <button type="button" onClick={() => go(choosing(route.value, { sort }), { replace: true })}>
        {HEADS[column]}
        {isSorted && <i aria-hidden="true">{isReversed ? ' ▴' : ' ▾'}</i>}
      </button>
    </div>
  );
}

interface RowParts {
  readonly verdict: VerdictJson;
  readonly index: number;
  readonly startPx: number;
  readonly hasEnvironments: boolean;
}

function Row({ verdict, index, startPx, hasEnvironments }: RowParts): JSX.Element {
  const { environment, subject, status, sinceMs, observersFor, observersAgainst, failure, systemView } = verdict;
  const culprit = culpritOf(verdict);
  const operations = failingOperations(verdict).join(', ');
  const isCulprit = isIll(verdict) && verdict.blame?.root === subject;
  return (
    <div
      class={`row${isIll(verdict) ? ' ill' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${startPx}px)` }}
    >
      <div role="cell" class="c-subject">
        <a href={subjectHash(verdict)} title={subject}>
          {subject}
        </a>
        {hasEnvironments && <small>{environment}</small>}
      </div>
      <div role="cell" class="c-status">
        <Status status={status} />
      </div>
      <div role="cell" class={`c-failure f-${failure}`} title={failure === 'gray' ? `its own view: ${systemView}` : ''}>
        {failureWords(verdict)}
      </div>
      <div role="cell" class="c-since" title={momentText(sinceMs, now.value)}>
        {ageText(now.value - sinceMs)}
      </div>
      <div role="cell" class="c-operations" title={operations}>
        {operations}
      </div>
      <div role="cell" class="c-culprit">
        {culprit === undefined ? (
          isCulprit ? (
            <em>itself</em>
          ) : (
            ''
          )
        ) : (
          <a href={subjectHash({ environment, subject: culprit })}>{culprit}</a>
        )}
      </div>
      <div role="cell" class="c-against">
        {observersAgainst.length > 0
          ? `${observersAgainst.length} of ${observersAgainst.length + observersFor.length}`
          : observersFor.length > 0
            ? `0 of ${observersFor.length}`
            : ''}
      </div>
    </div>
  );
}
