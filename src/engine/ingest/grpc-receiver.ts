// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP over gRPC, on `node:http2` itself. What a receiver needs of gRPC is small (one message in, one out), and the
 * library for it takes the message apart again and again: this one takes a bit more than half of its CPU time a byte, knows
 * zstd, and can refuse a message before it is unpacked.
 *
 * The listening socket is ours and connections are handed to HTTP/2, so that the number of connections is bounded and the
 * streams may as well come out of TLS.
 *
 * Source: OTLP 1.x, "OTLP/gRPC"; gRPC over HTTP/2.
 */
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { Socket, Server as SocketServer } from 'node:net';
import { type Clock, systemClock, type Timer } from '../../model/clock.js';
import { ConnectionRoom } from '../access/connection-room.js';
import { type Door, openDoor } from '../access/door.js';
import { BodyBuffers } from './body-buffers.js';
import { GrpcCall } from './grpc-call.js';
import { listen, peerOf } from './listen.js';
import {
  CLOSE_GRACE_MS,
  CONNECTION_COUNT_MAX,
  HEADERS_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
  type Receiver,
  type ReceiverOptions,
  stopping,
} from './receiver.js';

/**
 * Limits of a connection. A window of a stream holds a large batch, so that its sender need not wait for an
 * acknowledgement in its midst: with HTTP/2's own 64 KiB a byte takes half as much CPU time again. Frames may be as large as
 * what Node reads of a socket at once. Nobody needs large headers. Resets have a limit in `nghttp2` itself: a thousand, and
 * 33 a second from then on.
 */
const HTTP2_OPTIONS = {
  settings: {
    initialWindowSize: 1024 * 1024,
    maxFrameSize: 64 * 1024,
    // An exporter has a handful of requests at once, a Collector a few dozen.
    maxConcurrentStreams: 100,
    maxHeaderListSize: 8 * 1024,
  },
  maxHeaderListPairs: 64,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxOutstandingPings: 10,
} as const;

/** The window of a whole connection: four large batches under way. */
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;

/** A connection without a call is closed after this: exporters send once a minute or more often. In ms. */
const IDLE_TIMEOUT_MS = 5 * 60_000;

/** How often idle connections are looked for: in ms, well below both timeouts. */
const SWEEP_MS = 1000;

/**
 * Starts the receiver.
 *
 * @throws PanoramaError PANO_ADDRESS_IN_USE or PANO_LISTEN_FAILED
 */
export async function startGrpcReceiver(options: ReceiverOptions): Promise<Receiver> {
  const receiver = new GrpcReceiver(options);
  const port = await receiver.listen();
  return { host: options.host, port, close: () => receiver.close() };
}

/** A connection, and how many calls it has. */
interface Connection {
  readonly session: ServerHttp2Session;
  callCount: number;
  /** Since when it has had no call, on the monotonic clock. */
  idleSinceMs: number;
  /** Whether the other end has said that it speaks HTTP/2. */
  hasSpoken: boolean;
}

class GrpcReceiver {
  readonly #options: ReceiverOptions;
  readonly #clock: Clock;
  readonly #http2 = createServer(HTTP2_OPTIONS);
  readonly #door: Door;
  readonly #sockets: SocketServer;
  readonly #room: ConnectionRoom;
  readonly #connections = new Map<ServerHttp2Session, Connection>();
  readonly #calls = new Set<GrpcCall>();
  readonly #buffers = new BodyBuffers();
  /** Whose session is made now: a session does not show the socket itself. */
  #arriving: Socket | undefined;
  #isStopping = false;
  #sweep: Timer | undefined;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#door = options.door ?? openDoor('ingest');
    this.#sockets = this.#door.http2SocketServer();
    // Listens first: no session is made for whom there is no room.
    this.#room = new ConnectionRoom(this.#sockets, options.connectionCountMax ?? CONNECTION_COUNT_MAX);
    this.#door.handOut(this.#sockets, (socket) => {
      socket.on('error', () => {});
      this.#arriving = socket;
      this.#http2.emit('connection', socket);
    });
    this.#http2.on('session', (session) => this.#open(session));
    this.#http2.on('sessionError', () => {});
  }

  async listen(): Promise<number> {
    const port = await listen(this.#sockets, this.#options.host, this.#options.port, '--otlp-grpc');
    this.#sweepLater();
    return port;
  }

  /** Connections are told to go away, calls in flight finish; what is left after the grace is told and cut off. */
  close(): Promise<void> {
    this.#isStopping = true;
    this.#sweep?.cancel();
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(CLOSE_GRACE_MS, () => {
        for (const call of [...this.#calls]) call.refuse(stopping());
        // After what was written for them has gone out.
        setImmediate(() => {
          for (const session of this.#connections.keys()) session.destroy();
          this.#door.cutOff();
        });
      });
      this.#sockets.close(() => {
        timer.cancel();
        resolve();
      });
      for (const session of this.#connections.keys()) session.close();
    });
  }

  #open(session: ServerHttp2Session): void {
    const connection = { session, callCount: 0, idleSinceMs: this.#clock.monotonicMs(), hasSpoken: false };
    this.#connections.set(session, connection);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    const { socket } = session;
    const held = this.#arriving as Socket;
    const peer = (): string => peerOf(socket.remoteAddress, socket.remotePort);
    const host = {
      options: this.#options,
      clock: this.#clock,
      buffers: this.#buffers,
      requestTimeoutMs: this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      isStopping: () => this.#isStopping,
      onOver: (call: GrpcCall) => {
        this.#calls.delete(call);
        connection.callCount--;
        connection.idleSinceMs = this.#clock.monotonicMs();
        this.#room.end(held);
      },
    };
    session.once('remoteSettings', () => {
      connection.hasSpoken = true;
    });
    session.on('error', () => {});
    session.on('close', () => this.#connections.delete(session));
    session.on('stream', (stream, headers) => {
      const call = new GrpcCall(host, stream, peer);
      this.#calls.add(call);
      connection.callCount++;
      this.#room.begin(held);
      call.start(headers);
    });
    if (this.#isStopping) session.close();
  }

  #sweepLater(): void {
    this.#sweep = this.#clock.setTimer(SWEEP_MS, () => {
      this.#sweepLater();
      const nowMs = this.#clock.monotonicMs();
      const headersTimeoutMs = this.#options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
      for (const { session, callCount, idleSinceMs, hasSpoken } of this.#connections.values()) {
        const idleMs = nowMs - idleSinceMs;
        if (!hasSpoken && idleMs >= headersTimeoutMs) session.destroy();
        else if (callCount === 0 && idleMs >= IDLE_TIMEOUT_MS) session.close();
      }
    });
  }
}
