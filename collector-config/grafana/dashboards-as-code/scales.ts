// SPDX-License-Identifier: Apache-2.0
/**
 * What the numbers of two gauges are called and how they look: the same words and colours on every dashboard. Colours are written
 * out, because a name of Grafana's palette is another colour in another theme.
 */
import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

export interface Step {
  readonly value: number;
  readonly name: string;
  readonly color: string;
}

export const GREEN = '#73BF69';
export const BLUE = '#5794F2';
export const YELLOW = '#FADE2A';
export const ORANGE = '#FF9830';
export const RED = '#E02F44';
export const DARK_RED = '#8F1B2B';
export const VIOLET = '#7D4FA8';
export const GREY = '#8E8E8E';

/** `panorama_subject_health` and `panorama_view_health`. */
export const HEALTH: readonly Step[] = [
  { value: 1, name: 'na', color: GREY },
  { value: 2, name: 'healthy', color: GREEN },
  { value: 3, name: 'pending', color: BLUE },
  { value: 4, name: 'maybe_unhealthy', color: YELLOW },
  { value: 5, name: 'unhealthy', color: RED },
  { value: 6, name: 'dying', color: DARK_RED },
  { value: 7, name: 'dead', color: VIOLET },
];

/** Nothing can be said of it. */
export const NOT_KNOWN = 1;

/** From here on a subject has a problem, and from there on it is convicted. */
export const DOUBTFUL = 4;
export const FAILING = 5;

/** `panorama_subject_failure`. */
export const FAILURE: readonly Step[] = [
  { value: 0, name: 'none', color: GREEN },
  { value: 1, name: 'masked', color: BLUE },
  { value: 2, name: 'gray', color: ORANGE },
  { value: 3, name: 'crash', color: RED },
];

/** Numbers shown as their names. */
export function byNumber(steps: readonly Step[]): ValueMapping[] {
  return mappingOf(steps.map(({ value, name, color }) => [String(value), name, color]));
}

/** Names shown in their colours. */
export function byName(steps: readonly Step[]): ValueMapping[] {
  return mappingOf(steps.map(({ name, color }) => [name, name, color]));
}

function mappingOf(rows: readonly (readonly [key: string, text: string, color: string])[]): ValueMapping[] {
  const options = Object.fromEntries(rows.map(([key, text, color], index) => [key, { text, color, index }]));
  return [{ type: MappingType.ValueToText, options }];
}
