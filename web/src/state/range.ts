// SPDX-License-Identifier: Apache-2.0
/** The time that a view looks at, as it stands in the address: back from now, or from one moment to another. Pure. */
export interface Range {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Whether it ends now, and so moves on. */
  readonly isLive: boolean;
  /** Its name in the address; empty where two moments were chosen. */
  readonly name: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const LENGTHS_MS = {
  '15m': 15 * MINUTE_MS,
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '12h': 12 * HOUR_MS,
  '24h': 24 * HOUR_MS,
  '7d': 7 * 24 * HOUR_MS,
} as const;
export type RangeName = keyof typeof LENGTHS_MS;

const WORDS: Readonly<Record<RangeName, string>> = {
  '15m': '15 min',
  '1h': '1 h',
  '6h': '6 h',
  '12h': '12 h',
  '24h': '24 h',
  '7d': '7 days',
};

export function rangeWords(name: RangeName): string {
  return WORDS[name];
}

/** What is chosen, and the first of `names` where nothing is that can be read. */
export function rangeIn(
  chosen: Readonly<Record<string, string>>,
  names: readonly [RangeName, ...RangeName[]],
  nowMs: number,
): Range {
  const [fromMs, toMs] = [momentIn(chosen['from']), momentIn(chosen['to'])];
  if (fromMs !== undefined && fromMs < (toMs ?? nowMs))
    return { sinceMs: fromMs, untilMs: toMs ?? nowMs, isLive: toMs === undefined || toMs > nowMs, name: '' };
  const name = names.find((each) => each === chosen['range']) ?? names[0];
  return { sinceMs: nowMs - LENGTHS_MS[name], untilMs: nowMs, isLive: true, name };
}

/** What tells one choice from another. */
export function choiceKey({ range = '', from = '', to = '' }: Readonly<Record<string, string>>): string {
  return [range, from, to].join('\n');
}

/** The end of a range that moves on: now, or right after the newest that is known where the engine's clock is ahead of ours. */
export function nowFor(nowMs: number, newestMs = 0): number {
  return Math.max(nowMs, newestMs + 1);
}

/** Parts of a range that a page need not ask about again when it has moved on by less. */
const STEPS = 100;

/** From when on to ask for a range: the same for a while, so that an answer that has not changed is not sent again. */
export function askedSinceMs({ sinceMs, untilMs, name }: Range): number {
  if (name === '') return Math.floor(sinceMs);
  const stepMs = (untilMs - sinceMs) / STEPS;
  return Math.floor(Math.floor(sinceMs / stepMs) * stepMs);
}

/** A moment as a field for dates and times has it, in local time. */
export function fieldText(atMs: number): string {
  const at = new Date(atMs);
  return new Date(atMs - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

function momentIn(text: string | undefined): number | undefined {
  const atMs = text === undefined ? -1 : new Date(text).getTime();
  return atMs >= 0 ? atMs : undefined;
}
