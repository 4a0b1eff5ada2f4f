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
import { Chronicle } from '../state/chronicle.js';
import { groupsOf, groupsWith, incidentsOf, summaryOf } from '../state/incidents.js';
import { askedSinceMs, type Range, type RangeName, rangeIn } from '../state/range.js';
import { ageText, countText, momentText } from '../state/words.js';
import { about, api, fleet, isLoaded, now, route } from '../store.js';

const RANGES: readonly [RangeName, ...RangeName[]] = ['12h', '1h', '24h', '7d'];
const ORDER: readonly RangeName[] = ['1h', '12h', '24h', '7d'];

/** Changes of an answer, and how many are read without being asked for. */
const PAGE_COUNT = 1000;
const READ_COUNT = 2000;

/** Changes that may come on top of that while somebody watches. */
const SURPLUS_COUNT = 3000;

interface Page {
  readonly transitions: readonly EventJson[];
  readonly cursor: string | null;
}

/** What was read of a time. */
interface Told {
  readonly chronicle: Chronicle;
  /** Of the next older page; `null` where all was read. */
  readonly cursor: string | null;
}

export function HistoryView(): JSX.Element {
  const { chosen } = route.value;
  const range = rangeIn(chosen, RANGES, now.value);
  const key = `${range.name} ${chosen['from'] ?? ''} ${chosen['to'] ?? ''}`;
  const known = useRef<{ key: string; told: Told | undefined; wantedCount: number } | undefined>(undefined);
  if (known.current?.key !== key) known.current = { key, told: undefined, wantedCount: READ_COUNT };
  const reading = known.current;
  const { answer, error, again } = useAsked<Told>({
    key,
    ask: async () => {
      reading.told = await read(rangeIn(chosen, RANGES, Date.now()), reading.told, reading.wantedCount);
      return { ...reading.told };
    },
  });
  const loadOlder = (): void => {
    reading.wantedCount = (reading.told?.chronicle.size ?? 0) + PAGE_COUNT;
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
          The engine did not answer the last time: {error.message}.{answer && ' What is shown is what it said before.'}
        </p>
      )}
      {!answer && !error && <p class="dim">Asking the engine…</p>}
      {answer && <Found told={answer} range={range} text={chosen['q'] ?? ''} onOlder={loadOlder} />}
    </section>
  );
}

/** Reads what is new, and older pages until there are as many changes as wanted. */
async function read(range: Range, before: Told | undefined, wantedCount: number): Promise<Told> {
  // Who watches for long reads from the newest again, before the page keeps more than it shows.
  const told = before && before.chronicle.size > wantedCount + SURPLUS_COUNT ? undefined : before;
  const chronicle = told?.chronicle ?? new Chronicle();
  const until = range.isLive ? undefined : range.untilMs;
  let since = chronicle.newestMs ?? askedSinceMs(range);
  let cursor: string | null | undefined;
  // What came since, all of it; the first time there is no end to what may come.
  do {
    const page = await api.get<Page>('history', { since, until, limit: PAGE_COUNT, cursor: cursor ?? undefined });
    chronicle.take(page.transitions);
    ({ cursor } = page);
  } while (cursor !== null && (told !== undefined || chronicle.size < wantedCount));
  let older = told ? told.cursor : cursor;
  since = askedSinceMs(range);
  while (older !== null && chronicle.size < wantedCount) {
    const page: Page = await api.get<Page>('history', { since, until, limit: PAGE_COUNT, cursor: older });
    chronicle.take(page.transitions);
    older = page.cursor;
  }
  return { chronicle, cursor: older };
}

interface FoundParts {
  readonly told: Told;
  readonly range: Range;
  readonly text: string;
  readonly onOlder: () => void;
}

function Found({ told: { chronicle, cursor }, range, text, onOlder }: FoundParts): JSX.Element {
  const { sinceMs, untilMs, isLive } = range;
  const bounds = { sinceMs: cursor === null ? sinceMs : (chronicle.oldestMs ?? sinceMs), untilMs };
  const incidents = incidentsOf(chronicle.bySubject(sinceMs), bounds, isLive && isLoaded.value ? fleet.all() : []);
  const groups = groupsWith(groupsOf(incidents), text);
  const memoryMs = about.value?.history === 'memory' ? about.value.startedMs : undefined;
  if (groups.length === 0 && cursor === null)
    return (
      <Notice title={text === '' ? 'Nothing was wrong in this time' : 'Nothing that was looked for'}>
        <p>
          {chronicle.size > 0 && `${countText(chronicle.size, 'change')} of verdicts, none for the worse. `}
          {memoryMs === undefined
            ? 'The history is in a file.'
            : `The history is in memory only and reaches back to ${momentText(memoryMs, now.value)}, when the engine started.`}
        </p>
      </Notice>
    );
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
