// SPDX-License-Identifier: Apache-2.0
/**
 * Names of frames. A frame is one clock's world: it begins when a request enters a process, work forks or a first scope is
 * made, and interval ids mean something within it only. Two services that were handed copies of the same request therefore seal
 * instances under different keys, and nothing that either packs is taken for a copy of the other's.
 *
 * A name is five bytes of chance, drawn once a process, and a count of three bytes. Two processes would have to draw the
 * same five bytes (one chance in 10^12 a pair) and meet in the same request to be confused.
 */
import { type Random, systemRandom } from '../../model/clock.js';

const CHANCE_BYTES = 5;
const COUNT_BYTES = 3;

/** Bytes that a frame's name may have where one is read. */
export const FRAME_BYTES_MAX = 16;

/** Whether two names are the same. */
export function isFrame(frame: Uint8Array, other: Uint8Array): boolean {
  return frame === other || Buffer.compare(frame, other) === 0;
}

/** Makes names of frames. */
export type FrameNames = () => Uint8Array;

/** Names from one draw of chance. */
export function frameNames(random: Random): FrameNames {
  const chance = new Uint8Array(CHANCE_BYTES);
  random(chance);
  let count = 0;
  return () => {
    const name = new Uint8Array(CHANCE_BYTES + COUNT_BYTES);
    name.set(chance);
    name[CHANCE_BYTES] = count & 255;
    name[CHANCE_BYTES + 1] = (count >>> 8) & 255;
    name[CHANCE_BYTES + 2] = (count >>> 16) & 255;
    count = (count + 1) & 0xff_ffff;
    return name;
  };
}

/** The process's own names. */
export const newFrame: FrameNames = frameNames(systemRandom);
