// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's side of TLS: its certificate and key, and the authority whose clients it believes. Servers take it when they
 * are made and again when the files change; connections that exist keep what they began with.
 *
 * Ciphers are those of Mozilla's "intermediate" list: forward secrecy and authenticated encryption only, which is also
 * what HTTP/2 asks for (RFC 9113, 9.2.2).
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type TlsOptions, type Server as TlsServer } from 'node:tls';
import { PanoramaError } from '../../model/errors.js';

/** Who has not shaken hands by then is cut off, in ms; Node's own 120 s would let silent connections pile up. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** What the files hold, found to fit together. */
export interface TlsMaterial {
  readonly context: SecureContextOptions;
  /** Until when the certificate is valid, in epoch ms. */
  readonly validToMs: number;
  /** Of the certificate, for a log that tells which one is in force. */
  readonly fingerprint: string;
}

/**
 * @param clientCa authorities of clients; `undefined` where clients need no certificate
 * @throws PanoramaError PANO_ACCESS_FILE where a file is no PEM, or the key is not the certificate's
 */
export function readTlsMaterial(cert: Buffer, key: Buffer, clientCa: Buffer | undefined): TlsMaterial {
  const context: SecureContextOptions = {
    ...{ cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS, honorCipherOrder: true },
    ...(clientCa === undefined ? {} : { ca: authoritiesIn(clientCa) }),
  };
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
    createSecureContext(context);
  } catch (error) {
    throw new PanoramaError(
      'PANO_ACCESS_FILE',
      `tlsCert, tlsKey: the certificate and key cannot be used (${(error as Error).message}); give a PEM certificate, its chain after it, and its own key without a passphrase`,
      error,
    );
  }
  return { context, validToMs: Date.parse(certificate.validTo), fingerprint: certificate.fingerprint256 };
}

/** One by one, because an authority file that holds none would let no client in, or with an empty list any. */
function authoritiesIn(pem: Buffer): string[] {
  const authorities = pem.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const each of authorities) new X509Certificate(each);
    if (authorities.length > 0) return authorities;
  } catch (error) {
    throw clientCaFault((error as Error).message);
  }
  throw clientCaFault('it has none');
}

function clientCaFault(why: string): PanoramaError {
  return new PanoramaError(
    'PANO_ACCESS_FILE',
    `tlsClientCa: no PEM certificates can be read from it (${why}); give the certificate of the authority that signs your clients'`,
  );
}

/** The material in force, and the servers that follow it. */
export class TlsKeeper {
  readonly #requestsCert: boolean;
  readonly #servers = new Set<TlsServer>();
  #material: TlsMaterial;

  constructor(material: TlsMaterial) {
    this.#material = material;
    this.#requestsCert = material.context.ca !== undefined;
  }

  /** What a server is made with. @param protocols for ALPN, the one liked best first */
  optionsFor(protocols: readonly string[]): TlsOptions {
    return {
      ...this.#material.context,
      ALPNProtocols: [...protocols],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      requestCert: this.#requestsCert,
      rejectUnauthorized: this.#requestsCert,
    };
  }

  /** Lets a server follow what changes from now on, for as long as it is open. */
  serve(server: TlsServer): void {
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    // A bare TLS server only tells of a handshake that takes too long; the connection is ours to end.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    // A handshake costs the server more than the client, who could ask for one after another on one connection.
    server.on('secureConnection', (socket) => socket.disableRenegotiation());
  }

  change(material: TlsMaterial): void {
    this.#material = material;
    for (const server of this.#servers) server.setSecureContext(material.context);
  }
}
