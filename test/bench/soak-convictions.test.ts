// SPDX-License-Identifier: Apache-2.0
/** Which convictions of a soak are wrong, and for how long a restart is an excuse. */
import { describe, expect, it } from 'vitest';
import type { ApiVerdict } from '#hadoop-like/harness/engine-api.js';
import { Convictions } from '../../bench/soak/convictions.js';

/** Node `rs1` is being restarted until this time. */
const RESTARTED_UNTIL_MS = 1000;
const restarts = {
  explain: (subject: string, atMs: number) => subject === 'rs/rs1' && atMs <= RESTARTED_UNTIL_MS,
};

const verdictOf = (subject: string, status: string, root?: string) =>
  ({ subject, status, ...(root && { blame: { root } }) }) as ApiVerdict;

/** When a verdict was found wrong, of those that stood at those times. */
function wrongAt(...said: readonly (readonly [number, ApiVerdict])[]): readonly number[] {
  const convictions = new Convictions(restarts);
  return said.filter(([atMs, verdict]) => convictions.note(verdict, atMs).isWrong).map(([atMs]) => atMs);
}

describe('a conviction in a soak', () => {
  it('is wrong where nobody is being restarted, once for as long as it stands', () => {
    const ill = verdictOf('dn/dn1', 'unhealthy');
    expect(wrongAt([10, ill], [20, ill], [30, ill])).toEqual([10]);
  });

  it('is wrong again after an acquittal, and when it blames another', () => {
    const ill = verdictOf('dn/dn1', 'unhealthy');
    const blaming = verdictOf('dn/dn1', 'unhealthy', 'nn/nn1');
    expect(wrongAt([10, ill], [20, verdictOf('dn/dn1', 'healthy')], [30, ill], [40, blaming])).toEqual([10, 30, 40]);
  });

  it('is excused while whom it blames is being restarted, be it the subject or another', () => {
    expect(wrongAt([10, verdictOf('rs/rs1', 'dead')], [20, verdictOf('web/w1', 'unhealthy', 'rs/rs1')])).toEqual([]);
  });

  it('is wrong when it goes on after the restart, once', () => {
    const ill = verdictOf('rs/rs1', 'dead');
    expect(wrongAt([10, ill], [1000, ill], [1001, ill], [1100, ill])).toEqual([1001]);
  });

  it('is wrong when it turns to another in the midst of a restart', () => {
    const turned = verdictOf('rs/rs1', 'dead', 'nn/nn1');
    expect(wrongAt([10, verdictOf('rs/rs1', 'dead')], [20, turned])).toEqual([20]);
  });

  it('is none while it is a doubt', () => {
    expect(wrongAt([10, verdictOf('dn/dn1', 'maybe_unhealthy')])).toEqual([]);
  });
});
