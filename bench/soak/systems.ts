// SPDX-License-Identifier: Apache-2.0
/** Which cluster is soaked. */
import { FAULTS } from '#hadoop-like/faults/index.js';
import type { System } from '#hadoop-like/harness/system.js';

/** The system that stands on most of the others. */
const DEFAULT_SYSTEM = 'HBase-like';

/** The system of a name, or of the first words of one. */
export function soakSystem(name: string = DEFAULT_SYSTEM): System {
  const systems = [...new Set(FAULTS.map(({ system }) => system))];
  const system = systems.find((each) => each.name.toLowerCase().startsWith(name.toLowerCase()));
  if (!system) throw new Error(`--system: no system ${name}; one of ${systems.map((each) => each.name).join(', ')}`);
  return system;
}
