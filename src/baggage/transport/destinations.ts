// SPDX-License-Identifier: Apache-2.0
/**
 * To whom baggage may go. Identities of our components are nobody else's business, so the default lets them travel only
 * where an address cannot be public: private and loopback ranges, single-label names (a Kubernetes service, a compose
 * service), and suffixes that are reserved or never delegated. Everything else needs a configured suffix.
 *
 * Sources: RFC 1918, RFC 4193, RFC 6598 (private ranges); RFC 6761 and RFC 6762 (`localhost`, `local`); ICANN's
 * reservation of `internal`; Kubernetes' `cluster.local`.
 */
import { BlockList, isIP } from 'node:net';
import { BoundedMap } from '../../model/bounded-map.js';

/** Decides for a destination's host, as the client span names it. */
export type DestinationPolicy = (host: string) => boolean;

/** Suffixes that never resolve on the public internet. */
export const PRIVATE_SUFFIXES: readonly string[] = ['.localhost', '.local', '.internal', '.svc'];

/** Services of the cloud's provider at names that look like ours: Google's, Azure's, and Amazon's in its regions. */
const METADATA_NAME =
  /^(?:metadata(?:\.(?:google|azure)\.internal)?|instance-data(?:\.(?:ec2|[a-z0-9-]+\.compute)\.internal)?)$/;

/** The same at addresses. Those of 169.254.0.0/16, which most providers have, are refused with all the range. */
const METADATA_ADDRESSES = new BlockList();
METADATA_ADDRESSES.addAddress('100.100.100.200'); // Alibaba
METADATA_ADDRESSES.addSubnet('fd00:ec2::', 32, 'ipv6'); // Amazon: instance metadata, pod identity, name and time service
METADATA_ADDRESSES.addAddress('fd20:ce::254', 'ipv6'); // Google
METADATA_ADDRESSES.addAddress('fd00:c1::a9fe:a9fe', 'ipv6'); // Oracle
METADATA_ADDRESSES.addAddress('fd00:42::42', 'ipv6'); // Scaleway
METADATA_ADDRESSES.addAddress('fe80::a9fe:a9fe', 'ipv6'); // OpenStack

/** Hosts whose decision is remembered: looking at a name takes longer than all else that a call without a bag costs. */
const DECIDED_COUNT_MAX = 256;

/**
 * The default policy, widened by suffixes of your own.
 *
 * @param suffixes DNS suffixes that are yours, with or without the leading dot: `example.org` allows `example.org` and
 *   `db.example.org`. `*` allows every destination; use it only where no call leaves your network.
 */
export function allowedDestinations(suffixes: readonly string[] = []): DestinationPolicy {
  const all = suffixes.includes('*');
  const allowed = [...PRIVATE_SUFFIXES, ...suffixes.map((suffix) => `.${suffix.replace(/^\./, '').toLowerCase()}`)];
  const decided = new BoundedMap<string, boolean>(DECIDED_COUNT_MAX);
  return (host) => {
    if (all) return true;
    const known = decided.get(host);
    if (known !== undefined) return known;
    const decision = isAllowed(host, allowed);
    decided.set(host, decision);
    return decision;
  };
}

function isAllowed(host: string, suffixes: readonly string[]): boolean {
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (name === '' || METADATA_NAME.test(name)) return false;
  const version = isIP(name);
  // A zone says by which interface, not to whom.
  if (version > 0 && METADATA_ADDRESSES.check(name.replace(/%.*$/, ''), version === 4 ? 'ipv4' : 'ipv6')) return false;
  if (version === 4) return isPrivateV4(name);
  if (version === 6) return isPrivateV6(name);
  return isSingleLabel(name) || suffixes.some((suffix) => `.${name}`.endsWith(suffix));
}

/** One label of a host name. A bare number is none: resolvers take `134744072` and `0x8080808` for IPv4 addresses. */
function isSingleLabel(name: string): boolean {
  return /^[a-z0-9_-]+$/.test(name) && !/^(?:\d+|0x[0-9a-f]*)$/.test(name);
}

function isPrivateV4(address: string): boolean {
  const [a = 0, b = 0] = address.split('.').map(Number);
  return (
    a === 10 ||
    a === 127 ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b <= 127)
  );
}

/** Loopback, unique local (fc00::/7), link local (fe80::/10), and IPv4 in IPv6 clothes, which URLs write in hex. */
function isPrivateV6(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined) return isPrivateV4(mapped);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high !== undefined && low !== undefined) return isPrivateV4(`${dotted(high)}.${dotted(low)}`);
  return address === '::1' || /^f[cd][0-9a-f]{2}:/.test(address) || /^fe[89ab][0-9a-f]:/.test(address);
}

function dotted(group: string): string {
  const number = Number.parseInt(group, 16);
  return `${number >> 8}.${number & 255}`;
}
