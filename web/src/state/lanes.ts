// SPDX-License-Identifier: Apache-2.0
/** Time as lanes: what lasted, what happened, and what of it somebody points at. Pure. */
import type { HealthStatusName } from '../../../src/model/status.js';

/** Something in a lane: a stretch of time, or a mark where both ends are one. */
export interface LaneItem {
  readonly fromMs: number;
  readonly toMs: number;
  readonly status: HealthStatusName;
  /** How many it stands for; of marks the more the taller. */
  readonly count?: number | undefined;
  /** What it is, for whoever points at it. */
  readonly words: string;
}

export interface Lane {
  readonly key: string;
  readonly label: string;
  readonly href?: string | undefined;
  /** What is special about it, such as that it is the culprit. */
  readonly note?: string | undefined;
  /** Below another. */
  readonly isInner?: boolean | undefined;
  /** In order of time. */
  readonly items: readonly LaneItem[];
}

export interface Place {
  readonly lane: number;
  readonly item: number;
}

export function itemAt(lanes: readonly Lane[], place: Place | undefined): LaneItem | undefined {
  return place && lanes[place.lane]?.items[place.item];
}

/** The item of a lane at a moment, or the nearest that is not further off than `slackMs`. */
export function nearestItem(lane: Lane | undefined, atMs: number, slackMs: number): number | undefined {
  let best: number | undefined;
  let bestMs = slackMs;
  lane?.items.forEach(({ fromMs, toMs }, place) => {
    const offMs = Math.max(fromMs - atMs, atMs - toMs, 0);
    if (offMs > bestMs) return;
    best = place;
    bestMs = offMs;
  });
  return best;
}

/** Where a key leads: left and right within a lane, up and down to what is nearest in the next that has anything. */
export function moved(lanes: readonly Lane[], from: Place | undefined, key: string): Place | undefined {
  const here = itemAt(lanes, from);
  if (!from || !here) {
    const lane = lanes.findIndex(({ items }) => items.length > 0);
    return lane < 0 ? undefined : { lane, item: (lanes[lane]?.items.length ?? 1) - 1 };
  }
  const last = (lanes[from.lane]?.items.length ?? 1) - 1;
  if (key === 'ArrowLeft') return { ...from, item: Math.max(0, from.item - 1) };
  if (key === 'ArrowRight') return { ...from, item: Math.min(last, from.item + 1) };
  if (key === 'Home') return { ...from, item: 0 };
  if (key === 'End') return { ...from, item: last };
  const step = key === 'ArrowUp' ? -1 : 1;
  for (let lane = from.lane + step; lane >= 0 && lane < lanes.length; lane += step) {
    const item = nearestItem(lanes[lane], (here.fromMs + here.toMs) / 2, Number.POSITIVE_INFINITY);
    if (item !== undefined) return { lane, item };
  }
  return from;
}
