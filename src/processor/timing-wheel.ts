// SPDX-License-Identifier: Apache-2.0
/**
 * Whose time comes when: a hashed timing wheel. Each tick has a slot, entries hang in the slot of their tick in a ring,
 * and to add one or to take one out is to turn four references, however many there are. Most calls are taken out long
 * before their time.
 *
 * Source: Varghese, Lauck, "Hashed and Hierarchical Timing Wheels" (SOSP 1987), scheme 6.
 */

/** Slots; a power of two. Entries that are due a whole turn later hang in the slot too, and are passed over. */
const SLOT_COUNT = 256;

/** Something that can hang in a wheel, in one at a time. */
export class WheelEntry {
  previous: WheelEntry = this;
  next: WheelEntry = this;
  dueTick = 0;
}

export class TimingWheel<E extends WheelEntry> {
  readonly #slots: readonly WheelEntry[] = Array.from({ length: SLOT_COUNT }, () => new WheelEntry());

  /** Hangs an entry in, due at a tick that has not come yet. O(1). */
  add(entry: E, dueTick: number): void {
    const slot = this.#slots[dueTick & (SLOT_COUNT - 1)] as WheelEntry;
    entry.dueTick = dueTick;
    entry.previous = slot.previous;
    entry.next = slot;
    slot.previous.next = entry;
    slot.previous = entry;
  }

  /** Takes an entry out; one that is in no wheel stays so. O(1). */
  remove(entry: E): void {
    entry.previous.next = entry.next;
    entry.next.previous = entry.previous;
    entry.previous = entry;
    entry.next = entry;
  }

  /** Takes out what is due at this tick, in the order in which it was added. Every tick must be asked for in turn. */
  takeDue(tick: number): E[] {
    const slot = this.#slots[tick & (SLOT_COUNT - 1)] as WheelEntry;
    const due: E[] = [];
    for (let entry = slot.next; entry !== slot; entry = entry.next) if (entry.dueTick <= tick) due.push(entry as E);
    for (const entry of due) this.remove(entry);
    return due;
  }
}
