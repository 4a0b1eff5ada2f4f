// SPDX-License-Identifier: Apache-2.0
/**
 * Room for so many connections of a server. Where it is full, whoever comes takes the place of one that says nothing: of those
 * that have never made a request, the oldest; if there is none, of those whose requests are answered, the one that has been
 * quiet for longest. Only where all of them wait for an answer, the new one is sent away. So silence and half a head keep
 * nobody out, and who has made a request keeps his place before strangers.
 */
import type { RequestListener } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

interface Place {
  readonly socket: Socket;
  /** Requests that wait for their answers. */
  unanswered: number;
}

export class ConnectionRoom {
  readonly #countMax: number;
  /** By their sockets: over TLS the one below. */
  readonly #places = new Map<Socket, Place>();
  /** By the other end's address, as long as it shakes hands. */
  readonly #shaking = new Map<string, Place>();
  /** The sockets that requests come on, over TLS. */
  readonly #secured = new WeakMap<Socket, Place>();
  /** Without a request so far, oldest first; and with all of theirs answered, the longest quiet first. */
  readonly #fresh = new Set<Place>();
  readonly #quiet = new Set<Place>();

  constructor(server: Server, countMax: number) {
    this.#countMax = countMax;
    server.on('connection', (socket: Socket) => this.#enter(socket));
    server.on('secureConnection', (socket: TLSSocket) => this.#secure(socket));
  }

  get count(): number {
    return this.#places.size;
  }

  /** A request has begun: its head is here. */
  begin(socket: Socket): void {
    const place = this.#placeOf(socket);
    if (!place) return;
    place.unanswered++;
    this.#fresh.delete(place);
    this.#quiet.delete(place);
  }

  /** A request is over. Once for each that has begun. */
  end(socket: Socket): void {
    const place = this.#placeOf(socket);
    if (place && --place.unanswered === 0 && this.#places.has(place.socket)) this.#quiet.add(place);
  }

  /** Requests of HTTP/1.1 keep the places of their connections until they are answered. */
  holding(serve: RequestListener): RequestListener {
    return (request, response) => {
      const { socket } = request;
      this.begin(socket);
      response.once('close', () => this.end(socket));
      serve(request, response);
    };
  }

  #enter(socket: Socket): void {
    if (this.#places.size >= this.#countMax && !this.#makeRoom()) {
      socket.destroy();
      return;
    }
    const place: Place = { socket, unanswered: 0 };
    const address = addressOf(socket);
    this.#places.set(socket, place);
    this.#shaking.set(address, place);
    this.#fresh.add(place);
    socket.once('close', () => {
      this.#leave(place);
      if (this.#shaking.get(address) === place) this.#shaking.delete(address);
    });
  }

  #secure(socket: TLSSocket): void {
    const place = this.#shaking.get(addressOf(socket));
    if (place) this.#secured.set(socket, place);
  }

  #makeRoom(): boolean {
    for (const silent of [this.#fresh, this.#quiet]) {
      for (const place of silent) {
        this.#leave(place);
        place.socket.destroy();
        return true;
      }
    }
    return false;
  }

  #leave(place: Place): void {
    this.#places.delete(place.socket);
    this.#fresh.delete(place);
    this.#quiet.delete(place);
  }

  #placeOf(socket: Socket): Place | undefined {
    return this.#places.get(socket) ?? this.#secured.get(socket);
  }
}

/** One at a time has it. */
function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
