// SPDX-License-Identifier: Apache-2.0
/**
 * After the story, where everything is left running: the fault is broken and mended again whenever somebody asks, by a key on a
 * terminal or by a signal, and the engine's verdicts are told as before.
 */
import type { EventEmitter } from 'node:events';
import type { Fault } from '../faults/fault.js';
import { FaultSwitch, type FaultTimes } from './fault-switch.js';
import type { Teller } from './teller.js';
import type { Cast } from './trial.js';
import { VerdictWatch } from './verdict-watch.js';

export type Wish = 'break' | 'repair' | 'end';

/** A terminal that gives each key at once gives Ctrl-C as a key, too. */
const KEYS: ReadonlyMap<string, Wish> = new Map([
  ['b', 'break'],
  ['r', 'repair'],
  ['\u0003', 'end'],
]);

const SIGNALS: Readonly<Record<string, Wish>> = { SIGUSR1: 'break', SIGUSR2: 'repair' };

/** As much of `process.stdin` as keys need. */
export interface Keyboard extends EventEmitter {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
}

/**
 * Hears keys from now on, until `done` aborts, which gives the terminal back as it was.
 *
 * @returns whether there is a terminal
 */
export function hearKeys(keyboard: Keyboard, onWish: (wish: Wish) => void, done: AbortSignal): boolean {
  if (!keyboard.isTTY || !keyboard.setRawMode) return false;
  const hear = (bytes: Buffer): void => {
    for (const key of bytes.toString('latin1')) {
      const wish = KEYS.get(key);
      if (wish) onWish(wish);
    }
  };
  keyboard.setRawMode(true);
  keyboard.on('data', hear);
  keyboard.resume();
  done.addEventListener('abort', () => {
    keyboard.off('data', hear);
    keyboard.pause();
    keyboard.setRawMode?.(false);
  });
  return true;
}

/** Heeds signals from now on, until `done` aborts. */
export function hearSignals(target: EventEmitter, onWish: (wish: Wish) => void, done: AbortSignal): void {
  for (const [signal, wish] of Object.entries(SIGNALS)) {
    const hear = (): void => onWish(wish);
    target.on(signal, hear);
    done.addEventListener('abort', () => target.off(signal, hear));
  }
}

/**
 * Does as it is asked until `stop` aborts.
 *
 * @param end called when a key asks for the end
 * @param times of the story
 */
export function playOn(
  { engine, cluster, stop }: Cast,
  fault: Fault,
  { teller, times, end }: { teller: Teller; times: FaultTimes; end: () => void },
): void {
  const { signal } = stop;
  const faultSwitch = new FaultSwitch(fault, { cluster, stop: signal, watcher: teller, times });
  const onWish = (wish: Wish): void => {
    if (wish === 'end') end();
    else if (wish === 'break') void faultSwitch.break();
    else void faultSwitch.repair();
  };
  hearSignals(process, onWish, signal);
  const isTerminal = hearKeys(process.stdin, onWish, signal);
  teller.howToGoOn(engine, isTerminal);
  const startMs = Date.now();
  const watch = new VerdictWatch(engine.api, (transition) => {
    // The log is read from its beginning, and most of it has been told.
    if (transition.atMs >= startMs) teller.transition(transition, faultSwitch.times);
  });
  void watch.run(stop, signal);
}
