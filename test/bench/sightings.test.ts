// SPDX-License-Identifier: Apache-2.0
/** What observers saw of a subject, from views that are looked at again and again. */
import { expect, it } from 'vitest';
import { Sightings } from '../../bench/detection/sightings.js';

const viewOf = (observer: string, status: string, lastMs: number) => ({ observer, operation: 'Get', status, lastMs });

it('each failing observation is kept once, and what goes well is not', () => {
  const sightings = new Sightings();
  sightings.note([viewOf('a', 'healthy', 100), viewOf('b', 'unhealthy', 110)]);
  sightings.note([viewOf('a', 'unhealthy', 150), viewOf('b', 'unhealthy', 110)]);
  sightings.note([viewOf('a', 'pending', 200), viewOf('b', 'dead', 210)]);
  expect(sightings.all.map(({ observer, atMs }) => `${observer} ${atMs}`)).toEqual(['b 110', 'a 150', 'b 210']);
});
