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

/** No path that the pattern fits is longer. */
const HEALTH_PATH_LENGTH_MAX = 40;

/** Whether a span is a health check, by its gRPC service or its URL path. */
export function isProbe(attributes: Attributes): boolean {
  const method = textOf(attributes[SEMCONV.RPC_METHOD]);
  if (method !== undefined) {
    const service = textOf(attributes[SEMCONV.RPC_SERVICE]) ?? method;
    return service.startsWith(HEALTH_RPC_SERVICE);
  }
  const template = textOf(
    attributes[SEMCONV.URL_TEMPLATE],
    attributes[SEMCONV.HTTP_ROUTE],
    attributes[SEMCONV.URL_PATH],
  );
  if (template !== undefined) return isHealthPath(template, 0);
  const target = textOf(attributes[SEMCONV.HTTP_TARGET], attributes[SEMCONV.URL_FULL], attributes[SEMCONV.HTTP_URL]);
  return target !== undefined && isHealthPath(target, pathStart(target));
}

/** Where the path of a URL begins: behind `scheme://authority`, or at once. */
function pathStart(target: string): number {
  const scheme = target.charCodeAt(0) === SLASH ? -1 : target.indexOf('://');
  if (scheme < 0) return 0;
  const slash = target.indexOf('/', scheme + 3);
  return slash < 0 ? target.length : slash;
}

/** Looked at for every call of the host, and hardly ever one: so its length is asked before the pattern. */
function isHealthPath(target: string, start: number): boolean {
  const end = endOfPath(target, start);
  return end - start <= HEALTH_PATH_LENGTH_MAX && HEALTH_PATH.test(target.slice(start, end));
}

function endOfPath(target: string, start: number): number {
  const last = Math.min(target.length, start + HEALTH_PATH_LENGTH_MAX + 1);
  for (let at = start; at < last; at++) {
    const code = target.charCodeAt(at);
    if (code === QUESTION_MARK || code === HASH) return at;
  }
  return last;
}

const [SLASH, QUESTION_MARK, HASH] = [0x2f, 0x3f, 0x23];
