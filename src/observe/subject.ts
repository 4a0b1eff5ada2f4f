// SPDX-License-Identifier: Apache-2.0
/**
 * Whom a client span called: a ladder, first rung that answers. The upper rungs are what somebody knows (the user, the
 * response, the learned map), the lower ones what the socket knows. A hung or refused call has no peer address, because
 * instrumentations write it when the answer arrives; hence `server.address`, known from the start, is always tried too.
 */
import { type Attributes, type AttributeValue, PANORAMA, SEMCONV, textOf } from '../model/attributes.js';
import {
  formatAddress,
  formatIdentity,
  type Identity,
  isIdentityText,
  parseIdentity,
  type Resolution,
} from '../model/identity.js';
import { memoized } from '../model/memo.js';
import { addressInUrl } from './url-address.js';

/** Turns an address text (`host:port`) into the instance known to live there, if any. */
export type AddressResolver = (address: string) => Identity | undefined;

/** The resolver of whoever has no map: the guest, which sees one end of a call only. */
export const knowsNoAddress: AddressResolver = () => undefined;

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
      const service = textOf(attributes[SEMCONV.SERVICE_PEER_NAME]);
      return service === undefined ? undefined : peer(service, textOf(attributes[SEMCONV.SERVICE_PEER_NAMESPACE]));
    },
  },
  {
    name: 'peer.service',
    identify: (attributes) => {
      const service = textOf(attributes[SEMCONV.PEER_SERVICE]);
      return service === undefined ? undefined : peer(service, undefined);
    },
  },
  // Before the learned map, because the address of a message is its broker's, whoever lives there.
  {
    name: 'messaging destination',
    identify: (attributes) => {
      const system = textOf(attributes[SEMCONV.MESSAGING_SYSTEM]);
      const destination = textOf(
        attributes[SEMCONV.MESSAGING_DESTINATION_NAME],
        attributes[SEMCONV.MESSAGING_DESTINATION],
      );
      if (system === undefined || destination === undefined) return undefined;
      return messagingDestination(system, destination);
    },
  },
  {
    name: 'learned address',
    identify: (attributes, resolveAddress) => {
      if (resolveAddress === knowsNoAddress) return undefined;
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
      const system = textOf(attributes[SEMCONV.DB_SYSTEM_NAME], attributes[SEMCONV.DB_SYSTEM]);
      if (system === undefined) return undefined;
      const address = serverAddress(attributes) ?? lastlyUrlAddress(attributes);
      if (address === undefined) return undefined;
      return database(system, address.text);
    },
  },
  { name: 'server.address', identify: (attributes) => serverAddress(attributes) ?? socketAddress(attributes) },
  { name: 'url.full', identify: (attributes) => urlAddress(attributes) },
];

// Said of every call, so each is put together once.
const peer = memoized((service, namespace) => formatIdentity({ namespace: namespace as string | undefined, service }));
const messagingDestination = memoized(
  (system, destination): Identity => ({ text: serviceAt(system, destination as string), resolution: 'service' }),
);
const database = memoized(
  (system, address): Identity => ({ text: serviceAt(system, address as string), resolution: 'address' }),
);

const identityNamed = memoized((text, stated): Identity | undefined => {
  if (!isIdentityText(text)) return undefined;
  if (stated === 'address') return { text, resolution: 'address' };
  const parts = parseIdentity(text);
  if (!parts) return undefined;
  const resolution: Resolution = stated === 'service' || parts.instance === undefined ? 'service' : 'instance';
  return { text, resolution };
});

function serviceAt(service: string, instance: string): string {
  return formatIdentity({ service, instance }).text;
}

/** Climbs the ladder; `undefined` when no rung answers, which callers count as `unidentified`. */
export function subjectOf(
  attributes: Attributes,
  resolveAddress: AddressResolver = knowsNoAddress,
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
 * the name alone counts: behind it a proxy's socket may serve everybody. A URL's host counts where neither is said.
 */
export function addressesOf(attributes: Attributes): readonly Identity[] {
  const named = serverAddress(attributes) ?? lastlyUrlAddress(attributes);
  if (named && !IP_ADDRESS.test(named.text)) return [named];
  const socket = socketAddress(attributes);
  if (!socket) return named ? [named] : [];
  return named && named.text !== socket.text ? [named, socket] : [socket];
}

const IP_ADDRESS = /^(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\])(?::\d+)?$/;

function serverAddress(attributes: Attributes): Identity | undefined {
  const host = textOf(attributes[SEMCONV.SERVER_ADDRESS], attributes[SEMCONV.NET_PEER_NAME]);
  return host === undefined
    ? undefined
    : formatAddress(host, portOf(attributes[SEMCONV.SERVER_PORT], attributes[SEMCONV.NET_PEER_PORT]));
}

function socketAddress(attributes: Attributes): Identity | undefined {
  const host = textOf(
    attributes[SEMCONV.NETWORK_PEER_ADDRESS],
    attributes[SEMCONV.NET_SOCK_PEER_ADDR],
    attributes[SEMCONV.NET_PEER_IP],
  );
  return host === undefined
    ? undefined
    : formatAddress(host, portOf(attributes[SEMCONV.NETWORK_PEER_PORT], attributes[SEMCONV.NET_SOCK_PEER_PORT]));
}

/** Of whom no address of its own is said. */
function lastlyUrlAddress(attributes: Attributes): Identity | undefined {
  return socketAddress(attributes) === undefined ? urlAddress(attributes) : undefined;
}

function urlAddress(attributes: Attributes): Identity | undefined {
  return inUrl(attributes[SEMCONV.URL_FULL]) ?? inUrl(attributes[SEMCONV.HTTP_URL]);
}

function inUrl(value: AttributeValue | undefined): Identity | undefined {
  return typeof value === 'string' ? addressInUrl(value) : undefined;
}

/** Most ports are whole numbers, and need not become text to be looked up. */
function portOf(first: AttributeValue | undefined, second: AttributeValue | undefined): number | string | undefined {
  return typeof first === 'number' && Number.isInteger(first) ? first : textOf(first, second);
}

function namedSubject(attributes: Attributes): Identity | undefined {
  const text = textOf(attributes[PANORAMA.SUBJECT]);
  return text === undefined ? undefined : identityNamed(text, textOf(attributes[PANORAMA.SUBJECT_RESOLUTION]));
}
