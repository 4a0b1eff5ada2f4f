// SPDX-License-Identifier: Apache-2.0
/**
 * The matrix as a grid: names that stay in sight, and of the cells only those that are looked at. One cell takes part in the order of the
 * Tab key, arrows lead from it to the others; it is drawn wherever it is, so that the focus is never lost while rows come and go.
 */
import type { JSX, TargetedKeyboardEvent, TargetedMouseEvent } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Cell, type Place, placeAfter } from '../state/cell.js';
import { keyOf } from '../state/fleet.js';
import type { Matrix, MatrixRow } from '../state/matrix.js';
import { subjectHash } from '../state/route.js';
import { glyphOf, shortName, statusWords } from '../state/words.js';
import { fleet } from '../store.js';
import { useVirtual } from './virtual.js';

/** In pixels, as in `matrix.css`. */
const CELL_PX = 28;
const NAME_PX = 260;
/** What the last slanted name takes beyond its column. */
const TAIL_PX = 112;
/** Characters of an observer's name. */
const OBSERVER_LENGTH_MAX = 24;

interface GridParts {
  readonly matrix: Matrix;
  readonly chosen: Cell | undefined;
  readonly onChoose: (cell: Cell) => void;
}

export function MatrixGrid({ matrix, chosen, onChoose }: GridParts): JSX.Element {
  const { rows, columns } = matrix;
  const scroller = useRef<HTMLDivElement>(null);
  const down = useVirtual({ count: rows.length, sizePx: CELL_PX, scroller });
  const across = useVirtual({ count: columns.length, sizePx: CELL_PX, scroller, horizontal: true });
  const [active, setActive] = useState<Cell | undefined>(chosen);
  const wantsFocus = useRef(false);
  const place = placeOf(active, matrix);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    scroller.current?.querySelector<HTMLElement>('.cell[tabindex="0"]')?.focus();
  });
  // Who closed the panel is back at the cell that opened it.
  const wasChosen = useRef(chosen);
  if (wasChosen.current && !chosen) wantsFocus.current = true;
  wasChosen.current = chosen;

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    const next = placeAfter(event.key, place, matrix, event.ctrlKey || event.metaKey);
    if (!next || event.altKey) return;
    event.preventDefault();
    wantsFocus.current = true;
    setActive(cellAt(next, matrix));
  };
  const onClick = (event: TargetedMouseEvent<HTMLDivElement>): void => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('.cell');
    if (!cell) return;
    const clicked = cellAt({ row: Number(cell.dataset['row']), column: Number(cell.dataset['column']) }, matrix);
    setActive(clicked);
    if (clicked) onChoose(clicked);
  };
  const shownColumns = withIndex(across.items, place.column);
  return (
    <div class="scroller matrix" ref={scroller}>
      <div
        role="grid"
        aria-label="How each observer finds each subject"
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 1}
        style={{ width: `${NAME_PX + across.totalPx + TAIL_PX}px` }}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <div class="observers" role="row" aria-rowindex={1}>
          <div class="corner" role="columnheader" aria-colindex={1}>
            subject ↓ &nbsp; observer →
          </div>
          {shownColumns.map((index) => (
            <div
              key={columns[index]?.observer}
              class={`observer${columns[index]?.complaintCount ? ' complains' : ''}`}
              role="columnheader"
              aria-colindex={index + 2}
              title={columns[index]?.observer}
              style={{ left: `${NAME_PX + index * CELL_PX}px` }}
            >
              <span>{shortName(columns[index]?.observer ?? '', OBSERVER_LENGTH_MAX)}</span>
            </div>
          ))}
        </div>
        <div role="rowgroup" class="cells" style={{ height: `${down.totalPx}px` }}>
          {withIndex(down.items, place.row).map((index) => {
            const row = rows[index];
            return (
              row && (
                <Row
                  key={row.key}
                  row={row}
                  index={index}
                  matrix={matrix}
                  shownColumns={shownColumns}
                  activeColumn={index === place.row ? place.column : undefined}
                  chosen={chosen && keyOf(chosen) === row.key ? chosen.observer : undefined}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowParts {
  readonly row: MatrixRow;
  readonly index: number;
  readonly matrix: Matrix;
  readonly shownColumns: readonly number[];
  readonly activeColumn: number | undefined;
  /** The observer of the cell that is chosen in this row. */
  readonly chosen: string | undefined;
}

function Row({ row, index, matrix, shownColumns, activeColumn, chosen }: RowParts): JSX.Element {
  const { environment, subject, found } = row;
  const verdict = fleet.get(row.key);
  const status = verdict?.status ?? 'na';
  return (
    <div
      class="matrix-row"
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${index * CELL_PX}px)` }}
    >
      <div
        class="name"
        role="rowheader"
        aria-colindex={1}
        title={`${subject} is ${statusWords(status)} ${environment}`}
      >
        <i aria-hidden="true" class={`s-${status}`}>
          {glyphOf(status)}
        </i>
        <a href={subjectHash(row)}>{subject}</a>
        {environment !== '' && <small>{environment}</small>}
      </div>
      {shownColumns.map((column) => {
        const observer = matrix.columns[column]?.observer ?? '';
        const said = found.get(observer);
        if (said === undefined && column !== activeColumn) return undefined;
        const isDoubted = verdict?.observersDoubted.includes(observer) ?? false;
        const words = said === undefined ? `says nothing of ${subject}` : `finds ${subject} ${statusWords(said)}`;
        return (
          <button
            key={observer}
            type="button"
            role="gridcell"
            class={`cell ${said === undefined ? '' : `v-${said}`}${isDoubted ? ' doubted' : ''}`}
            aria-label={`${observer} ${words}${isDoubted ? ', which does not count: it is a suspect itself' : ''}`}
            title={`${observer} ${words}`}
            aria-colindex={column + 2}
            aria-selected={observer === chosen}
            tabIndex={column === activeColumn ? 0 : -1}
            data-row={index}
            data-column={column}
            style={{ left: `${NAME_PX + column * CELL_PX}px` }}
          >
            <span aria-hidden="true">{said === undefined ? '' : glyphOf(said)}</span>
          </button>
        );
      })}
    </div>
  );
}

/** The indices of what is in sight, and one more that may not be. */
function withIndex(items: readonly { readonly index: number }[], index: number): readonly number[] {
  const indices = items.map((item) => item.index);
  return indices.includes(index) ? indices : [...indices, index].sort((a, b) => a - b);
}

function placeOf(cell: Cell | undefined, { rows, columns }: Matrix): Place {
  const row = cell ? rows.findIndex(({ key }) => key === keyOf(cell)) : -1;
  const column = cell ? columns.findIndex(({ observer }) => observer === cell.observer) : -1;
  if (row >= 0 && column >= 0) return { row, column };
  const [first] = rows;
  return {
    row: 0,
    column: Math.max(
      0,
      columns.findIndex(({ observer }) => first?.found.has(observer)),
    ),
  };
}

function cellAt({ row, column }: Place, { rows, columns }: Matrix): Cell | undefined {
  const [of, by] = [rows[row], columns[column]];
  return of && by && { environment: of.environment, subject: of.subject, observer: by.observer };
}
