// SPDX-License-Identifier: Apache-2.0
/** What makes a form: names by their bytes, and of a URL as much as may be a health check's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { probeUrl, Role, RoleTable, roleOf } from '../../../src/engine/wire/steady-attributes.js';
import { READ_ATTRIBUTES } from '../../../src/model/attributes.js';
import { isProbe } from '../../../src/observe/probe.js';

const roleIn = (table: RoleTable, name: string) => {
  const bytes = Buffer.from(`..${name}..`);
  return table.roleAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 2, Buffer.byteLength(name));
};

describe.each([false, true])('the role of a name (of a span that was served: %s)', (isServed) => {
  const table = new RoleTable(isServed);

  it('is found by its bytes for every name that is read', () => {
    for (const name of READ_ATTRIBUTES) expect([name, roleIn(table, name)]).toEqual([name, roleOf(name, isServed)]);
  });

  it('is none of a name that is shorter, longer or begins or ends otherwise', () => {
    for (const name of READ_ATTRIBUTES) {
      for (const other of [`${name}x`, name.slice(1), `X${name.slice(1)}`, `${name.slice(0, -1)}X`]) {
        if (!READ_ATTRIBUTES.has(other)) expect([other, roleIn(table, other)]).toEqual([other, Role.NONE]);
      }
    }
  });
});

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
  const names = ['url.path', 'url.full', 'http.target', 'http.url'] as const;

  it('is the same to a form as another only where the rules see no difference, whatever else is said', () => {
    fc.assert(
      fc.property(
        url,
        url,
        fc.constantFrom(...names),
        fc.dictionary(fc.constantFrom(...names), url),
        (a, b, name, besides) => {
          fc.pre(probeUrl(a) === probeUrl(b));
          expect(isProbe({ ...besides, [name]: a })).toBe(isProbe({ ...besides, [name]: b }));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('with a number in its path makes no form of its own, nor does one with another host or query', () => {
    expect(probeUrl('/orders/42')).toBe(probeUrl('/orders/43?x'));
    expect(probeUrl('http://a:1/orders?x')).toBe(probeUrl('https://b/orders#y'));
    expect(probeUrl('/orders')).not.toBe(probeUrl('/carts'));
  });
});
