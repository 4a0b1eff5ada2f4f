// SPDX-License-Identifier: Apache-2.0
/** The door `panorama-otel/baggage`: what travels with a request and comes back with its response. */
export type { SerializeOptions } from './bag/bag-wire.js';
export { Baggage } from './bag/baggage.js';
export {
  type Bag,
  bag,
  type Combine,
  type Packable,
  type Packing,
  type Tuple,
  type TupleValue,
} from './bag/packing.js';
export { BLAME, type Blame } from './blame.js';
export { DEADLINE_ENTRY, DEADLINE_MS_MAX, remainingMs, withDeadline } from './deadline.js';
export { type IdentityEntries, readIdentity, removeIdentity, writeIdentity } from './identity-entries.js';
export {
  fork,
  isTruncated,
  pack,
  resumeFrom,
  resumeTogether,
  type Stored,
  storeWith,
  unpack,
  withBaggage,
} from './in-process.js';
export { type BaggageCounts, baggageCounts } from './scope.js';
export { allowedDestinations, type DestinationPolicy, PRIVATE_SUFFIXES } from './transport/destinations.js';
export { type GrpcInterceptors, type GrpcModule, grpcInterceptors } from './transport/grpc-interceptors.js';
export { injectMessage, joinReply, replyMessage, withMessage } from './transport/message.js';
export { PanoramaPropagator, type PanoramaPropagatorOptions } from './transport/propagator.js';
export { httpResponseHook, undiciResponseHook, withResponses } from './transport/response-hooks.js';
