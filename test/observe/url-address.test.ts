// SPDX-License-Identifier: Apache-2.0
/** The address in a URL: whatever callers write, and whatever nobody should. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIdentityText } from '../../src/model/identity.js';
import { addressInUrl } from '../../src/observe/url-address.js';

describe('the address in a URL is', () => {
  it.each([
    ['http://web:8080/orders/7?x=1#y', 'web:8080'],
    ['http://web/orders', 'web:80'],
    ['https://web', 'web:443'],
    ['HTTPS://Web.Example./', 'web.example.:443'],
    ['ws://web/feed', 'web:80'],
    ['wss://web/feed', 'web:443'],
    ['grpc://web/feed', 'web'],
    ['grpc+tls://web:5000', 'web:5000'],
    ['http://web:/orders', 'web:80'],
    ['http://web:0080/', 'web:80'],
    ['http://web?id=7', 'web:80'],
    ['http://web#7', 'web:80'],
    ['http://10.0.0.7:9000/blocks', '10.0.0.7:9000'],
    ['http://[2001:DB8::1]:9000/blocks', '[2001:db8::1]:9000'],
    ['http://[2001:db8::1]/blocks', '[2001:db8::1]:80'],
    ['http://[fe80::1%25eth0]/', '[fe80::1%25eth0]:80'],
    ['http://ann:secret@web:81/orders', 'web:81'],
    ['http://ann@shop:secret@web/orders', 'web:80'],
    ['http://REDACTED:REDACTED@[::1]:81/', '[::1]:81'],
    ['http://bücher.example/', 'bücher.example:80'],
    ['http://w%65b/', 'w%65b:80'],
    ['http://web/a@b://c:9/', 'web:80'],
    ['http://web?next=http://shop:81/', 'web:80'],
  ])('of %s', (url, text) => {
    expect(addressInUrl(url)).toEqual({ text, resolution: 'address' });
  });

  it.each([
    ...[
      '',
      '/orders/7',
      '//web/orders',
      'web:8080/orders',
      'http:/web',
      'http:',
      '://web',
      'mailto:ann@web',
      'file:///a',
    ],
    ...[
      'http://',
      'http:///orders',
      'http://:80/',
      'http://ann@/',
      'http://ann:secret@:80/',
      'http://we b/',
      ' http://web/',
    ],
    ...[
      'http://web:port/',
      'http://web:0/',
      'http://web:65536/',
      'http://web:123456/',
      'http://web:80:81/',
      'http://::1/',
    ],
    ...[
      'http://[::1/',
      'http://::1]/',
      'http://[]/',
      'http://[::1]80/',
      'http://[é]/',
      'http://web\\shop/',
      '1http://web/',
    ],
  ])('none of %s', (url) => {
    expect(addressInUrl(url)).toBeUndefined();
  });

  it('none where the host is longer than a name can be, or may go on behind what is read', () => {
    expect(addressInUrl(`http://${'a'.repeat(255)}/`)?.text.length).toBe(256);
    expect(addressInUrl(`http://${'a'.repeat(256)}/`)).toBeUndefined();
    const withUser = (length: number) => `http://${'u'.repeat(length - 'http://@web'.length)}@web`;
    for (const rest of ['', '/7', '?7', '#7']) {
      expect(addressInUrl(withUser(1024) + rest)?.text).toBe('web:80');
      expect(addressInUrl(withUser(1025) + rest)).toBeUndefined();
    }
  });
});

it('whatever the text, it is an identity or none', () => {
  const piece = fc.oneof(
    fc.constantFrom('http', '://', '@', ':', '[', ']', '/', '80', '%', '%2', '\ud800', '\u202e', 'web', '?', '\0'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  const pieces = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.constantFrom('', 'http://', 'https://[', 'x://a@'), pieces, (start, rest) => {
      const found = addressInUrl(start + rest);
      if (found) expect(isIdentityText(found.text)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

it('a megabyte of anything costs no more than its head', () => {
  const megabyte = 1 << 20;
  for (const unit of ['a', '@', ':', '/', 'é', '%', '[', 'a@', '://']) {
    for (const head of ['', 'http://', 'http://web', 'http://[']) {
      const url = head + unit.repeat(megabyte / unit.length);
      expect(addressInUrl(url)).toEqual(addressInUrl(url.slice(0, 1100)));
    }
  }
});
