// SPDX-License-Identifier: Apache-2.0
/** Lengths of time as people write them: `500ms`, `30s`, `15m`, `1h`, `2d`. */
import { PanoramaError } from '../model/errors.js';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In ms. @throws PanoramaError PANO_USAGE */
export function durationMs(flag: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (number !== undefined && unit !== undefined) return Number(number) * (UNIT_MS[unit] ?? 0);
  throw new PanoramaError(
    'PANO_USAGE',
    `${flag} ${JSON.stringify(text)} is no length of time; give one such as 30s, 15m, 1h or 2d`,
  );
}
