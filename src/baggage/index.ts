// SPDX-License-Identifier: Apache-2.0
/** The door `panorama-otel/baggage`: what travels with a request and comes back with its response. */
export type { SerializeOptions } from './bag-wire.js';
export { Baggage } from './baggage.js';
export { BLAME, type Blame } from './blame.js';
export { DEADLINE_ENTRY, DEADLINE_MS_MAX, remainingMs, withDeadline } from './deadline.js';
export { allowedDestinations, type DestinationPolicy, PRIVATE_SUFFIXES } from './destinations.js';
export { type GrpcInterceptors, type GrpcModule, grpcInterceptors } from './grpc-interceptors.js';
export { type IdentityEntries, readIdentity, removeIdentity, writeIdentity } from './identity-entries.js';
export { fork, pack, resumeFrom, type Stored, storeWith, unpack, withBaggage } from './in-process.js';
export { injectMessage, joinReply, type MessageHeaders, replyMessage, withMessage } from './message.js';
export { type Bag, bag, type Combine, type Packing, type Tuple, type TupleValue } from './packing.js';
export { PanoramaPropagator, type PanoramaPropagatorOptions } from './propagator.js';
export { httpResponseHook, undiciResponseHook, withResponses } from './response-hooks.js';
export { type BaggageCounts, baggageCounts } from './scope.js';
