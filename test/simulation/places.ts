// SPDX-License-Identifier: Apache-2.0
/**
 * Whom a verdict is about. The engine may know a component by its instance's name, by its address, or by its service's
 * name, and learns one from the other; a place is all the names of one such component.
 */
export interface Place {
  readonly id: number;
  readonly names: string[];
  /** Of an instance: its service, under whose name it may be called too; and the other way round. */
  service?: Place | undefined;
  readonly parts: Place[];
  /** Who was at its address before: until the engine has learned of the change, calls to the address are told of that one. */
  before?: Place | undefined;
}

export class Places {
  readonly #byName = new Map<string, Place>();
  #count = 0;

  add(): Place {
    return { id: this.#count++, names: [], parts: [] };
  }

  /** Gives a place one more name. A name that is taken stays whose it was. */
  name(place: Place, name: string): Place {
    const known = this.#byName.get(name);
    if (known) return known;
    this.#byName.set(name, place);
    place.names.push(name);
    return place;
  }

  named(name: string): Place | undefined {
    return this.#byName.get(name);
  }
}

/** A place as people read it. */
export function shownPlace({ id, names }: Place): string {
  return names[0] ?? `place ${id}`;
}
