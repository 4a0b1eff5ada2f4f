// SPDX-License-Identifier: Apache-2.0
/** An address that changes hands is told from one that is shared. */
import { describe, expect, it } from 'vitest';
import { AddressBook } from '../../../src/engine/identity/address-book.js';
import { addressOnHost, subjectOnHost } from '../../../src/observe/loopback.js';

const ADDRESS = '10.0.0.1:80';
const instance = (text: string) => ({ text, resolution: 'instance' }) as const;

function answered(book: AddressBook, ...names: readonly string[]): string | undefined {
  for (const name of names) book.learn('', ADDRESS, instance(name.includes('/') ? name : `cart/${name}`));
  return book.resolve('', ADDRESS)?.text;
}

describe('an address', () => {
  it('is nobody’s before anybody answered, and another one in each environment', () => {
    const book = new AddressBook();
    expect(book.resolve('', ADDRESS)).toBeUndefined();
    book.learn('prod', ADDRESS, instance('cart/a'));
    expect(book.resolve('test', ADDRESS)).toBeUndefined();
  });

  it('belongs to whoever answers, also after a restart with a late span of the old instance', () => {
    expect(answered(new AddressBook(), 'a', 'a', 'b')).toBe('cart/b');
    expect(answered(new AddressBook(), 'a', 'b', 'a', 'b')).toBe('cart/b');
  });

  it('belongs to the newest instance after any number of restarts', () => {
    expect(answered(new AddressBook(), 'a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', 'e', 'e', 'f')).toBe('cart/f');
  });

  it.each([2, 3, 10, 100])('at which %i instances answer in turn names the service only', (count) => {
    const names = Array.from({ length: count * 4 }, (_, index) => `i${index % count}`);
    expect(answered(new AddressBook(), ...names)).toBe('cart');
  });

  it('at which several services answer in turn, as behind a proxy, names nobody', () => {
    expect(answered(new AddressBook(), 'cart/a', 'shop/b', 'cart/a', 'shop/b', 'cart/a')).toBeUndefined();
  });

  it('that was shared belongs to one instance again when it alone has answered for long', () => {
    const book = new AddressBook();
    expect(answered(book, 'a', 'b', 'a', 'b', 'a')).toBe('cart');
    expect(answered(book, ...Array.from({ length: 99 }, () => 'b'))).toBe('cart');
    expect(answered(book, 'b')).toBe('cart/b');
  });
});

describe('a loopback address', () => {
  it.each(['127.0.0.1:80', 'localhost:80', '[::1]:80', 'localhost', 'redis/localhost:6379'])(
    '%s is another one on each machine',
    (address) => {
      expect(addressOnHost(address, 'web-1')).toBe(`${address}@web-1`);
      expect(addressOnHost(address, '')).toBe(address);
    },
  );

  it.each(['10.0.0.1:80', 'localhost.example:80', 'db:5432', '[::1:2]:80'])('is not %s', (address) => {
    expect(addressOnHost(address, 'web-1')).toBe(address);
  });

  it('is left alone in a subject that is known by more than its address', () => {
    expect(subjectOnHost({ text: 'localhost', resolution: 'service' }, 'web-1').text).toBe('localhost');
    expect(subjectOnHost({ text: 'localhost:80', resolution: 'address' }, 'a b').text).toBe('localhost:80@a%20b');
  });
});
