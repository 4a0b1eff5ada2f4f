// SPDX-License-Identifier: Apache-2.0
/** How a value looks by a panel's own settings: its text, by mappings and units, and its colour, by mappings and thresholds. */
import type { FieldSettings, Panel } from '../dashboard-expressions.js';

export interface Look {
  readonly text: string;
  readonly color: string | undefined;
}

/** Colours of series that have none of their own, as Grafana's classic palette begins. */
const PALETTE = ['#73BF69', '#F2CC0C', '#8AB8FF', '#FF780A', '#F2495C', '#5794F2', '#B877D9', '#705DA0', '#37872D'];

/** What Grafana gives a panel that has no thresholds of its own. */
const THRESHOLDS = [
  { value: null, color: '#73BF69' },
  { value: 80, color: '#F2495C' },
];

/** What holds for a field of a name: the panel's settings, and on top of them what is said of this one. */
export function settingsOf({ fieldConfig }: Panel, name: string): FieldSettings {
  const { defaults, overrides } = fieldConfig;
  const own = overrides.filter(({ matcher }) => isMeant(matcher, name)).flatMap(({ properties }) => properties);
  const custom = Object.fromEntries(
    own.filter(({ id }) => id.startsWith('custom.')).map(({ id, value }) => [id.slice('custom.'.length), value]),
  );
  const plain = Object.fromEntries(
    own.filter(({ id }) => !id.startsWith('custom.')).map(({ id, value }) => [id, value]),
  );
  return { ...defaults, ...plain, custom: { ...defaults.custom, ...custom } } as FieldSettings;
}

function isMeant({ id, options }: { readonly id: string; readonly options: string }, name: string): boolean {
  if (id === 'byRegexp') return new RegExp(options.replace(/^\/|\/$/g, '')).test(name);
  return id === 'byName' && options === name;
}

/**
 * How a state through time looks. Where colours are by thresholds and equal states are merged, Grafana's panel merges all between two
 * thresholds and calls them by those: words and colours of mappings are not seen.
 */
export function stateLookOf(value: number, panel: Panel, name: string): Look {
  const settings = settingsOf(panel, name);
  if (settings.color?.mode !== 'thresholds' || panel.options?.mergeValues === false) return lookOf(value, settings, 0);
  const steps = settings.thresholds?.steps ?? THRESHOLDS;
  const index = steps.findLastIndex(({ value: from }) => from === null || from <= value);
  const begin = steps[index]?.value ?? null;
  return { text: begin === null ? `< ${steps[1]?.value}` : `${begin}+`, color: steps[index]?.color };
}

export function lookOf(value: string | number | undefined, settings: FieldSettings, nowMs: number): Look {
  if (value === undefined || value === '') return { text: '', color: undefined };
  const mapped = settings.mappings?.map(({ options }) => options[String(value)]).find(Boolean);
  if (mapped) return { text: mapped.text ?? String(value), color: mapped.color };
  if (typeof value === 'string') return { text: value, color: undefined };
  const steps = settings.thresholds?.steps ?? [];
  const reached = steps.filter(({ value: from }) => from === null || from <= value).at(-1)?.color;
  const color = settings.color?.mode === 'fixed' ? settings.color.fixedColor : reached;
  return { text: withUnit(value, settings.unit, nowMs), color };
}

export function colorOfSeries(settings: FieldSettings, index: number): string {
  return settings.color?.fixedColor ?? (PALETTE[index % PALETTE.length] as string);
}

export function withUnit(value: number, unit = 'short', nowMs = 0): string {
  if (!Number.isFinite(value)) return '–';
  if (unit === 'percentunit') return `${short(100 * value)} %`;
  if (unit === 's') return value < 1 && value > 0 ? `${short(1000 * value)} ms` : `${short(value)} s`;
  if (unit === 'bytes' || unit === 'Bps') {
    const power = value < 1 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10));
    return `${short(value / 1024 ** power)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}${unit === 'Bps' ? '/s' : ''}`;
  }
  if (unit === 'dateTimeFromNow') return `${Math.round((nowMs - value) / 1000)} seconds ago`;
  if (unit === 'dateTimeAsIso') return new Date(value).toISOString().replace('T', ' ').slice(0, 19);
  return `${short(value)}${{ cps: ' c/s', reqps: ' req/s' }[unit] ?? ''}`;
}

function short(value: number): string {
  const [size, letter] = Math.abs(value) >= 1e6 ? [1e6, ' Mil'] : Math.abs(value) >= 1e4 ? [1e3, ' K'] : [1, ''];
  return `${Number((value / size).toPrecision(3))}${letter}`;
}
