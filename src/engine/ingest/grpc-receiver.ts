// SPDX-License-Identifier: Apache-2.0
/**
 * OTLP over gRPC. The gRPC library frames and unzips; the message stays bytes until our own decoder reads it, so there
 * is no generated code and no second object tree.
 *
 * The listening socket is ours and connections are handed to the library. Its own binding splits a host name into
 * addresses and is content when one of them could be bound, reports an address in use only as text, and prints it.
 *
 * Source: OTLP 1.x, "OTLP/gRPC".
 */
import { createServer as createSocketServer, type Socket, type Server as SocketServer } from 'node:net';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { type Clock, systemClock } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';
import { encodeExportResponse, grpcStatus } from './export-response.js';
import { CLOSE_GRACE_MS, REQUEST_TIMEOUT_MS, type Receiver, type ReceiverOptions, report } from './export-sink.js';
import { admitCalls, type HandedTickets } from './grpc-admission.js';
import { listen } from './listen.js';

export interface GrpcReceiverOptions extends ReceiverOptions {
  /** How long a whole request may take to arrive, in ms. Default `REQUEST_TIMEOUT_MS`. */
  readonly requestTimeoutMs?: number | undefined;
  /** Default: the real one. */
  readonly clock?: Clock | undefined;
}

/** The one method of the service. */
export const EXPORT_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Requests at once on one connection: an exporter has a handful, a Collector a few dozen. */
const STREAMS_PER_CONNECTION_MAX = 100;

/** A silent connection is asked whether it lives, so that senders that vanished do not hold memory for ever. */
const KEEP_ALIVE_MS = 60_000;

const bytesAsTheyAre = (bytes: Buffer): Buffer => bytes;

const TRACE_SERVICE: ServiceDefinition = {
  Export: {
    path: EXPORT_PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytesAsTheyAre,
    requestDeserialize: bytesAsTheyAre,
    responseSerialize: bytesAsTheyAre,
    responseDeserialize: bytesAsTheyAre,
  },
};

/**
 * Starts the receiver. Connections are plaintext.
 *
 * @throws PanoramaError PANO_ADDRESS_IN_USE or PANO_LISTEN_FAILED
 */
export async function startGrpcReceiver(options: GrpcReceiverOptions): Promise<Receiver> {
  const clock = options.clock ?? systemClock;
  const tickets: HandedTickets = new WeakMap();
  const server = new Server({
    'grpc.max_receive_message_length': options.bodyBytesMax,
    'grpc.max_concurrent_streams': STREAMS_PER_CONNECTION_MAX,
    'grpc.keepalive_time_ms': KEEP_ALIVE_MS,
    // A second engine must fail to start, not share the port and half of the spans. The library has no such sharing
    // today, and this says that it stays off.
    'grpc.so_reuseport': 0,
    'grpc.enable_channelz': 0,
    interceptors: [admitCalls(options, tickets, clock, options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS)],
  });
  server.addService(TRACE_SERVICE, {
    Export: async (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
      const ticket = tickets.get(call.request);
      tickets.delete(call.request);
      try {
        const result = await options.sink.take({ signal: 'traces', encoding: 'protobuf', body: call.request });
        answer(null, encodeExportResponse(result, 'protobuf'));
      } catch (thrown) {
        const error = PanoramaError.from(thrown);
        report(options, error, call.getPeer());
        answer(grpcStatus(error));
      } finally {
        ticket?.release();
      }
    },
  });
  const connections = new Set<Socket>();
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const socketServer = createSocketServer({ noDelay: true }, (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    injector.injectConnection(socket);
  });
  const port = await listen(socketServer, options.host, options.port, '--otlp-grpc');
  return { host: options.host, port, close: () => close(server, socketServer, connections, clock) };
}

/** Connections are told to go away, calls in flight finish; what is left after the grace is cut off. */
function close(server: Server, socketServer: SocketServer, connections: Set<Socket>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(CLOSE_GRACE_MS, () => {
      server.forceShutdown();
      for (const socket of connections) socket.destroy();
    });
    socketServer.close(() => {
      timer.cancel();
      resolve();
    });
    server.tryShutdown(() => {});
  });
}
