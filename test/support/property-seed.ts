// SPDX-License-Identifier: Apache-2.0
/**
 * The seed of every property test, so that the same checkout gives the same answer on every machine. A failed property
 * prints its seed. `PROPERTY_SEED=random npm test` looks further; `PROPERTY_SEED=123 npm test` repeats a run.
 */
import fc from 'fast-check';

const DEFAULT_SEED = 20_181_008;
const wanted = process.env.PROPERTY_SEED;
// fast-check draws a seed of its own for each property when it is given none.
fc.configureGlobal(wanted === 'random' ? {} : { seed: Number(wanted ?? DEFAULT_SEED) });
