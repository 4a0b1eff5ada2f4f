// SPDX-License-Identifier: Apache-2.0
/** Says aloud, to who uses a screen reader, who has just failed or recovered: seldom enough to be listened to. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { isIll } from '../state/fleet.js';
import { countText, statusWords } from '../state/words.js';
import { changed, fleet } from '../store.js';

const PAUSE_MS = 4000;

export function Announcer(): JSX.Element {
  const words = useSignal('');
  const told = useSignal({ seq: 0, isWaiting: false });
  useSignalEffect(() => {
    changed.value;
    const state = told.peek();
    if (state.isWaiting) return;
    state.isWaiting = true;
    setTimeout(() => {
      state.isWaiting = false;
      const news = fleet.recent.filter(({ seq, from, verdict }) => seq > state.seq && isIll(from) !== isIll(verdict));
      state.seq = fleet.lastSeq;
      const last = news.at(-1);
      if (!last) return;
      const { subject, status } = last.verdict;
      const others = news.length > 1 ? `, and ${countText(news.length - 1, 'other change')}` : '';
      words.value = `${subject} is ${statusWords(status)}${others}`;
    }, PAUSE_MS);
  });
  return (
    <p class="sr" aria-live="polite">
      {words}
    </p>
  );
}
