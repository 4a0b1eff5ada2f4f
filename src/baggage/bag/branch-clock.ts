// SPDX-License-Identifier: Apache-2.0
/**
 * A branch's part of a clock. A frame is the world of one clock; each of its branches has a stamp, which says which part
 * of the clock is the branch's own and which events it knows of.
 */
import { encodeEvent, TREE_DEPTH_MAX } from '../itc/bits.js';
import { depthOfId, isWhole, overlaps } from '../itc/id.js';
import { event, fork, isUsedUp, join, peek, type Stamp, seed } from '../itc/stamp.js';
import { isFrame, newFrame } from './frame.js';

export class BranchClock {
  readonly frame: Uint8Array;
  #stamp: Stamp;
  /** Whether it came with bytes, which may be delivered twice. */
  readonly #carried: boolean;

  /** @param stamp default: the whole clock, at its beginning */
  constructor(frame: Uint8Array = newFrame(), stamp: Stamp = seed(), carried = false) {
    this.frame = frame;
    this.#stamp = stamp;
    this.#carried = carried;
  }

  /** The clock of a branch that came with bytes. @param stamp `undefined` where it came without a part */
  static carried(frame: Uint8Array, stamp: Stamp | undefined): BranchClock {
    return new BranchClock(frame, stamp ?? peek(seed()), true);
  }

  get stamp(): Stamp {
    return this.#stamp;
  }

  /** Whether no other branch has a part of it. */
  get isWhole(): boolean {
    return isWhole(this.#stamp.id);
  }

  get hasPart(): boolean {
    return this.#stamp.id !== 0;
  }

  isOfFrame(other: BranchClock): boolean {
    return isFrame(this.frame, other.frame);
  }

  /**
   * Makes an event.
   *
   * @returns the event tree that is known now and that nobody has seen before, in bytes; `undefined` where there is no part
   *   to make it on, or where the clock has grown too large to travel: hundreds of branches that all made some
   */
  tick(): Uint8Array | undefined {
    try {
      this.#stamp = event(this.#stamp);
      return encodeEvent(this.#stamp.event);
    } catch {
      return undefined;
    }
  }

  /** Halves the part. @returns the other half, or `undefined` where the parts would become too small */
  fork(): BranchClock | undefined {
    if (depthOfId(this.#stamp.id) >= TREE_DEPTH_MAX - 1) return undefined;
    const [ours, theirs] = fork(this.#stamp);
    this.#stamp = ours;
    return new BranchClock(this.frame, theirs);
  }

  /** The same frame without any part of its clock. */
  withoutPart(): BranchClock {
    return new BranchClock(this.frame, peek(this.#stamp));
  }

  /**
   * Adds another branch's part, unless that is not to be trusted. A part that came with bytes may come again, for messages
   * are delivered twice, and may be with another branch by then. So an event is made on it whenever it comes back: whoever
   * knows of that event refuses the part when it comes again.
   */
  join(other: BranchClock): void {
    const theirs = other.#stamp;
    if (overlaps(this.#stamp.id, theirs.id) || (other.#carried && isUsedUp(theirs, this.#stamp.event))) return;
    try {
      const used = other.#carried && theirs.id !== 0 ? event(join(peek(this.#stamp), theirs)) : theirs;
      this.#stamp = join(this.#stamp, used);
    } catch {
      // Heights that no clock can have reached.
    }
  }
}
