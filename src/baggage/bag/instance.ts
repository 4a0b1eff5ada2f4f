// SPDX-License-Identifier: Apache-2.0
/**
 * An instance: what was packed until others were to see it, sealed under a key that no other instance has. Several branches
 * may hold copies of it; when they meet, the key makes two copies one.
 *
 * The key is the frame with the event tree that the clock showed at the sealing, after an event of its own. Ids would
 * not do: they recur after joins, and of 400 random runs keyed by ids 381 gave a wrong sum.
 */
import { BAG_INSTANCE_COUNT_MAX, BAG_JOINED_BYTES_MAX, BAG_TABLE_COUNT_MAX } from '../../model/limits.js';
import type { Contents } from './contents.js';
import type { Bag } from './packing.js';

/** Keys of instances that are gone, remembered against a second delivery. */
const GONE_KEY_COUNT_MAX = 1024;

/**
 * Where copies of an instance may be, which is to say what may be done with it here:
 * - `own`: with branches of this frame only.
 * - `given`: here only. It was sealed in another frame, which has moved it here.
 * - `shared`: anywhere. It keeps its key for ever.
 * - `inherited`: it came with the request, whose sender has it too. It is not sent back, so the sender need not wait for
 *   it: a call that is never answered costs nothing.
 */
export type Origin = 'own' | 'given' | 'shared' | 'inherited';

export interface Instance {
  readonly key: string;
  /** The frame in which it was sealed. */
  readonly frame: Uint8Array;
  /** The encoded event tree. */
  readonly event: Uint8Array;
  readonly origin: Origin;
  /** Whether a byte budget left out some of its tuples on the way. A whole copy takes its place where one is met. */
  readonly partial: boolean;
  readonly contents: Contents;
}

/** The instance's key: both parts as Latin-1 text, the frame's length before it. */
export function instanceKey(frame: Uint8Array, event: Uint8Array): string {
  return `${frame.length} ${latin1(frame)}${latin1(event)}`;
}

/** What an instance is to whom all of a frame's branch is handed over, with the whole of its clock or with a part. */
export function handedOver(origin: Origin, whole: boolean): Origin {
  return origin === 'given' || (origin === 'own' && whole) ? 'given' : 'shared';
}

/** The instances that a branch holds, in causal order, and the keys of those that it held and must not take again. */
export class Instances {
  #held = new Map<string, Instance>();
  /** Shared by the branches that were parted from each other in this process. */
  #gone = new Set<string>();
  /** Counted when it is asked for, since contents that came as bytes are read for it. */
  #tupleCount: number | undefined;
  /** Bytes of what others gave, as far as they are held or were united with what is. */
  #takenBytes = 0;

  get size(): number {
    return this.#held.size;
  }

  /** Whether no more can be held apart. */
  get isFull(): boolean {
    return this.#held.size >= BAG_INSTANCE_COUNT_MAX;
  }

