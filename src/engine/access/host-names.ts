// SPDX-License-Identifier: Apache-2.0
/**
 * Whom a request thinks it speaks to. A web page cannot read another site's answers, but the owner of a name can have it
 * point to 127.0.0.1 after the page was loaded, and then the page's own site is whatever listens there (DNS rebinding).
 * Only names can be pointed elsewhere, so a request to an address, or to `localhost`, is what it seems to be.
 */
import { isIP } from 'node:net';

/** Whether a host can be reached from this machine alone. Of names only `localhost`: others may point anywhere. */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (isIP(bare) === 4) return bare.startsWith('127.');
  return bare === '::1' || bare === 'localhost';
}

/**
 * Whether a `Host` header names what listens on loopback: an address, `localhost` or a name below it, or the host that
 * it was told to listen on. A request without one comes from no browser.
 */
export function isOwnHost(header: string | undefined, listening: string): boolean {
  if (header === undefined) return true;
  const host = /^(?:\[([^\]]+)\]|([^:]+))(?::\d*)?$/.exec(header.trim().toLowerCase());
  const name = host?.[1] ?? host?.[2];
  if (name === undefined) return false;
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || name === listening.toLowerCase();
}
