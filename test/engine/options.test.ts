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

  it.each([
    ['its own receiver', { bridge: 'http://localhost:4318' }, 'bridge: is where this engine receives itself'],
    ['its own receiver by another way', { bridge: 'grpc://127.0.0.1' }, 'bridge: is where this engine receives itself'],
    ['what is no endpoint', { bridge: 'collector:4318' }, 'bridge: must be http://HOST:PORT'],
    ['events to nowhere', { bridgeEvents: true }, 'bridgeEvents: needs bridge'],
    ['a secret for nobody', { webhookSecretFile: 'secret' }, 'webhookSecretFile: needs webhook'],
    ['a webhook that is no URL', { webhook: 'pager' }, 'webhook: must be an http:// or https:// URL'],
  ])('refuse for the bridge %s', (_, input, expected) => {
    expect(faultOf(input).message).toContain(expected);
  });

  it('refuse a webhook with a password, and do not repeat it', () => {
    const { message } = faultOf({ webhook: 'https://me:s3cret@pager.example/hook' });
    expect(message).toContain('without a user and a password');
    expect(message).not.toContain('s3cret');
  });

  it('take a bridge to another engine’s ports, and a webhook', () => {
    const input = { bridge: 'http://collector:4318', bridgeEvents: true, webhook: 'https://pager.example/hook' };
    expect(parseEngineOptions(input)).toMatchObject(input);
  });

  it('are frozen, and each is described', () => {
    const options = parseEngineOptions();
    expect(Object.isFrozen(options)).toBe(true);
    expect(OPTION_DOCS.map(({ name }) => name).sort()).toEqual(Object.keys(options).sort());
    expect(OPTION_DOCS.filter(({ description }) => description.length < 20)).toEqual([]);
  });
});
