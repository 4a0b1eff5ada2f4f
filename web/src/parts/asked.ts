// SPDX-License-Identifier: Apache-2.0
/** Asks the engine again while somebody looks: soon after a change that matters, and every two seconds. What was answered last stays while asking fails. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EventJson } from '../../../src/engine/api/shapes.js';
import { changed, fleet } from '../store.js';
import type { ApiError } from '../wire/api.js';

const EVERY_MS = 2000;

/** Changes seldom come alone: those of so many ms are asked about at once. */
const GATHER_MS = 200;

export interface Asked<T> {
  readonly answer: T | undefined;
  /** Why the last time did not succeed. */
  readonly error: ApiError | undefined;
  /** Asks at once. */
  readonly again: () => void;
}

export interface Question<T> {
  /** What is asked; with another key the answer so far is forgotten. */
  readonly key: string;
  /** With what was answered before. */
  readonly ask: (before: T | undefined) => Promise<T>;
  /** Whether a change is a reason to ask. Default: any. */
  readonly isNews?: (event: EventJson) => boolean;
}

export function useAsked<T>({ key, ask, isNews = () => true }: Question<T>): Asked<T> {
  const [told, setTold] = useState<{ readonly key: string; readonly answer?: T; readonly error?: ApiError }>({ key });
  const latest = useRef({ ask, isNews });
  latest.current = { ask, isNews };
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    let isAsking = false;
    let isNewsWaiting = false;
    let lastSeq = fleet.lastSeq;
    let before: T | undefined;
    const askNow = async (): Promise<void> => {
      if (isAsking) {
        isNewsWaiting = true;
        return;
      }
      isAsking = true;
      isNewsWaiting = false;
      try {
        if (!document.hidden) {
          before = await latest.current.ask(before);
          if (!isOver) setTold({ key, answer: before });
        }
      } catch (error) {
        if (!isOver) setTold((before) => ({ ...(before.key === key ? before : { key }), error: error as ApiError }));
      }
      isAsking = false;
      if (!isOver) askIn(isNewsWaiting ? GATHER_MS : EVERY_MS);
    };
    const askIn = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(askNow, ms);
    };
    again.current = () => askIn(0);
    const unsubscribe = changed.subscribe(() => {
      const isNew = fleet.recent.some((event) => event.seq > lastSeq && latest.current.isNews(event));
      lastSeq = fleet.lastSeq;
      if (!isNew || isNewsWaiting) return;
      isNewsWaiting = true;
      if (!isAsking) askIn(GATHER_MS);
    });
    void askNow();
    return () => {
      isOver = true;
      clearTimeout(timer);
      unsubscribe();
    };
  }, [key]);
  const { answer, error } = told.key === key ? told : {};
  return { answer, error, again: () => again.current() };
}
