// SPDX-License-Identifier: Apache-2.0
/** Whom a client span called: every rung of the ladder, and that each stands above the next. */
import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../src/model/attributes.js';
import { IDENTITY_LENGTH_MAX } from '../../src/model/limits.js';
import { addressesOf, SUBJECT_LADDER, subjectOf } from '../../src/observe/subject.js';

/** dn2 is known to live at one address, the names service at one name. */
const HOMES: Record<string, string> = { '10.0.0.7:9000': 'datanode/dn2', 'names:80': 'names' };
const resolve = (address: string) =>
  HOMES[address] === undefined ? undefined : ({ text: HOMES[address], resolution: 'instance' } as const);

type Line = readonly [what: string, attributes: Attributes, text: string, resolution: string];

const LINES: readonly Line[] = [
  // 1. What the user, or the response, says.
  ['panorama.subject, a service', { 'panorama.subject': 'datanode' }, 'datanode', 'service'],
  ['panorama.subject, an instance', { 'panorama.subject': 'datanode/dn2' }, 'datanode/dn2', 'instance'],
  ['panorama.subject, a part', { 'panorama.subject': 'datanode/dn2#writer' }, 'datanode/dn2#writer', 'instance'],
  [
    'panorama.subject, said to be an address',
    { 'panorama.subject': '10.0.0.9:80', 'panorama.subject.resolution': 'address' },
    '10.0.0.9:80',
    'address',
  ],
  [
    'panorama.subject, said to be a service although it has a slash',
    { 'panorama.subject': 'kafka/orders', 'panorama.subject.resolution': 'service' },
    'kafka/orders',
    'service',
  ],
  // 2. What the semantic conventions call the peer.
  ['service.peer.name', { 'service.peer.name': 'orders' }, 'orders', 'service'],
  [
    'service.peer.name with its namespace',
    { 'service.peer.name': 'orders', 'service.peer.namespace': 'shop' },
    'shop:orders',
    'service',
  ],
  ['service.peer.name with a slash in it', { 'service.peer.name': 'a/b' }, 'a%2Fb', 'service'],
  ['peer.service, deprecated', { 'peer.service': 'orders' }, 'orders', 'service'],
  // 3. What was learned of the address.
  [
    'the learned map, by the name that was called',
    { 'server.address': 'names', 'server.port': 80 },
    'names',
    'instance',
  ],
  [
    'the learned map, by the socket',
    { 'server.address': '10.0.0.6', 'network.peer.address': '10.0.0.7', 'network.peer.port': 9000 },
    'datanode/dn2',
    'instance',
  ],
  [
    'the learned map, by the socket under its deprecated names',
    { 'net.sock.peer.addr': '10.0.0.7', 'net.sock.peer.port': 9000 },
    'datanode/dn2',
    'instance',
  ],
  // 4. Databases and brokers.
  [
    'a database',
    { 'db.system.name': 'postgresql', 'server.address': 'db1', 'server.port': 5432 },
    'postgresql/db1:5432',
    'address',
  ],
  [
    'a database under its deprecated names',
    { 'db.system': 'mysql', 'net.peer.name': 'db1', 'net.peer.port': 3306 },
    'mysql/db1:3306',
    'address',
  ],
  [
    'a messaging destination',
    { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders', 'server.address': 'broker' },
    'kafka/orders',
    'service',
  ],
  [
    'a messaging destination under its deprecated name',
    { 'messaging.system': 'rabbitmq', 'messaging.destination': 'orders' },
    'rabbitmq/orders',
    'service',
  ],
  // 5. The bare address.
  ['server.address with its port', { 'server.address': 'web', 'server.port': 8080 }, 'web:8080', 'address'],
  ['server.address alone', { 'server.address': 'web' }, 'web', 'address'],
  [
    'server.address, version 6',
    { 'server.address': '[2001:db8::1]', 'server.port': 80 },
    '[2001:db8::1]:80',
    'address',
  ],
  ['net.peer.name, deprecated', { 'net.peer.name': 'web', 'net.peer.port': 8080 }, 'web:8080', 'address'],
  ['the socket, where no name is given', { 'network.peer.address': '10.0.0.8' }, '10.0.0.8', 'address'],
  ['the socket by net.peer.ip, deprecated', { 'net.peer.ip': '10.0.0.8' }, '10.0.0.8', 'address'],
  // 6. The URL, where nothing else says it.
  ['the host in url.full', { 'url.full': 'http://web:8080/orders/7?x=1' }, 'web:8080', 'address'],
  ['the host in http.url, deprecated', { 'http.url': 'https://web/orders' }, 'web:443', 'address'],
  [
    'the host in http.url, where url.full has none',
    { 'url.full': '/7', 'http.url': 'http://web/7' },
    'web:80',
    'address',
  ],
  ['the learned map, by a URL', { 'http.url': 'http://names/blocks' }, 'names', 'instance'],
  [
    'a database, by a URL',
    { 'db.system': 'elasticsearch', 'url.full': 'http://search:9200/orders/_search' },
    'elasticsearch/search:9200',
    'address',
  ],
];

describe('the subject of a call is', () => {
  it.each(LINES)('%s', (_, attributes, text, resolution) => {
    expect(subjectOf(attributes, resolve)).toEqual({ text, resolution });
  });

  it.each<[string, Attributes]>([
    ['nothing', {}],
    ['a database without an address', { 'db.system.name': 'sqlite' }],
    ['a broker without a destination', { 'messaging.system': 'kafka' }],
    ['a port without a host', { 'server.port': 80 }],
    ['an address that is empty', { 'server.address': '' }],
    ['a URL without a host', { 'url.full': '/orders/7', 'http.url': 'file:///orders' }],
    ['a number for a URL', { 'url.full': 7 }],
    ['a namespace without a name', { 'service.peer.namespace': 'shop' }],
  ])('unknown where the span gives %s', (_, attributes) => {
    expect(subjectOf(attributes, resolve)).toBeUndefined();
  });
});

describe('a higher rung goes before a lower one', () => {
  const everything: readonly Attributes[] = [
    { 'panorama.subject': 'stated' },
    { 'service.peer.name': 'named' },
    { 'peer.service': 'named-of-old' },
    { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
    { 'network.peer.address': '10.0.0.7', 'network.peer.port': 9000 },
    { 'db.system.name': 'postgresql', 'server.address': '10.0.0.1' },
    { 'server.address': '10.0.0.1' },
    { 'url.full': 'http://web:80/' },
  ];
  const expected = [
    'stated',
    'named',
    'named-of-old',
    'kafka/orders',
    'datanode/dn2',
    'postgresql/10.0.0.1',
    '10.0.0.1',
    'web:80',
  ];

  it.each(SUBJECT_LADDER.map(({ name }, rung) => [name, rung] as const))('%s', (_, rung) => {
    const attributes = Object.assign({}, ...everything.slice(rung)) as Attributes;
    expect(subjectOf(attributes, resolve)?.text).toBe(expected[rung]);
  });

  it('and a current name before a deprecated one', () => {
    const attributes = { 'net.peer.name': 'old', 'net.peer.port': 1, 'server.address': 'new', 'server.port': 2 };
    expect(subjectOf(attributes)?.text).toBe('new:2');
  });
});

describe('a stated subject that is no identity is passed over', () => {
  it.each([
    ['over-long', 'x'.repeat(IDENTITY_LENGTH_MAX + 1)],
    ['with a line break', 'data\nnode'],
    ['with a broken escape', 'data%2'],
    ['with a slash too many', 'datanode/dn2/dn3'],
  ])('%s', (_, subject) => {
    expect(subjectOf({ 'panorama.subject': subject, 'server.address': 'web' })?.text).toBe('web');
  });

  it('also where it is said to be an address', () => {
    const below = { 'panorama.subject.resolution': 'address', 'server.address': 'web' };
    expect(subjectOf({ 'panorama.subject': 'x'.repeat(1000), ...below })?.text).toBe('web');
    expect(subjectOf({ 'panorama.subject': 'a b', ...below })?.text).toBe('web');
  });
});

describe('the addresses of a call', () => {
  it('are the address that was called, then the socket', () => {
    const attributes = { 'server.address': '10.0.0.6', 'server.port': 80, 'network.peer.address': '10.0.0.7' };
    expect(addressesOf(attributes).map(({ text }) => text)).toEqual(['10.0.0.6:80', '10.0.0.7']);
  });

  it('are the name alone where a name was called, for its socket may be a proxy’s', () => {
    const attributes = { 'server.address': 'web', 'server.port': 80, 'network.peer.address': '10.0.0.7' };
    expect(addressesOf(attributes).map(({ text }) => text)).toEqual(['web:80']);
  });

  it('are one where both are the same', () => {
    const attributes = { 'server.address': '10.0.0.7', 'network.peer.address': '10.0.0.7' };
    expect(addressesOf(attributes).map(({ text }) => text)).toEqual(['10.0.0.7']);
  });

  it('are the URL’s where neither a name nor a socket is said', () => {
    const url = { 'http.url': 'http://web/orders' };
    expect(addressesOf(url).map(({ text }) => text)).toEqual(['web:80']);
    expect(addressesOf({ ...url, 'net.peer.ip': '10.0.0.7' }).map(({ text }) => text)).toEqual(['10.0.0.7']);
    expect(addressesOf({ ...url, 'net.peer.name': 'shop' }).map(({ text }) => text)).toEqual(['shop']);
  });

  it('are none where nothing is known', () => {
    expect(addressesOf({})).toEqual([]);
  });
});
