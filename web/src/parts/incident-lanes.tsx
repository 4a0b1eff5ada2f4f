// SPDX-License-Identifier: Apache-2.0
/** Everybody who was not well, as lanes: who was at fault, and below it those who suffered from it. */
import type { JSX } from 'preact';
import { culpritOfIncident, type Incident, type IncidentGroup } from '../state/incidents.js';
import type { Lane, LaneItem } from '../state/lanes.js';
import { subjectHash } from '../state/route.js';
import { countText, failureWords, spanText, statusWords } from '../state/words.js';
import { now } from '../store.js';
import { Lanes } from './lanes.js';

/** As many as are seen at a glance; the list below has all of them. */
const LANE_COUNT_MAX = 40;

export interface IncidentLanesParts {
  readonly groups: readonly IncidentGroup[];
  readonly sinceMs: number;
  readonly untilMs: number;
}

export function IncidentLanes({ groups, sinceMs, untilMs }: IncidentLanesParts): JSX.Element {
  const { lanes, left } = lanesOf(groups, sinceMs);
  return (
    <section aria-labelledby="lanes-title">
      <h2 id="lanes-title" class="sr">
        Who was not well, over time
      </h2>
      <Lanes lanes={lanes} sinceMs={sinceMs} untilMs={untilMs} label="Who was not well, over time" />
      {left > 0 && <p class="dim">And {countText(left, 'more component')}, in the list below.</p>}
    </section>
  );
}

/** A lane for each subject, at its first place: what came back stands in the same lane. Of those that are left out no word is made. */
function lanesOf(groups: readonly IncidentGroup[], sinceMs: number): { lanes: readonly Lane[]; left: number } {
  const lanes = new Map<string, Lane & { items: LaneItem[] }>();
  const left = new Set<string>();
  const add = (incident: Incident, isInner: boolean, note: string | undefined): void => {
    const { environment, subject, stretches } = incident;
    const key = subjectHash({ environment, subject });
    const known = lanes.get(key);
    if (!known && lanes.size >= LANE_COUNT_MAX) {
      left.add(key);
      return;
    }
    const items = stretches.map((stretch): LaneItem => {
      const { fromMs, toMs, status, failure, culprit, verdict } = stretch;
      const fault = culprit === undefined || culprit === subject ? '' : `fault of ${culprit}`;
      const kind = verdict ? failureWords(verdict) : failure === 'none' ? '' : failure;
      return {
        ...{ fromMs: Math.max(fromMs, sinceMs), toMs, status },
        words: [spanText(fromMs, toMs, now.value), statusWords(status), kind, fault].filter(Boolean).join(' · '),
      };
    });
    if (known) known.items.push(...items);
    else lanes.set(key, { key, label: subject, href: key, note, isInner, items });
  };
  for (const { root, victims } of groups) {
    const outside = culpritOfIncident(root);
    add(root, false, victims.length > 0 ? '◆ culprit' : outside && `◆ ${outside}`);
    for (const victim of victims) add(victim, true, 'victim');
  }
  for (const { items } of lanes.values()) items.sort((a, b) => a.fromMs - b.fromMs);
  return { lanes: [...lanes.values()], left: left.size };
}
