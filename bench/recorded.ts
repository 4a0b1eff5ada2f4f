// SPDX-License-Identifier: Apache-2.0
/** What every benchmark on recordings needs: the lines of a file, and a judge as the engine has it by default. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { type Judge, type JudgeName, judgeOf } from 'panorama-otel/engine';

/** The engine's own defaults. */
const LIFETIME_MS = 60_000;
const PENDING_MS = 1000;

/** A judge of that name, with the engine's defaults. */
export function defaultJudge(judge: JudgeName): Judge {
  return judgeOf({ judge, evidenceLifetimeMs: LIFETIME_MS, pendingMs: PENDING_MS });
}

/** The lines of a file, gzipped or not. */
export function linesOf(file: string): AsyncIterable<string> {
  const bytes = createReadStream(file);
  const text = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  return createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY });
}
