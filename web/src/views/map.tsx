// SPDX-License-Identifier: Apache-2.0
/** Who calls whom, coloured by verdict, with culprits and their victims told apart. Services open into their instances. */
import { useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PairJson } from '../../../src/engine/api/shapes.js';
import { useAsked } from '../parts/asked.js';
import { EmptyFleet, Notice } from '../parts/empty.js';
import { Search } from '../parts/filters.js';
import { MapDrawing } from '../parts/map-drawing.js';
import { Legend } from '../parts/map-node.js';
import { isIll } from '../state/fleet.js';
import { groupsOf } from '../state/groups.js';
import { type FleetMap, type MapNode, mapOf, namedIn } from '../state/map.js';
import { choosing, hashOf, subjectHash } from '../state/route.js';
import { countText } from '../state/words.js';
import { api, fleet, go, isLoaded, route, shown } from '../store.js';

interface Answer {
  readonly pairs: readonly PairJson[];
}

function openIn(chosen: Readonly<Record<string, string>>): readonly string[] {
  return (chosen['open'] ?? '').split(',').filter(Boolean);
}

/** The same place with a service opened, or closed again. */
function hashWith(service: string): string {
  const open = openIn(route.value.chosen);
  const next = open.includes(service) ? open.filter((each) => each !== service) : [...open, service];
  return hashOf(choosing(route.value, { open: next.join(',') }));
}

export function MapView(): JSX.Element {
  const asked = useAsked({ key: 'matrix', ask: () => api.get<Answer>('matrix') });
  const ill = useComputed(() => {
    shown.value;
    return [...fleet.all()].filter(isIll);
  });
  // As text, for it changes seldom, and all that hangs on it with it.
  const named = useComputed(() => JSON.stringify([...namedIn(ill.value)]));
  const groups = useComputed(() =>
    groupsOf(asked.value.answer?.pairs ?? [], JSON.parse(named.value), new Set(openIn(route.value.chosen))),
  );
  const map = useComputed(() =>
    mapOf(groups.value, { ill: ill.value, get: (key) => fleet.get(key) }, route.value.chosen['q'] ?? ''),
  );
  const { answer, error } = asked.value;
  const open = openIn(route.value.chosen);
  const filters = useRef<HTMLFormElement>(null);
  // A node that was opened is there no more, nor is a chip that closed it: who was on one goes on beside the chips.
  const wasOpen = useRef(open.join());
  useEffect(() => {
    if (wasOpen.current === open.join()) return;
    wasOpen.current = open.join();
    if (document.activeElement !== document.body) return;
    [...(filters.current?.querySelectorAll<HTMLElement>('a, input') ?? [])]
      .at(open.length > 0 ? open.length - 1 : 0)
      ?.focus();
  });
  if (isLoaded.value && fleet.size === 0 && shown.value >= 0) return <EmptyFleet />;
  if (!answer && error)
    return (
      <Notice title="The map cannot be read">
        <p>{error.message}</p>
        <p>It is asked for again every few seconds.</p>
      </Notice>
    );
  if (!answer) return <p class="none">Reading…</p>;
  return (
    <section class="view" aria-labelledby="map-title">
      <h1 id="map-title" class="sr">
        Map: who calls whom
      </h1>
      <form ref={filters} class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        {open.map((service) => (
          <a key={service} class="chip open" href={hashWith(service)} aria-label={`Close ${service}`}>
            {service} <span aria-hidden="true">✕</span>
          </a>
        ))}
        <Search label="Search services and instances" />
        <p class="counts" role="status">
          {countsText(map.value)}
        </p>
      </form>
      {error && <p class="stale">What is shown is old: {error.message}</p>}
      {map.value.nodes.length === 0 ? <Nothing isChosen={answer.pairs.length > 0} /> : <Drawn map={map.value} />}
    </section>
  );
}

function Drawn({ map }: { readonly map: FleetMap }): JSX.Element {
  const hrefOf = (node: MapNode): string =>
    node.isService ? hashWith(node.name) : subjectHash({ environment: node.environment, subject: node.name });
  return (
    <>
      <MapDrawing map={map} hrefOf={hrefOf} />
      <Legend />
    </>
  );
}

function countsText({ nodes, leftOutCount, leftOutCallCount }: FleetMap): string {
  const culprits = nodes.filter(({ role }) => role === 'culprit').length;
  const victims = nodes.filter(({ role }) => role === 'victim').length;
  const told = `${countText(nodes.length, 'node')}, ${countText(culprits, 'culprit')}, ${countText(victims, 'victim')}`;
  const leftOut = [
    ...(leftOutCount > 0 ? [countText(leftOutCount, 'other')] : []),
    ...(leftOutCallCount > 0 ? [countText(leftOutCallCount, 'call')] : []),
  ];
  return leftOut.length > 0 ? `${told}; ${leftOut.join(' and ')} left out: search for them` : told;
}

function Nothing({ isChosen }: { readonly isChosen: boolean }): JSX.Element {
  return isChosen ? (
    <p class="none">
      Nothing that was searched for.{' '}
      <button type="button" onClick={() => go(choosing(route.value, { q: '' }), { replace: true })}>
        Show all
      </button>
    </p>
  ) : (
    <Notice title="Nobody calls anybody now">
      <p>What callers said has expired. The map fills with their next calls.</p>
    </Notice>
  );
}