  /** Tuples held, save what is inherited. */
  get tupleCount(): number {
    if (this.#tupleCount !== undefined) return this.#tupleCount;
    let count = 0;
    for (const { origin, contents } of this.#held.values()) if (origin !== 'inherited') count += contents.tupleCount;
    this.#tupleCount = count;
    return count;
  }

  values(): Instance[] {
    return [...this.#held.values()];
  }

  /** Whether each of the others is held here too. */
  includes(others: Instances): boolean {
    for (const key of others.#held.keys()) if (!this.#held.has(key)) return false;
    return true;
  }

  /** Holds what was sealed here. @returns whether its key is new, as it must be */
  add(instance: Instance): boolean {
    if (this.#held.has(instance.key) || this.#gone.has(instance.key)) return false;
    this.#hold(instance, instance.origin);
    return true;
  }

  /**
   * Holds what somebody else gives, unless it is held already or gone. A whole copy takes the place of a partial one.
   *
   * @returns whether there was room
   */
  take(instance: Instance, origin: Origin): boolean {
    const held = this.#held.get(instance.key);
    if (held ? !held.partial || instance.partial : this.#gone.has(instance.key)) return true;
    this.#takenBytes += instance.contents.bytes().length;
    if ((!held && this.isFull) || this.#takenBytes > BAG_JOINED_BYTES_MAX) return false;
    this.#hold(instance, held?.origin ?? origin);
    return true;
  }

  /** Whether there is room for a bag beside those that are held and the active ones; what is inherited is not counted. */
  hasRoomFor(bag: Bag, active: Contents): boolean {
    if (this.isFull) return false;
    if (active.has(bag.key)) return true;
    const all = [active];
    for (const { origin, contents } of this.#held.values()) if (origin !== 'inherited') all.push(contents);
    // Mostly there are few in all. Only where there could be too many is it asked which are the same.
    if (all.reduce((sum, { tableCount }) => sum + tableCount, 0) < BAG_TABLE_COUNT_MAX) return true;
    const keys = new Set(all.flatMap((each) => each.keys()));
    return keys.has(bag.key) || keys.size < BAG_TABLE_COUNT_MAX;
  }

  /**
   * Lets instances go for good: they were written together with others, or handed over to another process.
   *
   * @param united what they were written into, if that is still here
   */
  release(instances: Iterable<Instance>, united?: Contents): void {
    for (const { key } of instances) {
      this.#held.delete(key);
      this.#forgetOne();
      this.#gone.add(key);
    }
    this.#recount(united);
  }

  /** Lets instances go that were handed over within the process. */
  drop(instances: Iterable<Instance>): void {
    for (const { key } of instances) this.#held.delete(key);
    this.#recount();
  }

  #recount(united?: Contents): void {
    this.#tupleCount = undefined;
    // Far from the bound it may stay too high; to know better, what was united must be written.
    if (this.#takenBytes < BAG_JOINED_BYTES_MAX / 2) return;
    let heldBytes = united?.bytes().length ?? 0;
    for (const { origin, contents } of this.#held.values()) if (origin !== 'own') heldBytes += contents.weight;
    this.#takenBytes = Math.min(this.#takenBytes, heldBytes);
  }

  /** The same, for a branch that never gives them back. What is gone for one is gone for both, from now on. */
  inherited(): Instances {
    const heirs = new Instances();
    for (const instance of this.#held.values()) heirs.#hold(instance, 'inherited');
    heirs.#gone = this.#gone;
    return heirs;
  }

  /** What was gone for another branch is gone for this one. */
  remember(others: Instances): void {
    if (others.#gone === this.#gone) return;
    for (const key of others.#gone) {
      this.#forgetOne();
      this.#gone.add(key);
    }
  }

  /** A branch is split off: what was here only is now with the branches of the frame. */
  scatter(): void {
    for (const instance of this.#held.values()) if (instance.origin === 'given') this.#hold(instance, 'own');
  }

  /** The same instances, held by another branch. */
  copied(): Instances {
    const copy = new Instances();
    copy.#held = new Map(this.#held);
    copy.#tupleCount = this.#tupleCount;
    copy.#takenBytes = this.#takenBytes;
    copy.#gone = this.#gone;
    return copy;
  }

  /** The clock under which they were sealed is put away: they keep their keys for good. */
  share(): void {
    for (const instance of this.#held.values()) if (instance.origin !== 'inherited') this.#hold(instance, 'shared');
  }

  #hold(instance: Instance, origin: Origin): void {
    this.#tupleCount = undefined;
    this.#held.set(instance.key, instance.origin === origin ? instance : { ...instance, origin });
  }

  #forgetOne(): void {
    if (this.#gone.size < GONE_KEY_COUNT_MAX) return;
    for (const oldest of this.#gone) {
      this.#gone.delete(oldest);
      return;
    }
  }
}

/** In a loop, since keys are short: for a dozen bytes a `Buffer` takes several times as long. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}
