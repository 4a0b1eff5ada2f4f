// SPDX-License-Identifier: Apache-2.0
/** Keys that lead somewhere, and the list of them. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { HOME, type ViewName } from '../state/route.js';
import { go } from '../store.js';

const GOES: Readonly<Record<string, ViewName>> = { f: 'fleet', m: 'matrix', a: 'map', h: 'history' };

const KEYS = [
  ['/', 'search'],
  ['g f', 'the fleet'],
  ['g m', 'the matrix'],
  ['g a', 'the map'],
  ['g h', 'history'],
  ['?', 'these keys'],
] as const;

/** The second key of a pair comes within this, in ms. */
const PAIR_MS = 1500;

export function Keys(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    let gMs = 0;
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(target.tagName)) return;
      const search = document.querySelector<HTMLInputElement>('[data-search]');
      const view = performance.now() - gMs < PAIR_MS ? GOES[event.key] : undefined;
      gMs = 0;
      if (view !== undefined) go({ ...HOME, view });
      else if (event.key === 'g') gMs = performance.now();
      else if (event.key === '?') dialog.current?.showModal();
      else if (event.key === '/' && search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button class="plain" type="button" aria-label="Keys" onClick={() => dialog.current?.showModal()}>
        <span aria-hidden="true">?</span>
      </button>
      <dialog ref={dialog} aria-labelledby="keys-title">
        <h2 id="keys-title">Keys</h2>
        <dl class="keys">
          {KEYS.map(([key, words]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}
