// SPDX-License-Identifier: Apache-2.0
/** Pages of the documentation, and what stands in their tables. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './imports.js';

export const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** The rows of every table of a page, cells without their back-quotes. */
export function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}
