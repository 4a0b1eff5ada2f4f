// SPDX-License-Identifier: Apache-2.0
/** The guest's variables: read once, checked, and never a reason to stop the host. */
import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { guestEnvironment, NUMBER_VARIABLES } from '../src/environment.js';
import { observer } from '../src/processor/host-observer.js';
import { NUMBER_OPTIONS, settingsOf } from '../src/processor/options.js';
import { startPanorama } from '../src/start-panorama.js';
import { KeepingExporter } from './processor/guest.js';

let said: MockInstance<typeof process.emitWarning>;

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^(PANORAMA|OTEL)_/.test(name)) vi.stubEnv(name, undefined);
  said = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  said.mockRestore();
});

describe('without variables, or with empty ones', () => {
  it.each([undefined, '', '  '])('(%j) everything is left to the defaults', (value) => {
    for (const name of ['ENABLED', 'EVERY_CALL', 'ENDPOINT', 'BAGGAGE_DESTINATIONS', 'WINDOW_MS']) {
      vi.stubEnv(`PANORAMA_${name}`, value);
    }
    expect(guestEnvironment()).toEqual({ enabled: true, everyCall: true, processor: {} });
    expect(said).not.toHaveBeenCalled();
  });
});

describe('a number', () => {
  it.each(NUMBER_VARIABLES)(
    'in $name is taken from the least to the most, as its option takes it',
    ({ name, option }) => {
      const { min, max } = NUMBER_OPTIONS[option];
      const exporter = new KeepingExporter();
      const byDefault = settingsOf({ exporter })[option];
      for (const value of [min, max]) {
        vi.stubEnv(name, ` ${value} `);
        expect(settingsOf({ exporter, ...guestEnvironment().processor })[option]).toBe(value);
        expect(settingsOf({ exporter, [option]: value })[option]).toBe(value);
      }
      expect(said).not.toHaveBeenCalled();
      for (const wrong of [min - 1, max + 1, 'soon']) {
        vi.stubEnv(name, String(wrong));
        expect(guestEnvironment().processor).toEqual({});
        expect(said).toHaveBeenLastCalledWith(
          expect.stringContaining(`${name}=${wrong} is no number`),
          'PanoramaWarning',
        );
        expect(settingsOf({ exporter, [option]: Number(wrong) })[option]).toBe(byDefault);
      }
    },
  );
});

describe('PANORAMA_BAGGAGE_DESTINATIONS', () => {
  it('is a list of suffixes, separated by commas', () => {
    vi.stubEnv('PANORAMA_BAGGAGE_DESTINATIONS', 'example.org, .example.net ,,');
    expect(guestEnvironment().baggageDestinations).toEqual(['example.org', '.example.net']);
  });
});

describe('a switch', () => {
  it.each([
    ['PANORAMA_ENABLED', 'false', { enabled: false, everyCall: true }],
    ['PANORAMA_ENABLED', ' TRUE ', { enabled: true, everyCall: true }],
    ['PANORAMA_EVERY_CALL', 'False', { enabled: true, everyCall: false }],
    ['OTEL_SDK_DISABLED', 'true', { enabled: false, everyCall: true }],
    ['OTEL_SDK_DISABLED', 'yes', { enabled: true, everyCall: true }],
  ])('%s=%s is understood', (name, value, expected) => {
    vi.stubEnv(name, value);
    expect(guestEnvironment()).toMatchObject(expected);
    expect(said).not.toHaveBeenCalled();
  });

  it('that is neither true nor false is said, and the default stands in', () => {
    vi.stubEnv('PANORAMA_ENABLED', 'no');
    expect(guestEnvironment().enabled).toBe(true);
    expect(said).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('PANORAMA_ENABLED=no is neither true nor false'),
      'PanoramaWarning',
    );
  });
});

describe('a program in which Panorama is switched off', () => {
  it.each([
    ['PANORAMA_ENABLED', 'false'],
    ['OTEL_SDK_DISABLED', 'true'],
  ])('by %s=%s starts nothing, and goes on', async (name, value) => {
    vi.stubEnv(name, value);
    const panorama = startPanorama({ serviceName: 'client' });
    expect(trace.getTracer('test').startSpan('call').isRecording()).toBe(false);
    expect(panorama.sdk).toBeUndefined();
    observer.begin({ subject: 'db', operation: 'job' });
    expect(observer.observe({ subject: 'db', operation: 'job' }, () => 7)).toBe(7);
    const idle = { observed: 0, inFlight: 0, exportedObservations: 0, droppedObservations: 0 };
    expect(panorama.processor.counts()).toMatchObject(idle);
    await panorama.shutdown();
    expect(said).not.toHaveBeenCalled();
  });
});
