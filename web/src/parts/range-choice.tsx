// SPDX-License-Identifier: Apache-2.0
/** Which time to look at: back from now, or, where that is wanted, from one moment to another. */
import type { JSX } from 'preact';
import { fieldText, type Range, type RangeName, rangeWords } from '../state/range.js';
import { choosing } from '../state/route.js';
import { go, route } from '../store.js';

export interface RangeChoiceParts {
  readonly names: readonly RangeName[];
  readonly range: Range;
  readonly hasMoments?: boolean;
}

function choose(changes: Readonly<Record<string, string>>): void {
  go(choosing(route.value, changes), { replace: true });
}

export function RangeChoice({ names, range, hasMoments = false }: RangeChoiceParts): JSX.Element {
  const { from = '', to = '' } = route.value.chosen;
  return (
    <fieldset class="range">
      <legend class="sr">Time</legend>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          class="chip"
          aria-pressed={range.name === name}
          onClick={() => choose({ range: name, from: '', to: '' })}
        >
          {rangeWords(name)}
        </button>
      ))}
      {hasMoments && (
        <>
          <label>
            from{' '}
            <input
              type="datetime-local"
              value={from || fieldText(range.sinceMs)}
              onChange={(event) => choose({ from: event.currentTarget.value, range: '' })}
            />
          </label>
          <label>
            to{' '}
            <input
              type="datetime-local"
              value={to || (range.isLive ? '' : fieldText(range.untilMs))}
              onChange={(event) =>
                choose({ to: event.currentTarget.value, from: from || fieldText(range.sinceMs), range: '' })
              }
            />
          </label>
        </>
      )}
    </fieldset>
  );
}
