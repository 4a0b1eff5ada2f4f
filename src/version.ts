// SPDX-License-Identifier: Apache-2.0
/** The version of this package, as its `package.json` has it. */
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export const VERSION: string = version;
