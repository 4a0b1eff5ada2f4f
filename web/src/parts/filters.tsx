// SPDX-License-Identifier: Apache-2.0
/** What is shown of the fleet: how many there are of each status, and what to choose by. */
import type { JSX } from 'preact';
import { STATUSES } from '../state/fleet.js';
import { choosing } from '../state/route.js';
import { type Choice, type countsOf, NAMELESS } from '../state/rows.js';
import { statusWords } from '../state/words.js';
import { go, route } from '../store.js';

export interface FiltersParts {
  readonly choice: Choice;
  readonly counts: ReturnType<typeof countsOf>;
}

const FAILURES = ['gray', 'crash', 'masked'];

function choose(changes: Readonly<Record<string, string>>): void {
  go(choosing(route.value, changes), { replace: true });
}

export function Filters({ choice, counts }: FiltersParts): JSX.Element {
  const all = [...counts.byStatus.values()].reduce((sum, count) => sum + count, 0);
  const chips = [
    { value: '', label: 'all', count: all, look: '' },
    { value: 'ill', label: 'not well', count: counts.illCount, look: '' },
    ...STATUSES.filter((status) => counts.byStatus.has(status)).map((status) => ({
      ...{ value: status, label: statusWords(status), look: `s-${status}` },
      count: counts.byStatus.get(status) ?? 0,
    })),
  ];
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend class="sr">Status</legend>
        {chips.map(({ value, label, count, look }) => (
          <button
            key={value}
            type="button"
            class={`chip ${look}`}
            aria-pressed={choice.status === value}
            onClick={() => choose({ status: value })}
          >
            <b>{count.toLocaleString('en')}</b> {label}
          </button>
        ))}
      </fieldset>
      <label>
        <span class="sr">Kind of failure</span>
        <select value={choice.failure} onChange={(event) => choose({ failure: event.currentTarget.value })}>
          <option value="">any failure</option>
          {FAILURES.map((failure) => (
            <option key={failure} value={failure}>
              {failure}
            </option>
          ))}
        </select>
      </label>
      {counts.environments.length > 1 && (
        <label>
          <span class="sr">Environment</span>
          <select
            value={route.value.chosen['environment'] ?? ''}
            onChange={(event) => choose({ environment: event.currentTarget.value })}
          >
            <option value="">all environments</option>
            {counts.environments.map((name) => (
              <option key={name} value={name === '' ? NAMELESS : name}>
                {name === '' ? NAMELESS : name}
              </option>
            ))}
          </select>
        </label>
      )}
      <Search />
    </form>
  );
}

/** A field for words; `/` leads to it. */
export function Search({ label = 'Search subjects, culprits, operations' }: { readonly label?: string }): JSX.Element {
  return (
    <label class="search">
      <span class="sr">{label}</span>
      <input
        type="search"
        data-search
        placeholder={`${label}  ( / )`}
        value={route.value.chosen['q'] ?? ''}
        onInput={(event) => choose({ q: event.currentTarget.value })}
      />
    </label>
  );
}
