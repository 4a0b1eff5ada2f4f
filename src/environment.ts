// SPDX-License-Identifier: Apache-2.0
/**
 * The variables of a guest, read in one place. A wrong value must not stop the host: it is said as a warning of the
 * process, and the default stands in. A variable that is empty is one that is not set, as OpenTelemetry has it.
 */
import { complain } from './complaint.js';
import { NUMBER_OPTIONS, type NumberOption } from './processor/options.js';

/** Options of the processor that have a variable. */
export const NUMBER_VARIABLES: readonly { readonly name: string; readonly option: NumberOption }[] = [
  { name: 'PANORAMA_WINDOW_MS', option: 'windowMs' },
  { name: 'PANORAMA_HUNG_FLOOR_MS', option: 'hungFloorMs' },
  { name: 'PANORAMA_HUNG_SUSPICION', option: 'hungSuspicion' },
];

/** What the variables say; what they leave open is not there. */
export interface GuestEnvironment {
  /** False where `PANORAMA_ENABLED=false` or `OTEL_SDK_DISABLED=true` switches everything off. */
  readonly enabled: boolean;
  /** False where `PANORAMA_EVERY_CALL=false` leaves calls alone that the sampler does not record. */
  readonly everyCall: boolean;
  readonly engineUrl?: string | undefined;
  readonly baggageDestinations?: readonly string[] | undefined;
  readonly processor: Partial<Record<NumberOption, number>>;
}

export function guestEnvironment(): GuestEnvironment {
  return {
    enabled: flag('PANORAMA_ENABLED', true) && variable('OTEL_SDK_DISABLED')?.toLowerCase() !== 'true',
    everyCall: flag('PANORAMA_EVERY_CALL', true),
    engineUrl: variable('PANORAMA_ENDPOINT'),
    baggageDestinations: variable('PANORAMA_BAGGAGE_DESTINATIONS')
      ?.split(',')
      .map((suffix) => suffix.trim())
      .filter((suffix) => suffix !== ''),
    processor: Object.fromEntries(
      NUMBER_VARIABLES.map(({ name, option }) => [option, number(name, option)]).filter(
        ([, value]) => value !== undefined,
      ),
    ),
  };
}

/** A variable that is set and not blank, trimmed, as the specification asks. */
export function variable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}

function flag(name: string, byDefault: boolean): boolean {
  const text = variable(name)?.toLowerCase();
  if (text === undefined) return byDefault;
  if (text === 'true' || text === 'false') return text === 'true';
  complain(`${name}=${text} is neither true nor false; using ${byDefault}`);
  return byDefault;
}

function number(name: string, option: NumberOption): number | undefined {
  const { min, max } = NUMBER_OPTIONS[option];
  const text = variable(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value >= min && value <= max) return value;
  complain(`${name}=${text} is no number from ${min} to ${max}; using the default`);
  return undefined;
}
