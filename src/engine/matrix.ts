// SPDX-License-Identifier: Apache-2.0
/** Who finds whom how: observers against subjects, each pair as the worst of its operations, those of subjects that are not well first. */
import { HealthStatus } from '../model/status.js';
import type { Matrix, ViewStatus } from './engine-reader.js';
import type { Panoramas } from './store/panoramas.js';
import type { SubjectRecord } from './store/records.js';
import { isCallerSource } from './verdict/quadrant.js';

export function matrixOf(panoramas: Panoramas, ill: ReadonlySet<SubjectRecord>, countMax: number): Matrix {
  const views: ViewStatus[] = [];
  for (const subject of inOrder(panoramas, ill)) {
    if (views.length >= countMax) break;
    addPairs(subject, views, countMax);
  }
  return { views, leftOut: views.length < countMax ? 0 : Math.max(0, pairCount(panoramas) - views.length) };
}

function* inOrder(panoramas: Panoramas, ill: ReadonlySet<SubjectRecord>): Iterable<SubjectRecord> {
  yield* ill;
  for (const subject of panoramas.subjects()) if (!ill.has(subject)) yield subject;
}

function addPairs({ environment, identity, operations }: SubjectRecord, views: ViewStatus[], countMax: number): void {
  const worst = new Map<string, HealthStatus>();
  for (const operation of operations.values()) {
    for (const [{ name, source }, { status }] of operation.views) {
      if (status === HealthStatus.NA || !isCallerSource(source)) continue;
      worst.set(name, Math.max(status, worst.get(name) ?? HealthStatus.NA) as HealthStatus);
    }
  }
  for (const [observer, status] of worst) {
    if (views.length >= countMax) return;
    views.push({ environment, subject: identity.text, observer, status });
  }
}

/** Pairs of which a caller has said something, be it expired. */
function pairCount(panoramas: Panoramas): number {
  let count = 0;
  for (const { source, subjects } of panoramas.observers()) if (isCallerSource(source)) count += subjects.size;
  return count;
}
