// SPDX-License-Identifier: Apache-2.0
/** The door `panorama-otel`: what a service needs to become an observer. */
export { PanoramaPropagator, type PanoramaPropagatorOptions } from './baggage/transport/propagator.js';
export { withResponses } from './baggage/transport/response-hooks.js';
export type { AnnouncedWork, Pending, Report, Work } from './processor/announced-work.js';
export { observer } from './processor/host-observer.js';
export type { PanoramaSpanProcessorOptions } from './processor/options.js';
export { PanoramaSpanProcessor } from './processor/panorama-span-processor.js';
export { DEFAULT_ENGINE_URL, type Panorama, type StartPanoramaOptions, startPanorama } from './start-panorama.js';
