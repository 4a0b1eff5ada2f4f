// SPDX-License-Identifier: Apache-2.0
/** Every judge that can be chosen keeps the contract of judges. */
import { JUDGE_NAMES, judgeOf } from '../../../src/engine/verdict/presets.js';
import { judgeContract } from '../../contract/judge.js';

for (const judge of JUDGE_NAMES) {
  judgeContract(judge, () => judgeOf({ judge, evidenceLifetimeMs: 60_000, pendingMs: 1000 }));
}
