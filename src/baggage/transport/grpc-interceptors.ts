// SPDX-License-Identifier: Apache-2.0
/**
 * The way back for `@grpc/grpc-js`, whose instrumentation has no response hook: gRPC's own interceptors. The answer is in
 * the trailing metadata, because an error has no other. Give them to your servers and clients:
 *
 * ```ts
 * import * as grpc from '@grpc/grpc-js'; // not its default export, which the instrumentation of an ES module misses
 * const { client, server } = grpcInterceptors(grpc);
 * new grpc.Server({ interceptors: [server] }); // behind others of yours: one that copies the metadata would hide it
 * new DataNodeClient(address, credentials, { interceptors: [client] });
 * ```
 */
import type * as grpcJs from '@grpc/grpc-js';
import { context, type ProxyTracerProvider, type Span, SpanKind, trace } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { complain } from '../../complaint.js';
import { BAG_ANSWER_BYTES_MAX } from '../../model/limits.js';
import { type BaggageScope, contained } from '../scope.js';
import { isNoted, joinAnswers } from './calls.js';
import { onExtract } from './carriers.js';
import { ANSWER_HEADER, textOfBag } from './header-text.js';
import { withdrawFrom } from './leftovers.js';

/** What is used of the grpc-js module. It is handed in, so that nobody loads it for our sake. */
export type GrpcModule = Pick<typeof grpcJs, 'InterceptingCall' | 'ServerInterceptingCall' | 'Metadata'>;

/** What to hand to a client's and a server's `interceptors` option. */
export interface GrpcInterceptors {
  readonly client: grpcJs.Interceptor;
  readonly server: grpcJs.ServerInterceptor;
}

/** How a call ends, as a server interceptor sees it. */
type EndStatus = Parameters<grpcJs.ServerInterceptingCall['sendStatus']>[0];

/** The interceptors of both sides, for the grpc-js module in use. */
export function grpcInterceptors(grpc: GrpcModule): GrpcInterceptors {
  return {
    client: (options, nextCall) => {
      // Here the active span is the call's own; in the listener it may be another call's.
      const span = trace.getSpan(context.active());
      if (!isTracingSuppressed(context.active())) checkSpan(span);
      return new grpc.InterceptingCall(nextCall(options), {
        start: (metadata, _listener, next) => {
          // An interceptor before this one may have merged what came with a request of somebody else's.
          if (!span || !isNoted(span)) contained(undefined, () => withdrawFrom(metadata));
          next(metadata, {
            onReceiveStatus: (status, nextStatus) => {
              contained(undefined, () => {
                if (span) joinAnswers(span, status.metadata.get(ANSWER_HEADER));
                // It was for us; whoever passes the status on must not pass it on.
                status.metadata.remove(ANSWER_HEADER);
              });
              nextStatus(status);
            },
          });
        },
      });
    },
    server: (_method, call) => {
      let scope: BaggageScope | undefined;
      let peer: string | undefined;
      return new grpc.ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata: (metadata, nextMetadata) => {
              // The instrumentation extracts from this very object, once the handler is called.
              onExtract(metadata, (extracted) => {
                scope = extracted;
              });
              peer = contained(undefined, () => hostOf(call.getPeer()));
              nextMetadata(metadata);
            },
          }),
        sendStatus: (status, next) => {
          next(contained(status, () => withAnswer(grpc, status, scope?.answersTo(peer) ? scope : undefined)));
        },
      });
    },
  };
}

let complained = false;

/**
 * Without its instrumentation a call carries nothing, and nobody would see why. One that is not recorded is well, and where no SDK is
 * registered nobody expects spans, as in a script that uses a service's client.
 */
function checkSpan(span: Span | undefined): void {
  if (complained || !isTraced()) return;
  const kind = (span as { readonly kind?: SpanKind } | undefined)?.kind;
  if (span && (!span.isRecording() || kind === SpanKind.CLIENT)) return;
  complained = true;
  complain(
    'a gRPC call has no client span, so it carries no baggage; load @opentelemetry/instrumentation-grpc before ' +
      '@grpc/grpc-js and, in an ES module, import that with `import * as grpc`',
  );
}

function isTraced(): boolean {
  const provider = trace.getTracerProvider() as Partial<ProxyTracerProvider>;
  return provider.getDelegateTracer?.('panorama-otel') !== undefined;
}

/** Metadata that an answer of ours was put into, so that an interceptor of ours that stands before it leaves it there. */
const answered = new WeakSet<grpcJs.Metadata>();

/**
 * The status with the answer in its metadata, and with no other: a gateway hands on the metadata that it was answered with.
 * The user's metadata may be shared between calls, so it is copied.
 */
function withAnswer(grpc: GrpcModule, status: EndStatus, scope: BaggageScope | undefined): EndStatus {
  const bytes = scope?.answer(BAG_ANSWER_BYTES_MAX);
  const given = status.metadata;
  if (!bytes && (!given || answered.has(given) || given.get(ANSWER_HEADER).length === 0)) return status;
  const metadata = given?.clone() ?? new grpc.Metadata();
  if (bytes) {
    metadata.set(ANSWER_HEADER, textOfBag(bytes));
    answered.add(metadata);
  } else metadata.remove(ANSWER_HEADER);
  return { ...status, metadata };
}

/** `10.0.0.7:41234` and `[::1]:41234` without the port; a unix socket has no host. */
function hostOf(peer: string): string | undefined {
  return /^\[?(.+?)\]?:\d+$/.exec(peer)?.[1];
}
