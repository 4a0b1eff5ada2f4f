// SPDX-License-Identifier: Apache-2.0
/**
 * The address in a URL, for callers that write it nowhere else: by HTTP's old conventions, which most SDKs still have by default,
 * `http.url` is all that a call may say of whom it called. Only what stands before the path is looked at, and the user's name and
 * password in it are passed over: neither gets into an identity.
 */
import { formatAddress, type Identity } from '../model/identity.js';
import { URL_HEAD_LENGTH_MAX } from '../model/limits.js';

/** A DNS name has 253 at the most. */
const HOST_LENGTH_MAX = 255;
const PORT_MAX = 65_535;

/** Where the URL has none. Instrumentations that say a port say these too. */
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
  ['ws', 80],
  ['wss', 443],
]);

/** Scheme, then whatever is no path, query or fragment: a user up to the last `@`, and the rest. */
const HEAD = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#]*@)?([^/?#@]*)/i;

/** A version 6 address in brackets or a name, and a port. */
const SERVER = /^(\[[0-9a-f:.%a-z_-]+\]|[^\s\\:[\]]+)(?::(\d{0,5}))?$/i;

/** The address of the server that a URL names; `undefined` where it names none. Costs no more for a longer URL. */
export function addressInUrl(url: string): Identity | undefined {
  const isLong = url.length > URL_HEAD_LENGTH_MAX;
  const [head, scheme = '', server = ''] = HEAD.exec(isLong ? url.slice(0, URL_HEAD_LENGTH_MAX + 1) : url) ?? [];
  // What goes on behind the cut may belong to the host.
  if (head === undefined || head.length > URL_HEAD_LENGTH_MAX) return undefined;
  const [, host, port] = SERVER.exec(server) ?? [];
  if (host === undefined || host.length > HOST_LENGTH_MAX) return undefined;
  if (!port) return formatAddress(host, DEFAULT_PORTS.get(scheme.toLowerCase()));
  const number = Number(port);
  return number > 0 && number <= PORT_MAX ? formatAddress(host, number) : undefined;
}
