// SPDX-License-Identifier: Apache-2.0
/**
 * Whose spans the load is made of: twenty services, each on every node with one instance, each calling two others and a
 * database of its own. An instance calls all instances of the services it calls, in turn, so the views of a world are the
 * square of its nodes.
 */

export interface Service {
  readonly name: string;
  /** What its callers ask of it: HTTP by its route, gRPC by its method. */
  readonly protocol: 'http' | 'grpc';
  readonly route: string;
  readonly table: string;
  /** Whom it calls, by their places in `SERVICES`. */
  readonly calls: readonly [first: number, second: number];
}

const NAMES = [
  ...['frontend', 'catalog', 'cart', 'checkout', 'payment', 'shipping', 'pricing', 'currency', 'inventory', 'orders'],
  ...['accounts', 'sessions', 'search', 'reviews', 'media', 'promotions', 'loyalty', 'invoices', 'messages', 'fraud'],
] as const;

/** How far on the services are that a service calls. One of the two is odd: each service calls both protocols. */
const CALL_STEPS = [1, 8] as const;

export const SERVICES: readonly Service[] = NAMES.map((name, place) => ({
  name,
  protocol: place % 2 === 0 ? 'http' : 'grpc',
  route: place % 2 === 0 ? `/api/v1/${name}/{id}` : `shop.${name}.v1.${name}Service/Get`,
  table: `${name}_items`,
  calls: [(place + CALL_STEPS[0]) % NAMES.length, (place + CALL_STEPS[1]) % NAMES.length],
}));

/** Most nodes, so that each has a last number of three digits in its instances' addresses. */
export const NODE_COUNT_MAX = 155;

/** Nodes, and so instances of each service, of a world with about so many views of calls between services. */
export function nodeCountFor(views: number): number {
  const pairs = SERVICES.length * CALL_STEPS.length;
  return Math.max(1, Math.min(NODE_COUNT_MAX, Math.round(Math.sqrt(views / pairs))));
}

/** Views of calls between services that a world of so many nodes comes to. */
export function viewCountOf(nodeCount: number): number {
  return SERVICES.length * CALL_STEPS.length * nodeCount * nodeCount;
}

/** The last number of the addresses on a node: always three digits, so that one can be written over another. */
export function lastNumberOf(node: number): string {
  return String(100 + node);
}

/** The address of a service's instance on a node. */
export function addressOf(service: number, node: number): string {
  return `10.20.${service}.${lastNumberOf(node)}`;
}

/** The port that all services serve on. */
export const SERVED_PORT = 8080;

/** The id of a service's instance on a node, as that of a pod. */
export function instanceOf(service: number, node: number): string {
  const set = (Math.imul(service + 1, 0x9e3779b1) >>> 0).toString(36).slice(0, 6).padStart(6, '0');
  return `${SERVICES[service]?.name}-${set}-${node.toString(36).padStart(5, 'p')}`;
}
