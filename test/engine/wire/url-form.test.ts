// SPDX-License-Identifier: Apache-2.0
/** Of a URL as much makes a form as the rules see of it: a path that may be a health check's, and a host. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { urlForm } from '../../../src/engine/wire/url-form.js';
import { isProbe } from '../../../src/observe/probe.js';
import { addressInUrl } from '../../../src/observe/url-address.js';

describe('a URL', () => {
  const path = fc.constantFrom(
    '/health',
    '/healthz',
    '/up',
    '/a/b',
    '/42',
    '',
    'health',
    '/ready/live/',
    '/_ping',
    '/x_y-Z',
  );
  const url = fc
    .tuple(
      fc.constantFrom('', 'http://', 'x://y', 'http://web:80', '://', '/a://b'),
      path,
      fc.constantFrom('', '?a=/up', '#b', '/', 'a'.repeat(33), 'a'.repeat(34), '/é', '\u212a'),
    )
    .map((parts) => parts.join(''));
  const paths = ['url.path', 'http.target'] as const;
  const wholes = ['url.full', 'http.url'] as const;
  const besides = fc.dictionary(fc.constantFrom(...paths, ...wholes), url);

  it('is the same to a form as another only where the rules see no difference, whatever else is said', () => {
    fc.assert(
      fc.property(url, url, fc.constantFrom(...paths, ...wholes), besides, (a, b, name, rest) => {
        fc.pre(urlForm(a, false) === urlForm(b, false));
        expect(isProbe({ ...rest, [name]: a })).toBe(isProbe({ ...rest, [name]: b }));
      }),
      { numRuns: 3000 },
    );
  });

  it('that is whole is the same only where it names the same host', () => {
    const user = fc.constantFrom(
      '',
      'ann@',
      'ann:secret@',
      'a@b@',
      'é@',
      `${'u'.repeat(1008)}@`,
      `${'u'.repeat(1020)}@`,
    );
    const host = fc.constantFrom(
      'web',
      'WEB',
      'shop',
      'web:80',
      'web:81',
      '[::1]',
      '',
      'we b',
      'é',
      'a'.repeat(300),
      'a/b',
    );
    const rest = fc.constantFrom('', '/42', '/43', '?42', '#42', '@web', '/@web', '://x');
    const whole = fc
      .tuple(fc.constantFrom('http://', 'http:/', 'https://', 'x1+y://', '://', '/', 'é://'), user, host, rest)
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        fc.pre(urlForm(a, true) === urlForm(b, true));
        expect(addressInUrl(a)).toEqual(addressInUrl(b));
      }),
      { numRuns: 5000 },
    );
  });

  it('with a number in its path makes no form of its own, nor does a path with another query', () => {
    expect(urlForm('/orders/42', false)).toBe(urlForm('/orders/43?x', false));
    expect(urlForm('http://a:1/orders?x', false)).toBe(urlForm('https://b/orders#y', false));
    expect(urlForm('/orders', false)).not.toBe(urlForm('/carts', false));
  });

  it('that is whole makes one for each host, whoever asks for what', () => {
    const first = urlForm('http://web:80/orders/42?x', true);
    for (const other of ['http://web:80/43', 'http://web:80/1#z', 'http://ann:secret@web:80/42']) {
      expect(urlForm(other, true)).toBe(first);
    }
    expect(urlForm('http://web:80?x=1', true)).toBe(urlForm('http://web:80#2', true));
    for (const other of ['http://web/42', 'https://web:80/42', 'http://shop:80/42', '//web:80/42', '/42']) {
      expect(urlForm(other, true)).not.toBe(first);
    }
  });
});
