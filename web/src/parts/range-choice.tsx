// SPDX-License-Identifier: Apache-2.0
/** Which time to look at: back from now, or, where that is wanted, from one moment to another. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
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
  const since = from || fieldText(range.sinceMs);
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
          <Moment label="from" value={from} onChosen={(text) => choose({ from: text, range: '' })} />
          <Moment label="to" value={to} onChosen={(text) => choose({ to: text, from: text && since, range: '' })} />
        </>
      )}
    </fieldset>
  );
}

/** The first moment that can be chosen: what is typed of a year is no year yet. */
const FIRST = '2000-01-01T00:00';

interface MomentParts {
  readonly label: string;
  readonly value: string;
  readonly onChosen: (text: string) => void;
}

/** A field for a moment. The browser keeps what is typed of it until it is one, so nothing is written into it meanwhile. */
function Moment({ label, value, onChosen }: MomentParts): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (field.current && field.current !== document.activeElement) field.current.value = value;
  }, [value]);
  return (
    <label>
      {label}{' '}
      <input
        ref={field}
        type="datetime-local"
        min={FIRST}
        onChange={(event) => {
          const { value: text, validity } = event.currentTarget;
          if (validity.valid) onChosen(text);
        }}
      />
    </label>
  );
}
