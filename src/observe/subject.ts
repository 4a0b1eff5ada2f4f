// SPDX-License-Identifier: Apache-2.0
/**
 * Whom a client span called: a ladder, first rung that answers. The upper rungs are what somebody knows (the user, the
 * response, the learned map), the lower ones what the socket knows. A hung or refused call has no peer address, because
 * instrumentations write it when the answer arrives; hence `server.address`, known from the start, is always tried too.
 */
import { type Attributes, PANORAMA, SEMCONV, textOf } from '../model/attributes.js';
import {
  formatAddress,
  formatIdentity,
  type Identity,
  isIdentityText,
  parseIdentity,
  type Resolution,
} from '../model/identity.js';

/** Turns an address text (`host:port`) into the instance known to live there, if any. */
export type AddressResolver = (address: string) => Identity | undefined;

/** One rung. `identify` answers or passes. */
export interface SubjectRule {
  readonly name: string;
  readonly identify: (attributes: Attributes, resolveAddress: AddressResolver) => Identity | undefined;
}

/** The ladder in order. Prepend rungs of your own through `ObserveRules.subjects`. */
export const SUBJECT_LADDER: readonly SubjectRule[] = [
  { name: 'panorama.subject', identify: (attributes) => namedSubject(attributes) },
  {
    name: 'service.peer.name',
    identify: (attributes) => {
      const service = textOf(attributes, SEMCONV.SERVICE_PEER_NAME);
      return service === undefined
        ? undefined
        : formatIdentity({ namespace: textOf(attributes, SEMCONV.SERVICE_PEER_NAMESPACE), service });
    },
  },
  {
    name: 'peer.service',
    identify: (attributes) => {
      const service = textOf(attributes, SEMCONV.PEER_SERVICE);
      return service === undefined ? undefined : formatIdentity({ service });
    },
  },
  // Before the learned map, because the address of a message is its broker's, whoever lives there.
  {
    name: 'messaging destination',
    identify: (attributes) => {
      const system = textOf(attributes, SEMCONV.MESSAGING_SYSTEM);
      const destination = textOf(attributes, SEMCONV.MESSAGING_DESTINATION_NAME, SEMCONV.MESSAGING_DESTINATION);
      if (system === undefined || destination === undefined) return undefined;
      return { text: formatIdentity({ service: system, instance: destination }).text, resolution: 'service' };
    },
  },
  {
    name: 'learned address',
    identify: (attributes, resolveAddress) => {
      for (const address of addressesOf(attributes)) {
        const known = resolveAddress(address.text);
        if (known) return known;
      }
      return undefined;
    },
  },
  {
    name: 'database',
    identify: (attributes) => {
      const system = textOf(attributes, SEMCONV.DB_SYSTEM_NAME, SEMCONV.DB_SYSTEM);
      const address = serverAddress(attributes);
      if (system === undefined || address === undefined) return undefined;
      return { text: formatIdentity({ service: system, instance: address.text }).text, resolution: 'address' };
    },
  },
  { name: 'server.address', identify: (attributes) => addressesOf(attributes)[0] },
];

/** Climbs the ladder; `undefined` when no rung answers, which callers count as `unidentified`. */
export function subjectOf(
  attributes: Attributes,
  resolveAddress: AddressResolver = () => undefined,
  ladder: readonly SubjectRule[] = SUBJECT_LADDER,
): Identity | undefined {
  for (const rule of ladder) {
    const identity = rule.identify(attributes, resolveAddress);
    if (identity) return identity;
  }
  return undefined;
}

/**
 * The addresses a client span gives for its peer: the one it called first, the socket's own last. Where it called a name,
 * the name alone counts: behind it a proxy's socket may serve everybody.
 */
export function addressesOf(attributes: Attributes): readonly Identity[] {
  const named = serverAddress(attributes);
  if (named && !IP_ADDRESS.test(named.text)) return [named];
  const host = textOf(attributes, SEMCONV.NETWORK_PEER_ADDRESS, SEMCONV.NET_SOCK_PEER_ADDR, SEMCONV.NET_PEER_IP);
  const socket = host && formatAddress(host, textOf(attributes, SEMCONV.NETWORK_PEER_PORT, SEMCONV.NET_SOCK_PEER_PORT));
  if (!socket) return named ? [named] : [];
  return named && named.text !== socket.text ? [named, socket] : [socket];
}

const IP_ADDRESS = /^(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\])(?::\d+)?$/;

function serverAddress(attributes: Attributes): Identity | undefined {
  const host = textOf(attributes, SEMCONV.SERVER_ADDRESS, SEMCONV.NET_PEER_NAME);
  return host === undefined
    ? undefined
    : formatAddress(host, textOf(attributes, SEMCONV.SERVER_PORT, SEMCONV.NET_PEER_PORT));
}

function namedSubject(attributes: Attributes): Identity | undefined {
  const text = textOf(attributes, PANORAMA.SUBJECT);
  if (text === undefined || !isIdentityText(text)) return undefined;
  const stated = textOf(attributes, PANORAMA.SUBJECT_RESOLUTION);
  if (stated === 'address') return { text, resolution: 'address' };
  const parts = parseIdentity(text);
  if (!parts) return undefined;
  const resolution: Resolution = stated === 'service' || parts.instance === undefined ? 'service' : 'instance';
  return { text, resolution };
}
