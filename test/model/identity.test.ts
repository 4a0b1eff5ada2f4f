// SPDX-License-Identifier: Apache-2.0
/** Identities: one text per component, from which its parts come back whole, whatever they were. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  formatIdentity,
  type IdentityParts,
  isIdentityText,
  parseIdentity,
  resolutionOf,
  serviceOf,
} from '../../src/model/identity.js';
import { IDENTITY_LENGTH_MAX } from '../../src/model/limits.js';

/** Any text that UTF-16 can hold, boundaries of our own and halves of characters among it. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('/', '#', ':', '%', '%2F', ' ', '\n', '\ud83d', '\ude00', 'ü', '漢', '😀') }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
);
const wellFormed = (text: string) => text === '' || !/\p{Cs}/u.test(text);
const shortPart = fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }).filter(wellFormed);
const absent = fc.constant(undefined);

describe('an identity', () => {
  it.each<[IdentityParts, string]>([
    [{ service: 'checkout' }, 'checkout'],
    [{ namespace: 'shop', service: 'checkout' }, 'shop:checkout'],
    [{ service: 'datanode', instance: 'dn2' }, 'datanode/dn2'],
    [{ service: 'datanode', instance: 'dn2', part: 'block-writer' }, 'datanode/dn2#block-writer'],
    [{ namespace: 'shop', service: 'checkout', instance: 'a' }, 'shop:checkout/a'],
    [{ service: 'checkout', part: 'cart' }, 'checkout#cart'],
    [{ service: 'postgresql', instance: '10.0.0.7:5432' }, 'postgresql/10.0.0.7:5432'],
    [{ service: 'a/b#c:d' }, 'a%2Fb%23c%3Ad'],
    [{ namespace: '', service: 'checkout', instance: '', part: '' }, 'checkout'],
    [{ service: 'two words' }, 'two%20words'],
    [{ service: 'Bücher' }, 'B%C3%BCcher'],
  ])('of %j is %s', (parts, text) => {
    expect(formatIdentity(parts).text).toBe(text);
  });

  it('comes back in its parts, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.record({
          namespace: fc.oneof(absent, shortPart),
          service: shortPart,
          instance: fc.oneof(absent, shortPart),
          part: fc.oneof(absent, shortPart),
        }),
        (parts) => {
          const { text } = formatIdentity(parts);
          // Four parts of five characters of up to four escapes: a few are past the bound, and are cut.
          fc.pre(text.length < IDENTITY_LENGTH_MAX);
          expect({ ...EMPTY, ...parseIdentity(text) }).toEqual({ ...EMPTY, ...parts });
        },
      ),
    );
  });

  it('is one line of visible characters within the bound, and can be parsed, whatever its parts hold', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, anyText, (namespace, service, instance, part) => {
        fc.pre(service !== '');
        const { text, resolution } = formatIdentity({ namespace, service, instance, part });
        expect(isIdentityText(text)).toBe(true);
        expect(parseIdentity(text)).toBeDefined();
        expect(resolution).toBe(resolutionOf(text));
      }),
    );
  });

  it('replaces half a character by the replacement character', () => {
    expect(formatIdentity({ service: 'a\ud83d' }).text).toBe('a%EF%BF%BD');
    expect(formatIdentity({ service: '\ude00b' }).text).toBe('%EF%BF%BDb');
    expect(formatIdentity({ service: '😀' }).text).toBe('%F0%9F%98%80');
  });

  it('is an instance where it names one, and a service otherwise', () => {
    expect(formatIdentity({ service: 'datanode', instance: 'dn2' }).resolution).toBe('instance');
    expect(formatIdentity({ service: 'datanode' }).resolution).toBe('service');
    expect(formatIdentity({ service: 'datanode', part: 'writer' }).resolution).toBe('service');
  });
});

describe('an identity that is too long', () => {
  const fill = (length: number) => 'x'.repeat(length);

  it('is cut to the bound', () => {
    expect(formatIdentity({ service: fill(300) }).text).toBe(fill(IDENTITY_LENGTH_MAX));
  });

  it.each([
    ['an escape', `${fill(255)} tail`, fill(255)],
    ['an escape after its percent sign and one digit', `${fill(254)} tail`, fill(254)],
    ['a character of three escapes', `${fill(250)}漢 tail`, fill(250)],
    ['a character of four escapes', `${fill(245)}😀 tail`, fill(245)],
  ])('is not cut within %s', (_, service, text) => {
    expect(formatIdentity({ service }).text).toBe(text);
  });

  it('keeps a whole escape that ends at the bound', () => {
    expect(formatIdentity({ service: `${fill(253)} tail` }).text).toBe(`${fill(253)}%20`);
  });

  it('does not end in the separator of a part that was cut off, and is then a service', () => {
    expect(formatIdentity({ service: fill(255), instance: 'dn2' })).toEqual({ text: fill(255), resolution: 'service' });
  });

  it('costs no more than its bound, however long the part', () => {
    expect(formatIdentity({ service: '漢'.repeat(5_000_000) }).text.length).toBeLessThanOrEqual(IDENTITY_LENGTH_MAX);
  });
});

describe('parsing', () => {
  it.each([
    ['nothing', ''],
    ['a text past the bound', 'x'.repeat(IDENTITY_LENGTH_MAX + 1)],
    ['a blank', 'two words'],
    ['a no-break space', 'two\u00a0words'],
    ['a line break', 'a\nb'],
    ['a line separator', 'a\u2028b'],
    ['a control character', 'a\u0007'],
    ['a character that turns the text round', 'a\u202eb'],
    ['an invisible character', 'a\u200bb'],
    ['half a character', 'a\ud83d'],
    ['a broken escape', 'a%2'],
    ['an escape of no character', 'a%FF'],
    ['no service', '/dn2'],
    ['an empty instance', 'datanode/'],
    ['two instances', 'datanode/a/b'],
    ['an empty namespace', ':datanode'],
    ['two namespaces', 'a:b:c'],
    ['an empty part', 'datanode#'],
  ])('refuses %s', (_, text) => {
    expect(parseIdentity(text)).toBeUndefined();
  });

  it('takes a text at the bound', () => {
    expect(parseIdentity('x'.repeat(IDENTITY_LENGTH_MAX))).toEqual({ service: 'x'.repeat(IDENTITY_LENGTH_MAX) });
  });

  it('never throws', () => {
    fc.assert(fc.property(anyText, (text) => void parseIdentity(text)));
  });
});

describe('an address', () => {
  it.each<[string, number | string | undefined, string]>([
    ['10.0.0.7', 9000, '10.0.0.7:9000'],
    ['10.0.0.7', '9000', '10.0.0.7:9000'],
    ['db.example.org', undefined, 'db.example.org'],
    ['db.example.org', '', 'db.example.org'],
    ['DB.Example.ORG', 5432, 'db.example.org:5432'],
    ['::1', 9000, '[::1]:9000'],
    ['[::1]', 9000, '[::1]:9000'],
    ['::1', undefined, '[::1]'],
    ['FE80::1', 80, '[fe80::1]:80'],
    ['::ffff:10.0.0.7', 80, '[::ffff:10.0.0.7]:80'],
    ['a b', 80, 'a%20b:80'],
    ['a', '8 0\n', 'a:8%200%0A'],
  ])('%s with port %s is %s', (host, port, text) => {
    expect(formatAddress(host, port)).toEqual({ text, resolution: 'address' });
  });

  it('is one line of visible characters within the bound, whatever the host', () => {
    fc.assert(
      fc.property(anyText, fc.oneof(fc.nat(), anyText), (host, port) => {
        fc.pre(host !== '');
        expect(isIdentityText(formatAddress(host, port).text)).toBe(true);
      }),
    );
  });
});

describe('the service of an identity text', () => {
  it.each([
    ['datanode/dn2', 'datanode'],
    ['shop:checkout/a:1', 'shop:checkout'],
    ['checkout', 'checkout'],
    ['', ''],
  ])('%j is %j', (text, service) => {
    expect(serviceOf(text)).toBe(service);
  });
});

const EMPTY = { namespace: undefined, instance: undefined, part: undefined };
