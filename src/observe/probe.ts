// SPDX-License-Identifier: Apache-2.0
/**
 * Which calls are health checks. A gray failure is by definition one that health checks do not see, so their word is
 * kept apart from the callers': it is the system's own view, and never outvotes a caller.
 */
import { type Attributes, SEMCONV, textOf } from '../model/attributes.js';

/** The service of the gRPC health-checking protocol. */
export const HEALTH_RPC_SERVICE = 'grpc.health.v1.Health';

/**
 * Paths that orchestrators and load balancers probe by convention (Kubernetes, Spring, Prometheus, Rails). Anchored at
 * the root: `/orders/status` is somebody's business, `/healthz` is not.
 */
export const HEALTH_PATH: RegExp =
  /^\/(?:api\/|actuator\/|_|-\/)?(?:health|healthz|healthy|healthcheck|health-check|livez?|liveness|alive|readyz?|readiness|ping|up)(?:\/(?:live|liveness|ready|readiness))?\/?$/i;

/** Whether a span is a health check, by its gRPC service or its URL path. */
export function isProbe(attributes: Attributes): boolean {
  const method = textOf(attributes, SEMCONV.RPC_METHOD);
  if (method !== undefined) {
    const service = textOf(attributes, SEMCONV.RPC_SERVICE) ?? method;
    return service.startsWith(HEALTH_RPC_SERVICE);
  }
  const path = pathOf(attributes);
  return path !== undefined && HEALTH_PATH.test(path);
}

function pathOf(attributes: Attributes): string | undefined {
  const template = textOf(attributes, SEMCONV.URL_TEMPLATE, SEMCONV.HTTP_ROUTE, SEMCONV.URL_PATH);
  if (template !== undefined) return template;
  const target = textOf(attributes, SEMCONV.HTTP_TARGET, SEMCONV.URL_FULL, SEMCONV.HTTP_URL);
  return target?.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/s, '');
}
