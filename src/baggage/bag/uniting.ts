// SPDX-License-Identifier: Apache-2.0
/**
 * Which instances are written together once nobody else can bring copies of them. Uniting keeps a bag in one piece, but
 * writes everything again, and a request may make a thousand calls. So it is done as a log-structured store does it:
 * small pieces always, so that what travels with a call is one; a large one only with about as much that is new.
 */
import { BAG_BYTES_MAX } from '../../model/limits.js';
import type { Instance } from './instance.js';

/** How much larger than what is new a piece may be to be written again together with it. */
const GROWTH = 4;

/**
 * The instances to unite with what is packed now: the last few of what this branch alone holds, in their order. None where
 * there is nothing to unite.
 *
 * @param held all that is held, in causal order
 * @param newWeight about how many bytes are packed now
 * @param all whatever it costs
 */
export function toUnite(held: readonly Instance[], newWeight: number, all: boolean): Instance[] {
  // Nothing is moved past what must stay: the order is causal.
  const ours = held
    .slice(held.findLastIndex((instance) => mustStay(instance)) + 1)
    .filter(({ origin }) => origin !== 'inherited');
  // What came last is new as well, where nothing was packed since.
  let from = ours.length - (newWeight > 0 || ours.length === 0 ? 0 : 1);
  let weight = newWeight || (ours[from]?.contents.weight ?? 0);
  for (let next = ours[from - 1]; next; next = ours[from - 1]) {
    if (!all && next.contents.weight > Math.max(BAG_BYTES_MAX, GROWTH * weight)) break;
    weight += next.contents.weight;
    from--;
  }
  // A large one alone is left as it is, if it has a key of ours: another's must be remembered against a second delivery.
  const [alone, another] = ours.slice(from);
  const staysAlone = newWeight === 0 && !another && alone?.origin === 'own' && weight > BAG_BYTES_MAX;
  return staysAlone ? [] : ours.slice(from);
}

/** What others may bring again keeps its key, and what is of a newer version keeps its bytes. */
function mustStay({ origin, contents }: Instance): boolean {
  return origin === 'shared' || (origin !== 'inherited' && !contents.isUnderstood);
}
