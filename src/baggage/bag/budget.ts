// SPDX-License-Identifier: Apache-2.0
/**
 * What travels when not everything fits. Identity is outside the bag and always travels. Then come the tuples of
 * Panorama's own bags, which say whose fault it is, then all others, each in the order of packing; the first that does
 * not fit ends it, so that what arrives has no holes. An instance of which something was left out says so, and gives way
 * to a whole copy wherever one is met.
 */

import { ProtobufWriter } from '../../protobuf/protobuf-writer.js';
import { CONTENTS_TAG, Contents } from './contents.js';
import type { Instance } from './instance.js';
import type { Cell, Rows } from './rows.js';
import { rowBytes, rowsHeadBytes, writeRows } from './rows-wire.js';

/** Bags whose names begin so are Panorama's own, and go first. */
const OWN_PREFIX = 'panorama.';

/** What of one bag in one instance travels. */
interface Share {
  readonly rows: Rows;
  readonly cells: Cell[][];
}

/**
 * The instances with as many of their tuples as fit, in causal order still.
 *
 * @param instances all, in causal order
 * @param byteCountMax bytes for all of them together
 * @param outlineBytes bytes that an instance takes beside its tuples
 */
export function fitted(
  instances: readonly Instance[],
  byteCountMax: number,
  outlineBytes: (instance: Instance) => number,
): Instance[] {
  const shares = new Map<Instance, Map<Rows, Share>>();
  let left = byteCountMax;
  const admit = (instance: Instance, rows: Rows, cells: Cell[]): boolean => {
    const known = shares.get(instance);
    const share = known?.get(rows);
    const needed = rowBytes(cells) + (share ? 0 : rowsHeadBytes(rows)) + (known ? 0 : outlineBytes(instance));
    if (needed > left) return false;
    left -= needed;
    if (share) share.cells.push(cells);
    else shares.set(instance, (known ?? new Map()).set(rows, { rows, cells: [cells] }));
    return true;
  };
  inOrder(instances, true, admit) && inOrder(instances, false, admit);
  return instances.flatMap((instance) => {
    const share = shares.get(instance);
    return share ? [reduced(instance, [...share.values()])] : [];
  });
}

/** Offers every tuple of the wanted bags, until one is refused. */
function inOrder(
  instances: readonly Instance[],
  own: boolean,
  admit: (instance: Instance, rows: Rows, cells: Cell[]) => boolean,
): boolean {
  for (const instance of instances) {
    for (const rows of instance.contents.rows()) {
      if (rows.bag.name.startsWith(OWN_PREFIX) !== own) continue;
      if (!rows.cells.every((cells) => admit(instance, rows, cells))) return false;
    }
  }
  return true;
}

const writer = new ProtobufWriter();

function reduced(instance: Instance, shares: readonly Share[]): Instance {
  const all = [...instance.contents.rows()];
  writer.clear();
  // In the order in which the bags stand in the instance.
  for (const rows of all) {
    const share = shares.find((each) => each.rows === rows);
    if (share) writeRows(writer, CONTENTS_TAG, rows, share.cells);
  }
  const whole = all.length === shares.length && shares.every(({ rows, cells }) => cells.length === rows.cells.length);
  // Bytes of a newer version beside the tuples were not counted as they were admitted.
  if (whole && writer.length >= instance.contents.bytes().length) return instance;
  return { ...instance, partial: true, contents: Contents.encoded(writer.finish()).freeze() };
}
