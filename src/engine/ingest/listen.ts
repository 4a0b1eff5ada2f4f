// SPDX-License-Identifier: Apache-2.0
/**
 * Binding a socket, with an error that says what to do. Both receivers listen through here, so that an address in use
 * reads the same for either, and never leaves a receiver bound to only one of the addresses that a name has.
 */
import type { AddressInfo, Server } from 'node:net';
import { PanoramaError } from '../../model/errors.js';

/**
 * Listens and returns the real port.
 *
 * @param flag the command-line option that chooses the address, for the message
 * @throws PanoramaError PANO_ADDRESS_IN_USE, or PANO_LISTEN_FAILED for anything else (no such host, no permission)
 */
export function listen(server: Server, host: string, port: number, flag: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port, flag));
    server.once('error', fail);
    try {
      server.listen({ host, port }, () => {
        server.off('error', fail);
        resolve((server.address() as AddressInfo).port);
      });
    } catch (error) {
      // Node throws, where it could emit, for a port that is none.
      fail(error as NodeJS.ErrnoException);
    }
  });
}

/** A socket's other end as `address:port`. */
export function peerOf(address: string | undefined, port: number | undefined): string {
  return address === undefined ? 'unknown' : `${formatHost(address)}:${port ?? 0}`;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number, flag: string): PanoramaError {
  const address = `${formatHost(host)}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return new PanoramaError(
      'PANO_ADDRESS_IN_USE',
      `another process listens on ${address} already; stop it, or choose another address with ${flag} HOST:PORT`,
      error,
    );
  }
  return new PanoramaError(
    'PANO_LISTEN_FAILED',
    `cannot listen on ${address} (${error.code ?? error.message}); choose an address of this machine and a port that this user may open with ${flag} HOST:PORT`,
    error,
  );
}

function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
