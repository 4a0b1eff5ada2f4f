// SPDX-License-Identifier: Apache-2.0
/** An address that changes hands is told from one that is shared. */
import { describe, expect, it } from 'vitest';
import { AddressBook } from '../../../src/engine/identity/address-book.js';

const instance = (name: string) => ({ text: `cart/${name}`, resolution: 'instance' }) as const;

function answered(book: AddressBook, ...names: readonly string[]): string | undefined {
  for (const name of names) book.learn('', '', '10.0.0.1:80', instance(name));
  return book.resolve('', '', '10.0.0.1:80')?.text;
}

describe('an address', () => {
  it('is nobody’s before anybody answered', () => {
    expect(new AddressBook().resolve('', '', '10.0.0.1:80')).toBeUndefined();
  });

  it('belongs to whoever answers, also after a restart with a late span of the old instance', () => {
    expect(answered(new AddressBook(), 'a', 'a', 'b')).toBe('cart/b');
    expect(answered(new AddressBook(), 'a', 'b', 'a', 'b')).toBe('cart/b');
  });

  it.each([2, 3, 10, 100])('at which %i instances answer in turn names the service only', (count) => {
    const names = Array.from({ length: Math.max(10, count) }, (_, index) => `i${index % count}`);
    expect(answered(new AddressBook(), ...names)).toBe('cart');
  });

  it('that was shared belongs to one instance again when it alone has answered for long', () => {
    const book = new AddressBook();
    expect(answered(book, 'a', 'b', 'a', 'b', 'a')).toBe('cart');
    expect(answered(book, ...Array.from({ length: 99 }, () => 'b'))).toBe('cart');
    expect(answered(book, 'b')).toBe('cart/b');
  });

  it('that passes to another service belongs to that one', () => {
    const book = new AddressBook();
    answered(book, 'a', 'b', 'a', 'b', 'a');
    book.learn('', '', '10.0.0.1:80', { text: 'shop/s', resolution: 'instance' });
    expect(book.resolve('', '', '10.0.0.1:80')?.text).toBe('shop/s');
  });

  it('says whether what it is known as has changed', () => {
    const book = new AddressBook();
    const learn = (name: string) => book.learn('', '', '10.0.0.1:80', instance(name));
    expect(['a', 'a', 'b', 'a', 'b', 'a', 'b'].map(learn)).toEqual([true, false, true, true, true, true, false]);
  });

  it('of the loopback is another one on each machine, any other is not', () => {
    const book = new AddressBook();
    for (const address of ['127.0.0.1:80', 'localhost:80', '[::1]:80', '10.0.0.1:80']) {
      book.learn('', 'host-a', address, instance('a'));
    }
    const known = (host: string) =>
      ['127.0.0.1:80', 'localhost:80', '[::1]:80', '10.0.0.1:80'].map(
        (address) => book.resolve('', host, address)?.text,
      );
    expect(known('host-a')).toEqual(['cart/a', 'cart/a', 'cart/a', 'cart/a']);
    expect(known('host-b')).toEqual([undefined, undefined, undefined, 'cart/a']);
  });
});
