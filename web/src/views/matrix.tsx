// SPDX-License-Identifier: Apache-2.0
/** Observers against subjects: what everybody sees of everybody, those with whom something is wrong first. */
import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import type { PairJson } from '../../../src/engine/api/shapes.js';
import { useAsked } from '../parts/asked.js';
import { CellPanel } from '../parts/cell-panel.js';
import { EmptyFleet, Notice } from '../parts/empty.js';
import { Search } from '../parts/filters.js';
import { MatrixGrid } from '../parts/matrix-grid.js';
import { type Cell, cellIn, cellText } from '../state/cell.js';
import { type Matrix, matrixChoiceIn, matrixOf, worstFirst } from '../state/matrix.js';
import { choosing } from '../state/route.js';
import { countText } from '../state/words.js';
import { api, fleet, go, isLoaded, route, shown } from '../store.js';

interface Answer {
  readonly pairs: readonly PairJson[];
  readonly leftOut: number;
}

export function MatrixView(): JSX.Element {
  const asked = useAsked({ key: 'matrix', ask: () => api.get<Answer>('matrix') });
  const told = useComputed(() => matrixOf(asked.value.answer?.pairs ?? [], matrixChoiceIn(route.value.chosen)));
  const matrix = useComputed(() => {
    shown.value;
    return worstFirst(told.value, (key) => fleet.get(key)?.status);
  });
  const { answer, error } = asked.value;
  const { chosen } = route.value;
  if (isLoaded.value && fleet.size === 0 && shown.value >= 0) return <EmptyFleet />;
  if (!answer) return error ? <Unread message={error.message} /> : <p class="none">Reading…</p>;
  const cell = cellIn(chosen['cell']);
  const choose = (next: Cell | undefined): void =>
    go(choosing(route.value, { cell: next ? cellText(next) : '' }), { replace: true });
  return (
    <section class="view" aria-labelledby="matrix-title">
      <h1 id="matrix-title" class="sr">
        Matrix: how each observer finds each subject
      </h1>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <button
          type="button"
          class="chip"
          aria-pressed={chosen['ill'] === '1'}
          onClick={() =>
            go(choosing(route.value, { ill: chosen['ill'] === '1' ? '' : '1' }), {
              replace: true,
            })
          }
        >
          only where somebody complains
        </button>
        <Search label="Search subjects and observers" />
        <p class="counts" role="status">
          {countsText(matrix.value, answer.leftOut)}
        </p>
      </form>
      {error && <p class="stale">What is shown is old: {error.message}</p>}
      <div class="beside">
        {matrix.value.rows.length === 0 ? (
          <Nothing isChosen={answer.pairs.length > 0} />
        ) : (
          <MatrixGrid matrix={matrix.value} chosen={cell} onChoose={choose} />
        )}
        {cell && <CellPanel cell={cell} onClose={() => choose(undefined)} />}
      </div>
    </section>
  );
}

function countsText({ rows, columns, pairCount, complaintCount }: Matrix, leftOut: number): string {
  const shownText = `${countText(rows.length, 'subject')} × ${countText(columns.length, 'observer')}, ${countText(complaintCount, 'complaint')} in ${countText(pairCount, 'pair')}`;
  return leftOut > 0 ? `${shownText}; about ${countText(leftOut, 'pair')} of well subjects left out` : shownText;
}

function Nothing({ isChosen }: { readonly isChosen: boolean }): JSX.Element {
  return isChosen ? (
    <p class="none">
      Nothing that was chosen.{' '}
      <button type="button" onClick={() => go({ ...route.value, chosen: {} })}>
        Show all
      </button>
    </p>
  ) : (
    <Notice title="Nobody says anything of anybody now">
      <p>What callers said has expired. The matrix fills with their next calls.</p>
    </Notice>
  );
}

function Unread({ message }: { readonly message: string }): JSX.Element {
  return (
    <Notice title="The matrix cannot be read">
      <p>{message}</p>
      <p>It is asked for again every few seconds.</p>
    </Notice>
  );
}
