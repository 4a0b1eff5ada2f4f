// SPDX-License-Identifier: Apache-2.0
/**
 * What a bag keeps of what is packed into it. A bag travels with every call, so it must stay small: either it keeps few
 * tuples, or it combines them while they are packed. A thousand calls that each add their milliseconds to a sum make one
 * row on the wire.
 *
 * Source: Mace, Roelke, Fonseca, "Pivot Tracing" (SOSP 2015), section 4: the pack operators ALL, FIRST, RECENT,
 * FIRSTN, RECENTN and aggregation.
 */
import { PanoramaError } from '../../model/errors.js';
import { BAG_COLUMN_COUNT_MAX, BAG_NAME_LENGTH_MAX, BAG_TUPLE_COUNT_MAX } from '../../model/limits.js';

/** What a column may hold, as it was packed. Numbers that are safe integers stay integers; text is cut at `BAG_TEXT_LENGTH_MAX`. */
export type TupleValue = string | number | boolean;

/** One row: values by column. A column that is absent or `undefined` has no value in this row. */
export type Tuple = Readonly<Record<string, TupleValue | undefined>>;

/** How the values of one column become one value. COUNT counts tuples and needs no value. */
export type Combine = 'sum' | 'count' | 'min' | 'max' | 'average';

/** What may be packed as a tuple: also an object of an interface, which is no `Tuple` to the compiler. */
export type Packable<T> = { readonly [Column in keyof T]: TupleValue | undefined };

/** Which tuples are kept. */
export type Packing =
  | { readonly keep: 'all' }
  /** The first so many in causal order; among concurrent ones, those of the branch that is joined first. */
  | { readonly keep: 'first'; readonly count: number }
  /** The last so many in causal order. */
  | { readonly keep: 'recent'; readonly count: number }
  /** One row for each combination of the `by` columns; without any, one row. */
  | { readonly keep: 'combined'; readonly by?: readonly string[]; readonly values: Readonly<Record<string, Combine>> };

/** A bag within the baggage: its name and what it keeps. Make it once, at module level. */
export interface Bag {
  readonly name: string;
  readonly packing: Packing;
  /** Tells bags apart: two of one name that keep different things are two bags. */
  readonly key: string;
}

const ALL: Packing = { keep: 'all' };

/**
 * Names a bag.
 *
 * ```ts
 * const spent = bag('spent', { keep: 'combined', by: ['service'], values: { ms: 'sum', calls: 'count' } });
 * ```
 *
 * @param name 1 to 64 characters; prefix it with what is yours. Names that begin with `panorama.` are Panorama's own.
 * @param packing default: all tuples
 * @throws PanoramaError PANO_OPTIONS_INVALID for a name, packing, count or column that cannot be used
 */
export function bag(name: string, packing: Packing = ALL): Bag {
  const fault = faultOf(name, packing);
  if (fault) throw new PanoramaError('PANO_OPTIONS_INVALID', `bag ${JSON.stringify(name)}: ${fault}`);
  return { name, packing, key: keyOf(name, packing) };
}

/**
 * The bag that a tuple is to be packed into.
 *
 * @throws PanoramaError PANO_OPTIONS_INVALID where it is none, or the tuple is none
 */
export function bagFor(into: Bag | string, tuple: object): Bag {
  const fault = (what: string) => new PanoramaError('PANO_OPTIONS_INVALID', what);
  if (typeof tuple !== 'object' || tuple === null) throw fault('a tuple must be an object, of values by column');
  if (typeof into === 'string') return bag(into);
  if (typeof into?.key !== 'string') throw fault('tuples are packed into a name, or into what `bag` has made');
  return into;
}

function keyOf(name: string, packing: Packing): string {
  switch (packing.keep) {
    case 'all':
      return `${name}\nall`;
    case 'first':
    case 'recent':
      return `${name}\n${packing.keep} ${packing.count}`;
    case 'combined':
      return `${name}\n${JSON.stringify([packing.by ?? [], Object.entries(packing.values)])}`;
  }
}

const KEEPS: ReadonlySet<unknown> = new Set<Packing['keep']>(['all', 'first', 'recent', 'combined']);
const COMBINES: ReadonlySet<string> = new Set<Combine>(['sum', 'count', 'min', 'max', 'average']);

function faultOf(name: string, packing: Packing): string | undefined {
  if (!isName(name)) return `its name must have 1 to ${BAG_NAME_LENGTH_MAX} characters`;
  const keep: unknown = packing?.keep;
  if (!KEEPS.has(keep)) return `keep must be one of ${[...KEEPS].join(', ')}, not ${JSON.stringify(keep)}`;
  if (packing.keep === 'first' || packing.keep === 'recent') {
    const { count } = packing;
    const fits = Number.isInteger(count) && count >= 1 && count <= BAG_TUPLE_COUNT_MAX;
    return fits ? undefined : `count must be a whole number from 1 to ${BAG_TUPLE_COUNT_MAX}, not ${count}`;
  }
  return packing.keep === 'combined' ? columnFaultOf(packing.by ?? [], packing.values ?? {}) : undefined;
}

function columnFaultOf(by: readonly string[], values: Readonly<Record<string, Combine>>): string | undefined {
  if (!Array.isArray(by)) return '`by` must be a list of columns';
  const columns = [...by, ...Object.keys(values)];
  if (Object.keys(values).length === 0) return 'name at least one column to combine in `values`';
  if (columns.length > BAG_COLUMN_COUNT_MAX) return `at most ${BAG_COLUMN_COUNT_MAX} columns can be combined`;
  if (new Set(columns).size < columns.length) return 'a column is named twice in `by` and `values`';
  const strange = columns.find((column) => !isName(column));
  if (strange !== undefined)
    return `column ${JSON.stringify(strange)} must have 1 to ${BAG_NAME_LENGTH_MAX} characters`;
  const unknown = Object.values(values).find((combine) => !COMBINES.has(combine));
  return unknown === undefined ? undefined : `${JSON.stringify(unknown)} is none of ${[...COMBINES].join(', ')}`;
}

/** Whether a text can name a bag or a column. */
export function isName(name: string): boolean {
  return typeof name === 'string' && name.length >= 1 && name.length <= BAG_NAME_LENGTH_MAX;
}
