// SPDX-License-Identifier: Apache-2.0
/** Which hosts are this machine alone, and which requests are for it. */
import { describe, expect, it } from 'vitest';
import { isLoopback, isOwnHost } from '../../../src/engine/access/host-names.js';

describe('loopback', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])('is %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each([
    ...[
      '0.0.0.0',
      '::',
      '10.0.0.1',
      '::ffff:10.0.0.1',
      '::ffff:0.0.0.0',
      'fe80::1',
      '127.evil.example',
      '127.0.0.1.example',
    ],
    ...['localhost.example', 'engine', '128.0.0.1', '', '2130706433', '0x7f.1'],
  ])('is not %j', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('a request is for an engine on loopback', () => {
  it.each([
    ...[
      '127.0.0.1:16688',
      '127.0.0.1',
      '[::1]:16688',
      'localhost:16688',
      'Localhost',
      'panorama.localhost:1',
      '10.1.2.3:80',
    ],
    ...['my-laptop:16688', 'MY-LAPTOP', undefined],
  ])('by the name %j', (header) => {
    expect(isOwnHost(header, 'my-laptop')).toBe(true);
  });

  it.each([
    ...[
      'evil.example',
      'evil.example:16688',
      'localhost.evil.example:16688',
      '127.0.0.1.nip.io',
      'localhost:1:2',
      '',
      ' ',
    ],
    ...[
      '127.0.0.1@evil.example',
      'evil.example#127.0.0.1',
      '[evil.example]:80',
      '[]:1',
      'localhost:80x',
      'xlocalhost',
      '.localhost.',
    ],
  ])('not by %j', (header) => {
    expect(isOwnHost(header, '127.0.0.1')).toBe(false);
  });
});
