// SPDX-License-Identifier: Apache-2.0
/** A part of `docs/verdicts.md` that is made and never written by hand: it stands between two comments. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './imports.js';

const PAGE = path.join(ROOT, 'docs/verdicts.md');

/** The part as the page shows it and as it was made. With `UPDATE_DOCS` the page is first brought up to date. */
export function reconcile(opening: string, closing: string, made: string): { shown: string; made: string } {
  const page = readFileSync(PAGE, 'utf8');
  const start = page.indexOf(`${opening}\n`) + opening.length + 1;
  const end = page.indexOf(`\n${closing}`, start);
  if (start <= opening.length || end < 0) throw new Error(`docs/verdicts.md has no ${opening} with an end`);
  if (!process.env['UPDATE_DOCS']) return { shown: page.slice(start, end), made };
  writeFileSync(PAGE, page.slice(0, start) + made + page.slice(end));
  return { shown: made, made };
}
