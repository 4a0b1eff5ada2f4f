// SPDX-License-Identifier: Apache-2.0
/** Which convictions are new, of what is logged and what is seen by looking. */
import { describe, expect, it } from 'vitest';
import { ConvictionLog } from '../../../examples/hadoop-like/harness/conviction-log.js';
import type { ApiVerdict } from '../../../examples/hadoop-like/harness/engine-api.js';

/** Which of verdicts of `dn1` are new convictions; each reads `status` or `status culprit`. */
function newOnes(...verdicts: readonly string[]): readonly boolean[] {
  const log = new ConvictionLog();
  return verdicts.map((text) => {
    const [status, root] = text.split(' ');
    return log.note({ subject: 'dn1', status, ...(root && { blame: { root } }) } as ApiVerdict);
  });
}

describe('a conviction', () => {
  it('is new once, however often it is said or seen', () => {
    expect(newOnes('healthy', 'unhealthy', 'unhealthy', 'unhealthy')).toEqual([false, true, false, false]);
  });

  it('is new again after an acquittal or a doubt', () => {
    expect(newOnes('dead', 'healthy', 'dead', 'maybe_unhealthy', 'dead')).toEqual([true, false, true, false, true]);
  });

  it('is new where another is to blame, or it is worse', () => {
    expect(newOnes('unhealthy', 'unhealthy nn1', 'dying nn1')).toEqual([true, true, true]);
  });

  it('is the same whether a subject blames itself or nobody', () => {
    expect(newOnes('unhealthy', 'unhealthy dn1')).toEqual([true, false]);
  });

  it('is each subject’s own', () => {
    const log = new ConvictionLog();
    const verdictOf = (subject: string) => ({ subject, status: 'unhealthy' }) as ApiVerdict;
    expect(['dn1', 'dn2', 'dn1'].map((subject) => log.note(verdictOf(subject)))).toEqual([true, true, false]);
  });
});
