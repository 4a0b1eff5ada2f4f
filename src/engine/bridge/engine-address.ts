// SPDX-License-Identifier: Apache-2.0
/**
 * How an engine is known to those whom the bridge tells: as a resource of OpenTelemetry, and by the address of its API.
 *
 * Source: OpenTelemetry semantic conventions, "Service": `service.instance.id` is unique for each instance of a service, and better
 * stays the same when one is started again.
 */
import { hostname } from 'node:os';
import { detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources';

/** Where the API listens. */
export interface ApiAddress {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
}

/** Two engines on one host have two ports. What `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` say wins. */
export function engineResource({ port }: ApiAddress): Resource {
  const ours = { 'service.name': 'panorama-engine', 'service.instance.id': `${hostname()}:${port}` };
  return resourceFromAttributes(ours).merge(detectResources({ detectors: [envDetector] }));
}

/** Where a reader of an alert finds the API: an engine that listens on every address is found by its host's name. */
export function engineUrl({ scheme, host, port }: ApiAddress): string {
  const isEvery = host === '0.0.0.0' || host === '::';
  const name = isEvery ? hostname() : host;
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
