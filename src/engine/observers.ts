// SPDX-License-Identifier: Apache-2.0
/** Everybody who has said something of somebody, and how far they are believed. */
import { compareTexts } from '../model/text-order.js';
import type { ObserverSummary } from './engine-reader.js';
import type { Panoramas } from './store/panoramas.js';

/** Sorted by environment, name and source. O(observers × their subjects). */
export function observersOf(panoramas: Panoramas): readonly ObserverSummary[] {
  const observers: ObserverSummary[] = [];
  for (const { environment, name, source, subjects, trust, suspicion, isGuest } of panoramas.observers()) {
    let [subjectCount, complaintCount] = [0, 0];
    for (const { speaking, complaints } of subjects.values()) {
      if (speaking > 0) subjectCount++;
      if (complaints > 0) complaintCount++;
    }
    observers.push({ environment, observer: name, source, isGuest, subjectCount, complaintCount, trust, suspicion });
  }
  return observers.sort(
    (a, b) =>
      compareTexts(a.environment, b.environment) ||
      compareTexts(a.observer, b.observer) ||
      compareTexts(a.source, b.source),
  );
}
