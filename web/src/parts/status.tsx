// SPDX-License-Identifier: Apache-2.0
/** A status as a coloured word with a sign, or as the sign alone. */
import type { JSX } from 'preact';
import type { HealthStatusName } from '../../../src/model/status.js';
import { glyphOf, statusWords } from '../state/words.js';

export function Status({ status }: { readonly status: HealthStatusName }): JSX.Element {
  return (
    <span class={`status s-${status}`}>
      <i aria-hidden="true">{glyphOf(status)}</i>
      {statusWords(status)}
    </span>
  );
}
