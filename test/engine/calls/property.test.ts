// SPDX-License-Identifier: Apache-2.0
/** Call trees by chance: what is true of them is found again, in whatever order their spans come and though many are missing. */
import '../../support/property-seed.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlameLedgers } from '../../../src/engine/verdict/blame.js';
import { type Dice, diceOf } from '../../e2e/call-trees/plan.js';
import { instanceOf, Request, servicesOf, settledOf, shuffled, type World } from './call-world.js';

const worlds = fc.record({ seed: fc.integer(), count: fc.integer({ min: 3, max: 6 }) });

const requestsOf = (world: World, count: number) =>
  Array.from({ length: count }, (_, n) => new Request(world, n + 1, 's0'));

/** Who is found ill by any call at all, and who is blamed for it, when a share of the spans never comes. */
function blameIn({ dice }: World, requests: readonly Request[], lostShare: number): { ill: string; root: string }[] {
  const sent = requests.flatMap((request) => request.sent).filter(() => dice() >= lostShare);
  const failing = settledOf(shuffled(sent, dice)).filter((call) => call.failing);
  const ledgers = new BlameLedgers();
  for (const call of failing) ledgers.add(call.subject, { trouble: 'failing', ...call }, 0);
  const ill = new Set(failing.map(({ subject }) => subject));
  const explainers = { canExplain: (name: string) => ill.has(name), canExplainRest: () => false };
  const rootOf = (each: string) => ledgers.rootOf(each, 0, () => 'failing', explainers).root;
  return [...ill].map((each) => ({ ill: each, root: rootOf(each) }));
}

/** Somebody who is called by others of the world, not only by the client. */
const somebodyDeep = (dice: Dice, count: number) => `s${1 + Math.floor(dice() * (count - 1))}`;

describe('a world of services', () => {
  it('has each call settled once with the own time that it had, in whatever order its spans come', () => {
    fc.assert(
      fc.property(worlds, ({ seed, count }) => {
        const dice = diceOf(seed);
        const world: World = { services: servicesOf(dice, count), dice };
        const request = new Request(world, 1, 's0');
        // A trace of more spans is begun anew.
        fc.pre(request.sent.length < 250);
        const settled = settledOf(shuffled(request.sent, dice), request.sent.length);
        expect(settled.map(({ id }) => id).sort()).toEqual([...request.truth.keys()].sort());
        for (const { id, ownMs } of settled) expect(ownMs).toBeCloseTo(request.truth.get(id)?.ownMs ?? Number.NaN, 2);
      }),
    );
  });

  it('names the one that is sick as the root of all that fails, by five requests if no span is missing', () => {
    fc.assert(
      fc.property(worlds, ({ seed, count }) => {
        const dice = diceOf(seed);
        const sick = somebodyDeep(dice, count);
        const world: World = { services: servicesOf(dice, count), dice, sick: { [sick]: 0.9 } };
        for (const { ill, root } of blameIn(world, requestsOf(world, 5), 0))
          expect(`${ill} by ${root}`).toBe(`${ill} by ${instanceOf(sick)}`);
      }),
    );
  });

  it('names it by thirty requests if 30 % of the spans are missing, in any order', () => {
    fc.assert(
      fc.property(worlds, ({ seed, count }) => {
        const dice = diceOf(seed);
        const sick = somebodyDeep(dice, count);
        const world: World = { services: servicesOf(dice, count), dice, sick: { [sick]: 0.9 } };
        for (const { ill, root } of blameIn(world, requestsOf(world, 30), 0.3))
          expect(`${ill} by ${root}`).toBe(`${ill} by ${instanceOf(sick)}`);
      }),
    );
  });

  it('names itself as the root where three failing calls in four are its own fault, though others deeper fail too', () => {
    fc.assert(
      fc.property(worlds, fc.double({ min: 0.01, max: 0.2, noNaN: true }), ({ seed, count }, probability) => {
        const dice = diceOf(seed);
        const world: World = {
          services: servicesOf(dice, count),
          dice,
          sick: { s1: 0.9, [`s${count - 1}`]: probability },
        };
        const requests = requestsOf(world, 60);
        const failing = requests
          .flatMap(({ truth }) => [...truth.values()])
          .filter(({ callee, culprit }) => callee === instanceOf('s1') && culprit);
        fc.pre(failing.filter(({ culprit }) => culprit === instanceOf('s1')).length >= 0.75 * failing.length);
        const found = blameIn(world, requests, 0.3).find(({ ill }) => ill === instanceOf('s1'));
        expect(found?.root).toBe(instanceOf('s1'));
      }),
    );
  });
});
