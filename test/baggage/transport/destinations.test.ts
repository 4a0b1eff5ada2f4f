// SPDX-License-Identifier: Apache-2.0
/** To whom identities may go: line by line, private ones and those that are configured, nobody else. */
import { describe, expect, it } from 'vitest';
import { allowedDestinations } from '../../../src/baggage/transport/destinations.js';

describe('identities may go, unless told otherwise,', () => {
  it.each([
    '10.0.0.7',
    '10.255.255.255',
    '127.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.127.255.255',
    '::1',
    '[::1]',
    'fc00::1',
    'fd12:3456:789a::1',
    'FD12:3456:789A::1',
    'fe80::1',
    'febf::1',
    '::ffff:10.0.0.7',
    '::ffff:a00:7',
    '[::ffff:a00:7]',
    'localhost',
    'datanode-2',
    'data_node',
    'dn2.',
    'web.localhost',
    'printer.local',
    'names.internal',
    'metadata.shop.internal',
    'instance-data-of-ours.internal',
    '100.100.100.201',
    'fd00:ec3::254',
    'fd20:ce::255',
    'fe80::1%eth0',
    'names.shop.svc',
    'names.shop.svc.cluster.local',
    'NAMES.SHOP.SVC',
  ])('to %s', (host) => {
    expect(allowedDestinations()(host)).toBe(true);
  });
});

describe('identities may not go, unless told otherwise,', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['9.255.255.255', 'just below a private range'],
    ['11.0.0.0', 'just above it'],
    ['172.15.255.255', 'just below a private range'],
    ['172.32.0.0', 'just above it'],
    ['192.167.1.1', 'just below a private range'],
    ['192.169.1.1', 'just above it'],
    ['100.63.255.255', 'just below the shared range'],
    ['100.128.0.0', 'just above it'],
    ['0.0.0.0', 'anywhere'],
    ['169.254.169.254', 'the metadata service of a cloud'],
    ['metadata', 'the name of one'],
    ['metadata.google.internal', 'the same'],
    ['metadata.azure.internal', 'the same'],
    ['instance-data', 'the same'],
    ['instance-data.ec2.internal', 'the same'],
    ['instance-data.eu-west-1.compute.internal', 'the same'],
    ['Instance-Data.EC2.Internal.', 'the same'],
    ['100.100.100.200', 'the address of one, within the shared range'],
    ['::ffff:100.100.100.200', 'the same, mapped'],
    ['::ffff:6464:64c8', 'the same, mapped, in hex'],
    ['fd20:ce::254', 'the address of one, unique local'],
    ['[fd20:ce::254]', 'the same, as URLs have it'],
    ['fd00:ec2::254', 'the same'],
    ['FD00:EC2::254', 'the same in capitals'],
    ['fd00:ec2:0:0:0:0:0:254', 'the same at length'],
    ['fd00:0ec2::0254', 'the same with zeros'],
    ['fd00:ec2::0.0.2.84', 'the same with dots'],
    ['fd00:ec2::254%eth0', 'the same with a zone'],
    ['fd00:ec2::23', 'the address of another service of the same provider'],
    ['fd00:c1::a9fe:a9fe', 'the address of one, unique local'],
    ['fd00:42::42', 'the same'],
    ['fe80::a9fe:a9fe', 'the address of one, link local'],
    ['2001:db8::1', 'public'],
    ['fbff::1', 'just below the unique local range'],
    ['fe00::1', 'just above it'],
    ['fec0::1', 'just above the link local range'],
    ['fc::1', 'not the unique local range: the group is 00fc'],
    ['fe8::1', 'not the link local range: the group is 0fe8'],
    ['::ffff:8.8.8.8', 'public, mapped'],
    ['::ffff:808:808', 'public, mapped, in hex'],
    ['::', 'anywhere'],
    ['[2001:db8::1]:443', 'an address with its port'],
    ['example.org', 'public'],
    ['api.example.org', 'public'],
    ['10.0.0.7.example.org', 'a name that begins like an address'],
    ['localhost.example.org', 'a name that begins like a private one'],
    ['evilinternal.org', 'public'],
    ['notlocal.xlocal', 'a suffix that is longer than a private one'],
    ['134744072', 'a public address as one number'],
    ['0x08080808', 'the same in hex'],
    ['8.8', 'a short form of an address'],
    ['', 'nobody'],
    ['.', 'nobody'],
    ['a b', 'no name'],
    ['api example.internal@example.org', 'no name'],
  ])('to %s: %s', (host) => {
    expect(allowedDestinations()(host)).toBe(false);
  });
});

describe('a decision', () => {
  it('is the same however often it is asked for, and however many hosts were asked about in between', () => {
    const allows = allowedDestinations(['example.org']);
    const hosts = Array.from({ length: 600 }, (_, n) => [
      `10.0.${n >> 8}.${n & 255}`,
      `8.8.${n >> 8}.${n & 255}`,
    ]).flat();
    for (let round = 0; round < 2; round++) {
      expect(hosts.map(allows)).toEqual(hosts.map((host) => host.startsWith('10.')));
      expect(['db.example.org', 'example.com', 'db.example.org', 'example.com'].map(allows)).toEqual([
        true,
        false,
        true,
        false,
      ]);
    }
  });
});

describe('a suffix of the user', () => {
  it.each([
    ['example.org', 'example.org', true],
    ['example.org', 'db.example.org', true],
    ['example.org', 'DB.EXAMPLE.ORG.', true],
    ['.example.org', 'db.example.org', true],
    ['.example.org', 'example.org', true],
    ['Example.ORG', 'db.example.org', true],
    ['example.org', 'badexample.org', false],
    ['example.org', 'example.org.evil.net', false],
    ['example.org', 'example.com', false],
    ['example.org', '8.8.8.8', false],
    ['', 'example.org', false],
    ['*', 'example.org', true],
    ['*', '8.8.8.8', true],
    ['*', '', true],
  ])('%j, of %j: %s', (suffix, host, allowed) => {
    expect(allowedDestinations([suffix])(host)).toBe(allowed);
  });

  it('widens the private ones and does not replace them', () => {
    const allows = allowedDestinations(['example.org', 'example.net']);
    expect(['10.0.0.7', 'dn2', 'a.example.org', 'a.example.net'].map(allows)).toEqual([true, true, true, true]);
  });
});
