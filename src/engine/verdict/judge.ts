// SPDX-License-Identifier: Apache-2.0
/**
 * The contract of a judge: views of one subject in, a verdict out. A judge is pure; time is an argument. It needs
 * nothing but the subject's own panorama and its last verdict, so subjects can be judged on different machines.
 */
import type { Verdict, ViewSummary } from '../../model/verdict.js';
import type { Panorama } from '../../model/view.js';

export interface Judgement {
  readonly verdict: Verdict;
  /** What each observer says, with its own reasons: the panorama as people read it. */
  readonly views: readonly ViewSummary[];
  /** The earliest time at which the verdict can change although nothing new arrives (expiry, a pending call). Epoch ms. */
  readonly dueMs: number;
}

export interface Judge {
  readonly name: string;
  /** @param previous the subject's last verdict: what was failing already keeps its `sinceMs` */
  judge(panorama: Panorama, nowMs: number, previous: Verdict | undefined): Judgement;
}
