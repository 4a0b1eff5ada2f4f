// SPDX-License-Identifier: Apache-2.0
/**
 * Parts of a clock that come back. A part that came with bytes may come again, for messages are delivered twice, and may
 * be with another branch by then. So an event is made on it whenever it comes back: whoever knows of that event refuses
 * the part when it comes again.
 */
import { overlaps } from '../itc/id.js';
import { event, isUsedUp, join, peek, type Stamp } from '../itc/stamp.js';

/** Our part with theirs added, or ours as it is where theirs is not to be trusted. @param carried whether it came with bytes */
export function addedUp(ours: Stamp, theirs: Stamp, carried: boolean): Stamp {
  if (overlaps(ours.id, theirs.id) || (carried && isUsedUp(theirs, ours.event))) return ours;
  try {
    return join(ours, carried && theirs.id !== 0 ? event(join(peek(ours), theirs)) : theirs);
  } catch {
    // Heights that no clock can have reached.
    return ours;
  }
}
