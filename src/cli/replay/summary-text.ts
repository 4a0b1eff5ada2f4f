// SPDX-License-Identifier: Apache-2.0
/** A replay's summary, as text. */
import type { Replayed } from '../../engine/replay.js';
import { ageText, type Paint, plain, table } from '../text.js';
import type { Spell } from './summary.js';

/** Who was ill, in order of when. */
export function spellsText(spells: readonly Spell[], paint: Paint): string {
  if (spells.length === 0) return '\nNothing was wrong with anybody.';
  const rows = spells.map((spell) => [
    `${new Date(spell.fromMs).toISOString().slice(0, 19).replace('T', ' ')}`,
    spell.isOver ? ageText(spell.toMs - spell.fromMs) : `${ageText(spell.toMs - spell.fromMs)}, to the end`,
    spell.environment ? `${spell.subject} (${spell.environment})` : spell.subject,
    spell.status,
    spell.failure === 'none' ? '' : spell.failure,
    spell.reason,
    spell.culprit === spell.subject ? '' : spell.culprit,
    spell.operations.join(', '),
  ]);
  const head = ['FROM (UTC)', 'FOR', 'SUBJECT', 'AT WORST', 'FAILURE', 'REASON', 'CULPRIT', 'OPERATIONS'];
  return `\n${table(head, rows, (text, row, column) => {
    const status = spells[row]?.status;
    return column === 3 && status ? paint.status(status, text) : text;
  })}`;
}

export interface Totals extends Replayed {
  readonly refusedCount: number;
  readonly seconds: number;
}

/** `425,211 spans in 851 requests, 4 h of data, in 4.3 s (98,000 spans a second)`. */
export function totalsText({ counts, requestCount, firstMs, lastMs, refusedCount, seconds }: Totals): string {
  const rate = Math.round(counts.spans / Math.max(seconds, 0.001));
  const refused = refusedCount > 0 ? `, ${number(refusedCount)} left out` : '';
  return plain(
    `${number(counts.spans)} spans in ${number(requestCount)} requests${refused}, ${ageText(lastMs - firstMs)} of data, in ${seconds.toFixed(1)} s (${number(rate)} spans a second)`,
  );
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
