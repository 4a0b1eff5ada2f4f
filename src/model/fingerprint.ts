// SPDX-License-Identifier: Apache-2.0
/**
 * The seed of all hashes of this process: drawn at its start, so that what comes over the wire cannot be chosen to collide.
 */
import { systemRandom } from './clock.js';

function drawn(): number {
  const bytes = new Uint8Array(4);
  systemRandom(bytes);
  return new DataView(bytes.buffer).getInt32(0);
}

export const FINGERPRINT_SEED: number = drawn();
