// SPDX-License-Identifier: Apache-2.0
/**
 * What the engine answers to a question that stays: asked anew soon after a change that matters, and every two seconds without one. The
 * last good answer stands while asking fails.
 */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { EventJson } from '../../../src/engine/api/shapes.js';
import { changed, fleet } from '../store.js';
import type { ApiError } from '../wire/api.js';

const EVERY_MS = 2000;

const GATHER_MS = 200;

/** Rest after an answer, in times of what it took: a large one is asked for more seldom, and takes a twentieth of the time at most. */
const REST_TIMES = 20;

export interface Asked<T> {
  readonly answer: T | undefined;
  /** Why there is no newer answer. */
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
  /** Changes seldom come alone: those of so many ms are asked about at once. Default 200. */
  readonly gatherMs?: number;
}

export function useAsked<T>({
  key,
  ask,
  isNews = () => true,
  gatherMs = GATHER_MS,
}: Question<T>): ReadonlySignal<Asked<T>> {
  const nothing: Asked<T> = { answer: undefined, error: undefined, again: () => undefined };
  const asked = useSignal(nothing);
  const latest = useRef({ ask, isNews });
  latest.current = { ask, isNews };
  // Before anybody reads it: what was answered to another question is no answer to this one.
  const asking = useRef(key);
  if (asking.current !== key) {
    asking.current = key;
    asked.value = nothing;
  }
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let [isOver, isAsking, isNewsWaiting] = [false, false, false];
    let restUntilMs = 0;
    let lastSeq = fleet.lastSeq;
    const askIn = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(askNow, ms);
    };
    const again = (): void => askIn(0);
    const tell = (told: Partial<Asked<T>>): void => {
      if (!isOver) asked.value = { ...asked.peek(), again, ...told };
    };
    const askNow = async (): Promise<void> => {
      if (isAsking) {
        isNewsWaiting = true;
        return;
      }
      isAsking = true;
      isNewsWaiting = false;
      const beganMs = performance.now();
      try {
        if (!document.hidden) {
          const { answer: before, error } = asked.peek();
          const answer = await latest.current.ask(before);
          if (answer !== before || error) tell({ answer, error: undefined });
        }
      } catch (error) {
        tell({ error: error as ApiError });
      }
      const endedMs = performance.now();
      restUntilMs = endedMs + REST_TIMES * (endedMs - beganMs);
      isAsking = false;
      if (!isOver) soon(isNewsWaiting ? gatherMs : EVERY_MS);
    };
    const soon = (ms: number): void => askIn(Math.max(ms, restUntilMs - performance.now()));
    const unsubscribe = changed.subscribe(() => {
      const isNew = fleet.recent.some((event) => event.seq > lastSeq && latest.current.isNews(event));
      lastSeq = fleet.lastSeq;
      if (!isNew || isNewsWaiting) return;
      isNewsWaiting = true;
      if (!isAsking) soon(gatherMs);
    });
    asked.value = { ...nothing, again };
    void askNow();
    return () => {
      isOver = true;
      clearTimeout(timer);
      unsubscribe();
    };
  }, [key]);
  return asked;
}
