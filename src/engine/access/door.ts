// SPDX-License-Identifier: Apache-2.0
/**
 * A door: what stands between a socket and a server, the same for OTLP over gRPC, over HTTP and the API. It makes the
 * server that listens, with TLS or without, and lets a request in or not by its headers, before a byte of its body is read.
 */
import { createServer as createHttpServer, type Server as HttpServer, type ServerOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createSocketServer, type Socket, type Server as SocketServer } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { PanoramaError } from '../../model/errors.js';
import { isLoopback, isOwnHost } from './host-names.js';
import type { TlsKeeper } from './tls-material.js';
import type { Scope, TokenTable } from './token-table.js';

/** What `WWW-Authenticate` says with a 401 (RFC 6750). */
export const CHALLENGE = 'Bearer realm="panorama"';

/** What a door asks of a request. */
export interface RequestHeaders {
  readonly authorization?: string | undefined;
  readonly host?: string | undefined;
}

export interface DoorParts {
  /** What a token must allow. */
  readonly scope: Scope;
  /** The host that is listened on. */
  readonly host: string;
  readonly tls?: TlsKeeper | undefined;
  /** The tokens that are valid now; `undefined` where nobody needs one. */
  readonly tokens?: (() => TokenTable) | undefined;
}

export class Door {
  readonly #parts: DoorParts;
  /** Whether a web page could speak to it through a name of its own: whoever needs a certificate or a token has none. */
  readonly #checksHost: boolean;
  readonly #sockets = new Set<Socket>();

  constructor(parts: DoorParts) {
    this.#parts = parts;
    this.#checksHost = isLoopback(parts.host) && parts.tls === undefined && parts.tokens === undefined;
  }

  /** `http` or `https`. */
  get scheme(): 'http' | 'https' {
    return this.#parts.tls === undefined ? 'http' : 'https';
  }

  /** A server of HTTP/1.1. */
  httpServer(options: ServerOptions): HttpServer {
    const { tls } = this.#parts;
    if (tls === undefined) return this.#followed(createHttpServer(options));
    const server = createHttpsServer({ ...options, ...tls.optionsFor(['http/1.1']) });
    tls.serve(server);
    return this.#followed(server) as unknown as HttpServer;
  }

  /** A server of sockets on which HTTP/2 is spoken. `handOut` says to whom they go. */
  http2SocketServer(): SocketServer {
    const { tls } = this.#parts;
    if (tls === undefined) return this.#followed(createSocketServer({ noDelay: true }));
    const server = createTlsServer({ ...tls.optionsFor(['h2']), noDelay: true });
    tls.serve(server);
    return this.#followed(server);
  }

  /**
   * Hands out the sockets of such a server, after whoever listens already has seen them and may have turned them away: over TLS
   * so is whoever does not speak HTTP/2.
   */
  handOut(server: SocketServer, onSocket: (socket: Socket) => void): void {
    server.on(this.#parts.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket | TLSSocket) => {
      if ('alpnProtocol' in socket && socket.alpnProtocol !== 'h2') socket.destroy();
      if (!socket.destroyed) onSocket(socket);
    });
  }

  /** Ends every connection, those too that have not shaken hands and that no server of HTTP knows of yet. */
  cutOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #followed<S extends SocketServer>(server: S): S {
    return server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /**
   * Lets a request in.
   *
   * @throws PanoramaError PANO_HOST_REFUSED, PANO_UNAUTHENTICATED for no token or one that nobody gave out,
   *   PANO_FORBIDDEN for one that does not allow this
   */
  admit({ authorization, host }: RequestHeaders): void {
    const { scope, tokens } = this.#parts;
    if (this.#checksHost && !isOwnHost(host, this.#parts.host)) {
      throw new PanoramaError(
        'PANO_HOST_REFUSED',
        'the request is for a name that is not this engine’s; ask 127.0.0.1 or localhost, or give the engine tokens',
      );
    }
    if (tokens === undefined) return;
    const token = bearerIn(authorization);
    if (token === undefined) {
      throw new PanoramaError(
        'PANO_UNAUTHENTICATED',
        'no token came with the request; send Authorization: Bearer TOKEN',
      );
    }
    const scopes = tokens().scopesOf(token);
    if (scopes === undefined) {
      throw new PanoramaError(
        'PANO_UNAUTHENTICATED',
        'the token is not valid here; send one of the engine’s tokens file',
      );
    }
    if (!scopes.has(scope)) {
      throw new PanoramaError('PANO_FORBIDDEN', `the token does not have the scope ${scope}; send one that has`);
    }
  }
}

/** No TLS, no tokens, on loopback: what an engine has unless told otherwise. */
export function openDoor(scope: Scope): Door {
  return new Door({ scope, host: '127.0.0.1' });
}

/** The token of an `Authorization` header; the scheme is written in any case (RFC 9110, 11.1). */
function bearerIn(authorization: string | undefined): string | undefined {
  return /^bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1];
}
