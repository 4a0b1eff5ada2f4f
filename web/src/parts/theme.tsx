// SPDX-License-Identifier: Apache-2.0
/** Dark or light: as the system has it, until somebody chooses. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';

const KEY = 'panorama-theme';

function isDarkNow(): boolean {
  const chosen = localStorage.getItem(KEY);
  return chosen === null ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
}

export function applyTheme(): void {
  const chosen = localStorage.getItem(KEY);
  if (chosen !== null) document.documentElement.dataset['theme'] = chosen;
}

export function ThemeButton(): JSX.Element {
  const isDark = useSignal(isDarkNow());
  const toggle = (): void => {
    isDark.value = !isDark.value;
    localStorage.setItem(KEY, isDark.value ? 'dark' : 'light');
    applyTheme();
  };
  return (
    <button class="plain" type="button" onClick={toggle} aria-label={isDark.value ? 'Light colours' : 'Dark colours'}>
      <span aria-hidden="true">{isDark.value ? '☀' : '☾'}</span>
    </button>
  );
}
