// SPDX-License-Identifier: Apache-2.0
/** `kill -9` at any moment: what was acknowledged is there when the history is opened again, and nothing is torn. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chanceFrom } from '../../baggage/bag/chance.js';
import { freshFolder, HAS_SQLITE, openSqlite } from './records.js';

const WRITER = fileURLToPath(new URL('./fixtures/acknowledging-writer.mjs', import.meta.url));
const KILL_COUNT = 8;

interface Said {
  readonly lastSeq?: number;
  readonly durableSeq?: number;
}

/** Runs the writer until it has acknowledged so many times, and kills it. Everything that it had said by then. */
async function killedAfter(acknowledgements: number, file: string): Promise<{ lastSeq: number; durableSeq: number }> {
  const child = spawn(process.execPath, [WRITER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  let [lastSeq, durableSeq, count] = [0, 0, 0];
  // To the end of the pipe: it may say more before the signal arrives, and must have meant it.
  for await (const line of createInterface(child.stdout)) {
    const said = JSON.parse(line) as Said;
    lastSeq = said.lastSeq ?? lastSeq;
    durableSeq = said.durableSeq ?? durableSeq;
    if (said.durableSeq !== undefined && ++count === acknowledgements) child.kill('SIGKILL');
  }
  expect(await gone).toEqual([null, 'SIGKILL']);
  return { lastSeq, durableSeq };
}

describe.skipIf(!HAS_SQLITE)('an engine that is killed', () => {
  it('finds every transition that it had acknowledged, its evidence and the views, whenever it was killed', async () => {
    const seed = fc.readConfigureGlobal().seed ?? Date.now();
    const chance = chanceFrom(seed);
    const file = path.join(freshFolder(), 'history.db');
    let before = 0;
    for (let kill = 0; kill < KILL_COUNT; kill++) {
      const after = 1 + Math.floor(chance() * 40);
      const said = `seed ${seed}, kill ${kill} after ${after} acknowledgements`;
      const { lastSeq, durableSeq } = await killedAfter(after, file);
      expect(lastSeq, said).toBeGreaterThanOrEqual(before);
      const { journal, recovered } = await openSqlite({ path: file, layout: 'killed/1/2' });
      expect(recovered.lastSeq, said).toBeGreaterThanOrEqual(durableSeq);
      expect(durableSeq, said).toBeGreaterThan(before);
      const seqs = recovered.transitions.map(({ seq }) => seq);
      expect(seqs, said).toEqual(seqs.map((_, index) => recovered.lastSeq - seqs.length + 1 + index));
      expect(recovered.transitions.every(({ seq, cause }) => cause === `cause ${seq}`)).toBe(true);
      expect(recovered.verdicts.map(({ sinceMs }) => sinceMs)).toEqual([recovered.lastSeq]);
      expect(recovered.views, said).toHaveLength(1);
      expect([...(recovered.views[0]?.cells ?? [])]).toEqual([
        recovered.views[0]?.lastMs,
        -(recovered.views[0]?.lastMs ?? 0),
      ]);
      expect(recovered.dropped).toEqual([]);
      const { items } = await journal.evidence({ subject: 'db', limit: 1, untilMs: durableSeq });
      expect(items.length, said).toBe(1);
      await journal.close();
      before = recovered.lastSeq;
    }
  });
});
