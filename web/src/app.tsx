// SPDX-License-Identifier: Apache-2.0
/** The frame of the page: where one can go, how the connection is, and the view in between. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { FunctionComponent, JSX } from 'preact';
import { Announcer } from './parts/announcer.js';
import { TokenForm } from './parts/empty.js';
import { Keys } from './parts/keys.js';
import { ThemeButton } from './parts/theme.js';
import { HOME, hashOf, type ViewName } from './state/route.js';
import { ageText } from './state/words.js';
import { about, connection, now, route } from './store.js';
import { FleetView } from './views/fleet.js';
import { HistoryView } from './views/history.js';
import { MapView } from './views/map.js';
import { MatrixView } from './views/matrix.js';
import { SubjectView } from './views/subject.js';

const VIEWS: Readonly<Record<ViewName, FunctionComponent>> = {
  fleet: FleetView,
  subject: SubjectView,
  history: HistoryView,
  matrix: MatrixView,
  map: MapView,
};

const PLACES = [
  { view: 'fleet', label: 'Fleet' },
  { view: 'matrix', label: 'Matrix' },
  { view: 'map', label: 'Map' },
  { view: 'history', label: 'History' },
] as const;

export function App(): JSX.Element {
  const { view, subject } = route.value;
  const View = VIEWS[view];
  const refusal = connection.value.state === 'refused' ? connection.value.error : undefined;
  const title = view === 'subject' ? subject : (PLACES.find((place) => place.view === view)?.label ?? '');
  useSignalEffect(() => {
    document.title = `${title} · Panorama`;
  });
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the view
      </button>
      <header>
        <a class="brand" href={hashOf(HOME)} aria-label="Panorama, to the fleet">
          <img src="./icon.svg" alt="" width="20" height="20" /> Panorama
        </a>
        <nav aria-label="Views">
          {PLACES.map(({ view: name, label }) => (
            <a key={name} href={hashOf({ ...HOME, view: name })} aria-current={name === view ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <Live />
        <ThemeButton />
        <Keys />
      </header>
      <main id="main" tabIndex={-1}>
        {refusal ? <TokenForm error={refusal} /> : <View />}
      </main>
      <Announcer />
    </>
  );
}

function skip(): void {
  document.getElementById('main')?.focus();
}

/** How the connection is, and since when it is not. */
function Live(): JSX.Element {
  const told = connection.value;
  const wasLive = useSignal(false);
  if (told.state === 'live' && !wasLive.value) wasLive.value = true;
  const words = {
    live: 'live',
    connecting: wasLive.value ? 'reconnecting' : 'connecting',
    lost: told.state === 'lost' ? `no engine for ${ageText(now.value - told.sinceMs)}; what is shown is old` : '',
    refused: 'refused',
  }[told.state];
  return (
    <p class={`live l-${told.state}`} role="status" title={about.value && `Panorama ${about.value.version}`}>
      {words}
    </p>
  );
}
