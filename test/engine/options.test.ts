// SPDX-License-Identifier: Apache-2.0
/** Options are validated once, all faults are reported together, and each says what to do. */
import { describe, expect, it } from 'vitest';
import { type EngineOptionsInput, OPTION_DOCS, parseEngineOptions } from '../../src/engine/options.js';
import { PanoramaError } from '../../src/model/errors.js';

function faultOf(input: unknown): PanoramaError {
  try {
    parseEngineOptions(input as EngineOptionsInput);
  } catch (error) {
    return error as PanoramaError;
  }
  throw new Error('the options were taken');
}

describe('engine options', () => {
  it('default to loopback on the ports that OTLP reserves', () => {
    expect(parseEngineOptions()).toMatchObject({
      otlpGrpc: { host: '127.0.0.1', port: 4317 },
      otlpHttp: { host: '127.0.0.1', port: 4318 },
      api: { host: '127.0.0.1', port: 16_688 },
    });
  });

  it.each([
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:4317', { host: '::1', port: 4317 }],
  ])('read the address %s', (text, expected) => {
    expect(parseEngineOptions({ api: text }).api).toEqual(expected);
  });

  it.each(['4317', 'localhost', 'localhost:', 'localhost:99999', '::1:4317', 'a b:1'])(
    'refuse the address %s',
    (text) => {
      const fault = faultOf({ otlpGrpc: text });
      expect(fault).toBeInstanceOf(PanoramaError);
      expect(fault.code).toBe('PANO_OPTIONS_INVALID');
      expect(fault.message).toContain('otlpGrpc: must be HOST:PORT');
    },
  );

  it('report every fault at once', () => {
    const { message } = faultOf({ api: 'nonsense', bodyBytesMax: 5, logLevel: 'loud' });
    for (const name of ['api', 'bodyBytesMax', 'logLevel']) expect(message).toContain(name);
  });

  it('refuse an option that does not exist, since a typo is not a wish', () => {
    expect(faultOf({ otlpGrcp: '127.0.0.1:1' }).message).toContain('otlpGrcp');
  });

  it('are frozen, and each is described', () => {
    const options = parseEngineOptions();
    expect(Object.isFrozen(options)).toBe(true);
    expect(OPTION_DOCS.map(({ name }) => name).sort()).toEqual(Object.keys(options).sort());
    expect(OPTION_DOCS.filter(({ description }) => description.length < 20)).toEqual([]);
  });
});
