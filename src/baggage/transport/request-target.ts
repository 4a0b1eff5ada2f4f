// SPDX-License-Identifier: Apache-2.0
/**
 * Who is behind a forward proxy. The span of a call through one shows the proxy's address, and what is sent to the proxy
 * is handed on to somebody else:
 *
 * | call | what the stock instrumentation shows |
 * |---|---|
 * | `node:http`, a target with a scheme and host | `server.address` is the proxy; the target follows in `url.full`, unless it has a query, then only its path does |
 * | `node:http`, CONNECT | the same, with an authority for a target |
 * | `node:http`, through a tunnel or an agent of its own | the destination |
 * | `fetch` and undici, also through a `ProxyAgent` and its tunnel | the destination |
 * | undici, a target with a scheme and host | the destination, and nothing of the proxy |
 * | gRPC with `grpc_proxy`, `https_proxy` or `http_proxy` set | the proxy, and nothing of the destination |
 *
 * Because of the query the target is taken from the request itself, by a hook, where there is one. Both the one who is shown
 * and the one who is not must be allowed.
 *
 * Source: RFC 9112, section 3.2: the four forms of a request target.
 */
import { type Attributes, SEMCONV, textOf } from '../../model/attributes.js';

/** The scheme and the user of an absolute form; then a host, in brackets or not. */
const ABSOLUTE_FORM = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#@\\]*@)?(\[[^\]]*\]|[^/?#:@\s\\]+)(?::\d+)?(?:[/?#]|$)/i;

/** A `url.full` in which another URL follows the authority. */
const URL_BEHIND = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*?([a-z][a-z0-9+.-]*:\/\/.*)$/i;

/** No host: nobody that a policy could be asked about. */
const UNKNOWN = '';

let noted: string | undefined;

/**
 * Notes the target of a request whose headers are about to be written. Between the two nothing runs but the making of the
 * span, so one place is enough for it. A target that begins with a slash, as nearly all do, is the server's own.
 */
export function noteTarget(target: unknown): void {
  noted = typeof target === 'string' && /^[^/?*]/.test(target) ? target : undefined;
}

/** The target that was noted, once. */
export function takeTarget(): string | undefined {
  const target = noted;
  noted = undefined;
  return target;
}

/**
 * The host that a call has to do with beside the one that its span names, as far as target and span tell; empty where there
 * is one that is not known. `undefined` where there is none.
 */
export function hostBehind(attributes: Attributes, target: string | undefined): string | undefined {
  if (target !== undefined) return ABSOLUTE_FORM.exec(target)?.[1] ?? UNKNOWN;
  const url = textOf(attributes[SEMCONV.URL_FULL]);
  // Past `https://`: nearly no URL has another of these.
  if (url?.includes('://', 8)) {
    const behind = URL_BEHIND.exec(url)?.[1];
    if (behind !== undefined) return ABSOLUTE_FORM.exec(behind)?.[1] ?? UNKNOWN;
  }
  return attributes[SEMCONV.RPC_SYSTEM] === 'grpc' && isGrpcProxy(attributes) ? UNKNOWN : undefined;
}

/** Whether this is the proxy that grpc-js takes from the environment. It has read that before the first call. */
function isGrpcProxy(attributes: Attributes): boolean {
  const proxy = process.env['grpc_proxy'] || process.env['https_proxy'] || process.env['http_proxy'];
  if (!proxy || !URL.canParse(proxy)) return false;
  const { hostname, port } = new URL(proxy);
  return hostname === attributes[SEMCONV.SERVER_ADDRESS] && (port || '80') === String(attributes[SEMCONV.SERVER_PORT]);
}
