// SPDX-License-Identifier: Apache-2.0
/** Engines are told from each other, by what a user says of them or by where they are. */
import { hostname } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { engineResource, engineUrl } from '../../../src/engine/bridge/engine-address.js';

const at = (host: string, port = 16688) => ({ scheme: 'http', host, port });

describe('an engine', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('is an instance of its own beside another on its host, and the same when it is started again', () => {
    const [first, second, again] = [16688, 16690, 16688].map(
      (port) => engineResource(at('127.0.0.1', port)).attributes,
    );
    expect(first).toEqual({ 'service.name': 'panorama-engine', 'service.instance.id': `${hostname()}:16688` });
    expect(second?.['service.instance.id']).toBe(`${hostname()}:16690`);
    expect(again).toEqual(first);
  });

  it('is who the environment says that it is', () => {
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'service.instance.id=blue,service.name=lost,service.namespace=ops');
    vi.stubEnv('OTEL_SERVICE_NAME', 'watch');
    const expected = { 'service.name': 'watch', 'service.instance.id': 'blue', 'service.namespace': 'ops' };
    expect(engineResource(at('127.0.0.1')).attributes).toEqual(expected);
  });

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:16688'],
    ['::1', 'http://[::1]:16688'],
    ['panorama.internal', 'http://panorama.internal:16688'],
    ['0.0.0.0', `http://${hostname()}:16688`],
    ['::', `http://${hostname()}:16688`],
  ])('that listens on %s is found at %s', (host, url) => {
    expect(engineUrl(at(host))).toBe(url);
  });
});
