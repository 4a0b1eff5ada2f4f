// SPDX-License-Identifier: Apache-2.0
/** What happened, last night say: who failed from when to when, whose fault it was, and who suffered from it. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { EventJson } from '../../../src/engine/api/shapes.js';
import { useAsked } from '../parts/asked.js';
import { Notice } from '../parts/empty.js';
import { Search } from '../parts/filters.js';
import { IncidentLanes } from '../parts/incident-lanes.js';
import { IncidentList } from '../parts/incident-list.js';
import { RangeChoice } from '../parts/range-choice.js';
import { changes, changesBySubject } from '../state/chronicle.js';
import { groupsOf, groupsWith, incidentsOf, summaryOf } from '../state/incidents.js';
import { askedSinceMs, choiceKey, nowFor, type Range, type RangeName, rangeIn } from '../state/range.js';
import { ageText, countText, momentText } from '../state/words.js';
import { about, api, fleet, isLoaded, now, route } from '../store.js';
import { heardOn, PAGE_COUNT, type Reading, readOn, transitionPages } from '../wire/reading.js';

const RANGES: readonly [RangeName, ...RangeName[]] = ['12h', '1h', '24h', '7d'];
const ORDER: readonly RangeName[] = ['1h', '12h', '24h', '7d'];

/** Incidents are made of thousands of changes, anew each time. */
const GATHER_MS = 500;

/** How many changes are read without being asked for. */
const READ_COUNT = 2000;

export function HistoryView(): JSX.Element {
  const { chosen } = route.value;
  const key = choiceKey(chosen);
  const wanted = useRef({ key, count: READ_COUNT });
  if (wanted.current.key !== key) wanted.current = { key, count: READ_COUNT };
  const { answer, error, again } = useAsked<Reading<EventJson>>({
    key,
    gatherMs: GATHER_MS,
    ask: (before) => {
      const asked = rangeIn(chosen, RANGES, Date.now());
      const heard = asked.isLive && before && heardOn(before, fleet.recent, fleet.recentAfter, wanted.current.count);
      if (heard) return Promise.resolve(heard);
      return readOn(before, {
        sinceMs: askedSinceMs(asked),
        untilMs: asked.isLive ? undefined : asked.untilMs,
        wantedCount: wanted.current.count,
        page: transitionPages(api),
        empty: changes,
      });
    },
  }).value;
  const range = rangeIn(chosen, RANGES, nowFor(now.value, answer?.chronicle.newestMs));
  const loadOlder = (): void => {
    wanted.current.count = (answer?.chronicle.size ?? 0) + PAGE_COUNT;
    again();
  };
  return (
    <section class="view history" aria-labelledby="history-title">
      <div class="history-bar">
        <h1 id="history-title">History</h1>
        <RangeChoice names={ORDER} range={range} hasMoments />
        <Search />
      </div>
      {error && (
        <p class="asking" role="status">
          Asking again failed: {error.message}.{answer && ' What is shown is what it said before.'}
        </p>
      )}
      {!answer && !error && <p class="dim">Asking the engine…</p>}
      {answer && <Found told={answer} range={range} text={chosen['q'] ?? ''} onOlder={loadOlder} />}
    </section>
  );
}

interface FoundParts {
  readonly told: Reading<EventJson>;
  readonly range: Range;
  readonly text: string;
  readonly onOlder: () => void;
}

function Found({ told: { chronicle, cursor }, range, text, onOlder }: FoundParts): JSX.Element {
  const { sinceMs, untilMs, isLive } = range;
  const bounds = { sinceMs: cursor === null ? sinceMs : (chronicle.oldestMs ?? sinceMs), untilMs };
  const incidents = incidentsOf(
    changesBySubject(chronicle.newestFirst(), sinceMs),
    bounds,
    isLive && isLoaded.value ? fleet.all() : [],
  );
  const groups = groupsWith(groupsOf(incidents), text);
  const memoryMs = about.value?.history === 'memory' ? about.value.startedMs : undefined;
  if (groups.length === 0 && cursor === null) {
    const isUnknown = memoryMs !== undefined && memoryMs > untilMs;
    const title = isUnknown ? 'Nothing is known of this time' : 'Nothing was wrong in this time';
    return (
      <Notice title={text === '' ? title : 'Nothing that was looked for'}>
        <p>
          {chronicle.size > 0 &&
            text === '' &&
            `${countText(chronicle.size, 'change')} of verdicts, none for the worse. `}
          {memoryMs === undefined
            ? 'The history is kept in a file; it reaches back as far as the engine was told to keep it.'
            : `The history is in memory only: it reaches back to ${momentText(memoryMs, now.value)}, when the engine started.`}
        </p>
      </Notice>
    );
  }
  const { incidentCount, subjectCount, goingOnCount, worst } = summaryOf(groups, untilMs);
  return (
    <>
      <p class="glance">
        <b>{countText(groups.length, 'incident')}</b>
        {incidentCount > groups.length && `, ${countText(incidentCount - groups.length, 'victim')}`}
        {`, ${countText(subjectCount, 'component')} in all; `}
        <b class={goingOnCount > 0 ? 's-unhealthy' : 's-healthy'}>
          {goingOnCount === 0 ? 'all of it is over' : `${goingOnCount} still going on`}
        </b>
        {worst &&
          `. The longest: ${worst.subject}, ${ageText(worst.ms)}${worst.victimCount > 0 ? ` with ${countText(worst.victimCount, 'victim')}` : ''}`}
        .
      </p>
      <IncidentLanes groups={groups} sinceMs={sinceMs} untilMs={untilMs} />
      <IncidentList groups={groups} />
      <p class="dim">
        {memoryMs !== undefined &&
          memoryMs > sinceMs &&
          `The history is in memory only: it is known from ${momentText(memoryMs, now.value)} on. `}
        {cursor === null
          ? `All ${countText(chronicle.size, 'change')} of this time.`
          : `The newest ${countText(chronicle.size, 'change')}, back to ${momentText(bounds.sinceMs, now.value)}; there is more before. `}
        {cursor !== null && (
          <button type="button" onClick={onOlder}>
            Load older
          </button>
        )}
      </p>
    </>
  );
}
