// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's log: JSON lines on standard output. Whoever reads it may be slower than the engine writes, or read no more; what
 * waits for him is bounded, the lines past that are lost, and how many they were is said once there is room again.
 */
import { type Logger, pino } from 'pino';
import { withControlsEscaped } from '../model/control-characters.js';
import type { LogLevel } from './options.js';

/** Bytes of lines that wait for their reader: some ten thousand lines, more than a minute of many changes. */
export const WAITING_BYTES_MAX: number = 4 * 1024 * 1024;

const STANDARD_OUTPUT = 1;

export function boundedLog(level: LogLevel, fd: number = STANDARD_OUTPUT): Logger {
  const destination = pino.destination({ dest: fd, sync: false, maxLength: WAITING_BYTES_MAX });
  const log = pino({ level, hooks: { streamWrite: withControlsEscaped } }, destination);
  let lostCount = 0;
  destination.on('drop', () => void lostCount++);
  destination.on('drain', () => {
    if (lostCount === 0) return;
    const lines = lostCount;
    lostCount = 0;
    log.warn({ lines }, 'lines of this log were lost: it is read more slowly than it is written');
  });
  return log;
}
