// SPDX-License-Identifier: Apache-2.0
/** Off loopback an engine wants TLS and to know its clients, and is told what is missing and how to mend it. */
import { describe, expect, it } from 'vitest';
import { exposureOf, refuseExposure } from '../../../src/engine/access/exposure.js';
import { PanoramaError } from '../../../src/model/errors.js';

const NOTHING = { hasTls: false, knowsClients: false, insecureBind: false };
const on = (host: string) => [
  { flag: '--otlp-grpc', host: '127.0.0.1', port: 4317 },
  { flag: '--api', host, port: 16_688 },
];

function refusalOf(host: string, protection: Partial<typeof NOTHING>): PanoramaError | undefined {
  try {
    refuseExposure(on(host), { ...NOTHING, ...protection });
    return undefined;
  } catch (error) {
    return error as PanoramaError;
  }
}

describe('on loopback', () => {
  it.each(['127.0.0.1', '::1', 'localhost'])('nothing is missing: %s', (host) => {
    expect(refusalOf(host, {})).toBeUndefined();
  });
});

describe('elsewhere', () => {
  it.each(['0.0.0.0', '::', '192.168.1.4', 'engine.example'])('all that is missing is named: %s', (host) => {
    const refusal = refusalOf(host, {});
    expect(refusal).toBeInstanceOf(PanoramaError);
    expect(refusal?.code).toBe('PANO_EXPOSED');
    expect(refusal?.message).toContain('--api ');
    expect(refusal?.message).not.toContain('--otlp-grpc');
    for (const flag of ['--tls-cert', '--tokens-file', '--tls-client-ca', '--insecure-bind'])
      expect(refusal?.message).toContain(flag);
  });

  it('a token that anybody can read on its way is no protection', () => {
    expect(refusalOf('0.0.0.0', { knowsClients: true })?.message).toMatch(/no TLS/);
  });

  it('a secret talk with anybody is none either', () => {
    expect(refusalOf('0.0.0.0', { hasTls: true })?.message).toMatch(/no way to know its clients/);
  });

  it('both together are enough', () => {
    expect(refusalOf('0.0.0.0', { hasTls: true, knowsClients: true })).toBeUndefined();
  });

  it('who says so himself is let, and what is missing can still be said', () => {
    expect(refusalOf('0.0.0.0', { insecureBind: true })).toBeUndefined();
    expect(exposureOf(on('::'), { ...NOTHING, insecureBind: true })).toContain('--api [::]:16688');
  });
});
