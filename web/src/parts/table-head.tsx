// SPDX-License-Identifier: Apache-2.0
/** The head of a table: what each column is called, and which hold numbers. */
import type { JSX } from 'preact';

/** @param numbers columns whose numbers stand right, under their head */
export function TableHead({
  heads,
  numbers = [],
}: {
  readonly heads: readonly string[];
  readonly numbers?: readonly string[];
}): JSX.Element {
  return (
    <thead>
      <tr>
        {heads.map((head) => (
          <th key={head} scope="col" class={numbers.includes(head) ? 'number' : ''}>
            {head}
          </th>
        ))}
      </tr>
    </thead>
  );
}
