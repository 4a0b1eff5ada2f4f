// SPDX-License-Identifier: Apache-2.0
/** The door `panorama-otel/baggage`: identities that travel with the request. */
export { allowedDestinations, type DestinationPolicy, PRIVATE_SUFFIXES } from './destinations.js';
export { type IdentityEntries, readIdentity, removeIdentity, writeIdentity } from './identity-entries.js';
export { PanoramaPropagator, type PanoramaPropagatorOptions } from './propagator.js';
