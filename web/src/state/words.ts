// SPDX-License-Identifier: Apache-2.0
/** Words and numbers as people read them. Pure. */
import type { VerdictJson } from '../../../src/engine/api/shapes.js';
import { withoutControls } from '../../../src/model/control-characters.js';
import type { HealthStatusName } from '../../../src/model/status.js';

/** Text from outside as it is, but for what turns the direction of writing or cannot be seen. */
export function plain(text: string): string {
  return text.split('\n').map(withoutControls).join('\n');
}

/** `12 s`, `4 min`, `3 h`, `2 d`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

const STATUS_WORDS: Readonly<Record<HealthStatusName, string>> = {
  invalid: 'invalid',
  na: 'nothing known',
  healthy: 'healthy',
  pending: 'pending',
  maybe_unhealthy: 'maybe unhealthy',
  unhealthy: 'unhealthy',
  dying: 'dying',
  dead: 'dead',
};

export function statusWords(status: HealthStatusName): string {
  return STATUS_WORDS[status];
}

/** A sign for whoever cannot tell the colours. */
const GLYPHS: Readonly<Record<HealthStatusName, string>> = {
  invalid: '?',
  na: '·',
  healthy: '✓',
  pending: '…',
  maybe_unhealthy: '!',
  unhealthy: '✕',
  dying: '✕',
  dead: '✖',
};

export function glyphOf(status: HealthStatusName): string {
  return GLYPHS[status];
}

/** `gray: operation, observer`, and nothing where nothing is wrong. */
export function failureWords({ failure, split }: Pick<VerdictJson, 'failure' | 'split'>): string {
  if (failure === 'none') return '';
  return failure === 'gray' && split.length > 0 ? `gray: ${split.join(', ')}` : failure;
}

/** Made once: making one takes longer than a row of a table may. Midnight is 00, which `hour12: false` alone would call 24 in some places. */
const MINUTE = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const SECOND = new Intl.DateTimeFormat(undefined, {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  hourCycle: 'h23',
});
const DATE = new Intl.DateTimeFormat();
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });

/** A moment of today as a time, one of another day with its date. */
export function momentText(atMs: number, nowMs: number): string {
  const time = SECOND.format(atMs);
  return isSameDay(new Date(atMs), new Date(nowMs)) ? time : `${DATE.format(atMs)} ${time}`;
}

function isSameDay(a: Date, b: Date): boolean {
  return a.getDate() === b.getDate() && a.getMonth() === b.getMonth() && a.getFullYear() === b.getFullYear();
}

/** A tick of an axis: the time, with seconds where little is shown, and days where much is. */
export function tickText(at: Date, lengthMs: number): string {
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;
  if (lengthMs > 43_200_000 && isMidnight) return WEEKDAY.format(at);
  return (lengthMs < 600_000 ? SECOND : MINUTE).format(at);
}

/** From when to when, and how long that was. */
export function spanText(fromMs: number, toMs: number, nowMs: number): string {
  return `${momentText(fromMs, nowMs)} – ${momentText(toMs, nowMs)} (${ageText(toMs - fromMs)})`;
}

export function countText(count: number, one: string, many: string = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** `server error`, for `server_error`. */
export function reasonWords(reason: string): string {
  return reason.replaceAll('_', ' ');
}

/** A name without its middle where it is too long: services differ in how they begin, instances in how they end. */
export function shortName(name: string, lengthMax: number): string {
  if (name.length <= lengthMax) return name;
  const endLength = Math.floor((lengthMax - 1) / 2);
  return `${name.slice(0, lengthMax - 1 - endLength)}…${name.slice(-endLength)}`;
}
