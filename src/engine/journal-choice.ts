// SPDX-License-Identifier: Apache-2.0
/**
 * Which journal an engine has. A file that was never going to work (no package, no folder, somebody else's, too new) stops
 * the start, for whoever gave it is there to see. One that has gone bad since (a full disk, damage) must not keep an
 * engine from judging that is started in the night: it is said as an error, and the engine remembers in memory.
 */
import type { Logger } from 'pino';
import type { Clock } from '../model/clock.js';
import { PanoramaError } from '../model/errors.js';
import { NOTHING_RECOVERED, type OpenedJournal } from './journal/journal.js';
import { MemoryJournal } from './journal/memory-journal.js';
import type { EngineOptions } from './options.js';

const DAY_MS = 86_400_000;
const MIB = 1_048_576;

/** Faults that come over a file, through nobody's choice. */
const COMES_OVER_FILES: readonly PanoramaError['code'][] = ['PANO_HISTORY_FULL', 'PANO_HISTORY_BROKEN'];

export interface JournalChoiceParts {
  readonly log: Logger;
  readonly clock: Clock;
  /** The layout of the engine's views, and for how long one of them may count. */
  readonly layout: string;
  readonly viewWindowMs: number;
}

/**
 * Opens the journal that the options ask for.
 *
 * @throws PanoramaError PANO_HISTORY_DRIVER, PANO_HISTORY_UNWRITABLE, PANO_HISTORY_LOCKED or PANO_HISTORY_NEWER
 */
export async function chooseJournal(
  { history, historyDays, historyMaxMb }: EngineOptions,
  { log, clock, layout, viewWindowMs }: JournalChoiceParts,
): Promise<OpenedJournal> {
  if (history === '') return { journal: new MemoryJournal(), recovered: NOTHING_RECOVERED };
  const { SqliteJournal } = await import('./journal/sqlite-journal.js');
  try {
    const opened = await SqliteJournal.open({
      path: history,
      layout,
      viewWindowMs,
      ageMaxMs: historyDays * DAY_MS,
      bytesMax: historyMaxMb * MIB,
      onFault: (error) => log.error({ code: error.code }, `${error.message}; the engine goes on from memory`),
      onMended: (lost) => log.info({ lost }, 'the history is written again'),
      clock,
    });
    const { transitions, verdicts, views, dropped } = opened.recovered;
    for (const reason of dropped) log.warn({ history }, `not taken over from the history: ${reason}`);
    const counts = { transitions: transitions.length, verdicts: verdicts.length, views: views.length };
    log.info({ history, ...counts }, 'history opened');
    return opened;
  } catch (thrown) {
    const error = PanoramaError.from(thrown);
    if (!COMES_OVER_FILES.includes(error.code)) throw error;
    log.error({ code: error.code }, `${error.message}; the engine judges from memory until it is started again`);
    const insteadOf = { path: history, error, atMs: clock.nowMs() };
    return { journal: new MemoryJournal({ insteadOf }), recovered: NOTHING_RECOVERED };
  }
}
